"""Telling other systems: addresses that events of a territory are posted to, and the log of each post."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models import CaseEvent
from grids.models import Grid


class WebhookEndpoint(models.Model):
    """An address that events of a territory are posted to, signed after Standard Webhooks. While a secret is being
    changed both sign, until `old_secret_until`."""

    grid = models.ForeignKey(Grid, models.CASCADE, related_name="+", verbose_name=_("territory"))
    label = models.CharField(_("label"), max_length=60)
    url = models.URLField(_("address"), max_length=300)
    kinds = models.JSONField(_("kinds of events"), default=list, blank=True, help_text=_("empty: all"))
    secret_sealed = models.BinaryField()
    old_secret_sealed = models.BinaryField(null=True)
    old_secret_until = models.DateTimeField(_("the old secret ends at"), null=True, blank=True)
    active = models.BooleanField(_("active"), default=True)
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True)
    paused_at = models.DateTimeField(_("paused by itself at"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering: ClassVar = ["grid_id", "id"]

    def __str__(self) -> str:
        return self.label


class WebhookDelivery(models.Model):
    """One event to one address, at most one row; `next_attempt_at` as in Delivery."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        FAILED = "failed", _("given up")

    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, related_name="deliveries", db_index=False)
    event = models.ForeignKey(CaseEvent, models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt at"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    answer_status = models.PositiveSmallIntegerField(_("status of the answer"), null=True, blank=True)
    answer_ms = models.PositiveIntegerField(_("milliseconds until the answer"), null=True, blank=True)
    error = models.CharField(_("last error"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint("endpoint", "event", name="webhook_once"),
            models.CheckConstraint(
                name="webhook_waits_for_a_moment",
                condition=Q(state="waiting", next_attempt_at__isnull=False)
                | (~Q(state="waiting") & Q(next_attempt_at__isnull=True)),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                "endpoint", "next_attempt_at", "id", name="webhook_due_at", condition=Q(next_attempt_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id}: {self.event_id} {self.state}"
