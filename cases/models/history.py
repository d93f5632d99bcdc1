"""What happened, once and for all: the append-only history, its outbox, and the replies kept for repeated requests."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.choices import EventKind

from .case import Case


class CaseEvent(models.Model):
    """One line of a case's history (流转记录). The database refuses to change or delete it; each line's hash
    covers the one before."""

    # No index of its own: the unique key below begins with the case
    case = models.ForeignKey(Case, models.PROTECT, related_name="events", db_index=False, verbose_name=_("case"))
    seq = models.PositiveIntegerField(_("line"))
    kind = models.CharField(_("what"), max_length=24, choices=EventKind)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("actor"),
    )
    actor_kind = models.CharField(_("who"), max_length=10)
    actor_unit = models.ForeignKey(
        "grids.Unit", models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("unit")
    )
    at = models.DateTimeField(_("at"))
    due_at = models.DateTimeField(_("was due at"), null=True, blank=True)
    payload = models.JSONField(_("details"), default=dict)
    quiet = models.BooleanField(_("nobody is told"), default=False)
    prev_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering: ClassVar = ["case_id", "seq"]
        constraints: ClassVar = [models.UniqueConstraint("case", "seq", name="one_event_per_line")]
        indexes: ClassVar = [models.Index("kind", "at", name="event_kind_at")]

    def __str__(self) -> str:
        return f"{self.case_id}#{self.seq} {self.kind}"


class PendingEvent(models.Model):
    """The outbox: events nobody has dealt with yet. A trigger writes it with the event; readers delete it with
    their own effect, in one transaction.

    An event that a reader fails on is set aside with its error until `next_attempt_at`, and the rest goes on.
    """

    event = models.OneToOneField(CaseEvent, models.CASCADE, primary_key=True, related_name="pending")
    error = models.TextField(_("why it was set aside"), blank=True, db_default="")
    next_attempt_at = models.DateTimeField(_("next attempt at"), null=True, blank=True)

    class Meta:
        verbose_name = _("pending event")
        verbose_name_plural = _("pending events")
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return str(self.pk)


class IdempotencyKey(models.Model):
    """The reply to a request that may be repeated: the same key gives the same answer, and acts once."""

    scope = models.CharField(max_length=80)
    key = models.CharField(max_length=80)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints: ClassVar = [models.UniqueConstraint("scope", "key", name="idempotency_key_unique")]
        indexes: ClassVar = [models.Index("at", name="idempotency_key_age")]

    def __str__(self) -> str:
        return f"{self.scope} {self.key}"
