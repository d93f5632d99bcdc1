"""What goes out: one message over one way to one person, from the moment it was planned to the provider's answer."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications.choices import Channel, Pace
from notifications.querysets import DeliveryQuerySet

from .contacts import Contact
from .inbox import InboxItem, ResidentNotice, RoundUp

ACCOUNT = "account"
RESIDENT = "resident"
"""Ways that are no contact: the e-mail address of the account, and the resident's phone."""


class Delivery(models.Model):
    """That one thing (an inbox line, a round-up or a resident's notice) goes over one way: at most one row each.

    `way` says which and stays when a contact is deleted: ACCOUNT, RESIDENT or "contact:ID". `next_attempt_at` is when
    it is tried (again), or when the lease of the worker that is sending it ends; null once sent or given up. Rows of
    one person and way that are due together go as one message; all of them then have the same `message_key`, under
    which it is repeated if a worker dies.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        FAILED = "failed", _("given up")

    item = models.ForeignKey(InboxItem, models.CASCADE, null=True, related_name="deliveries", db_index=False)
    round_up = models.ForeignKey(RoundUp, models.CASCADE, null=True, related_name="deliveries", db_index=False)
    notice = models.ForeignKey(ResidentNotice, models.CASCADE, null=True, related_name="deliveries", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+", db_index=False, verbose_name=_("user")
    )
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, related_name="deliveries")
    way = models.CharField(_("way"), max_length=30)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    pace = models.CharField(_("pace"), max_length=5, choices=Pace)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt at"), null=True, blank=True)
    message_key = models.UUIDField(_("key of the message"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    provider_id = models.CharField(_("message id of the provider"), max_length=200, blank=True, db_default="")
    error = models.CharField(_("last error"), max_length=300, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint("item", "way", name="one_delivery_per_way"),
            models.UniqueConstraint("round_up", "way", name="one_round_up_per_way"),
            models.UniqueConstraint("notice", "way", name="one_notice_per_way"),
            models.CheckConstraint(
                name="delivery_is_of_one_thing",
                condition=Q(item__isnull=False, round_up__isnull=True, notice__isnull=True, user__isnull=False)
                | Q(item__isnull=True, round_up__isnull=False, notice__isnull=True, user__isnull=False)
                | Q(item__isnull=True, round_up__isnull=True, notice__isnull=False, user__isnull=True),
            ),
            models.CheckConstraint(
                name="delivery_waits_for_a_moment",
                condition=Q(state="waiting", next_attempt_at__isnull=False)
                | (~Q(state="waiting") & Q(next_attempt_at__isnull=True)),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                "channel",
                "next_attempt_at",
                "id",
                name="delivery_due_by_channel",
                condition=Q(next_attempt_at__isnull=False),
            ),
            models.Index(
                "channel",
                "next_attempt_at",
                "id",
                name="delivery_urgent",
                condition=Q(next_attempt_at__isnull=False, pace="now"),
            ),
            models.Index("id", name="delivery_given_up", condition=Q(state="failed")),
            models.Index("user", "way", name="delivery_ahead", condition=Q(next_attempt_at__isnull=False)),
            models.Index("message_key", name="delivery_of_message", condition=Q(message_key__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.state}"
