"""Telling people: an inbox line for each person and event, and what was sent over which channel."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.models import CaseEvent

from .choices import Reason
from .querysets import DeliveryQuerySet, InboxItemQuerySet


class InboxItem(models.Model):
    """That a person was told of an event: exactly once each."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="inbox", db_index=False)
    event = models.ForeignKey(CaseEvent, models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(_("why this person"), max_length=20, choices=Reason)
    created_at = models.DateTimeField(_("told at"))
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)

    objects = InboxItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("inbox item")
        verbose_name_plural = _("inbox items")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [models.UniqueConstraint("event", "user", name="told_once")]
        indexes: ClassVar = [
            models.Index("user", F("id").desc(), name="inbox_unread", condition=Q(read_at__isnull=True)),
            models.Index("user", F("id").desc(), name="inbox_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.event_id}"


class Delivery(models.Model):
    """One message over one channel.

    `next_attempt_at` is when it is tried (again), or when the lease of the worker that is sending it ends; null once
    sent or given up.
    """

    class Channel(models.TextChoices):
        EMAIL = "email", _("e-mail")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        FAILED = "failed", _("given up")

    item = models.ForeignKey(InboxItem, models.CASCADE, related_name="deliveries", db_index=False)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    address = models.CharField(_("address"), max_length=254)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt at"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    error = models.CharField(_("last error"), max_length=300, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint("item", "channel", name="one_delivery_per_channel"),
            models.CheckConstraint(
                name="delivery_waits_for_a_moment",
                condition=Q(state="waiting", next_attempt_at__isnull=False)
                | (~Q(state="waiting") & Q(next_attempt_at__isnull=True)),
            ),
        ]
        indexes: ClassVar = [
            models.Index("next_attempt_at", "id", name="delivery_due", condition=Q(next_attempt_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.state}"
