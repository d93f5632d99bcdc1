"""What a person was told: a line for each event that concerns them, and lists of what is ahead at set times."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.models import CaseEvent
from notifications.choices import NoticeKind, Reason, RoundUpKind
from notifications.querysets import AlarmQuerySet, InboxItemQuerySet, OwnQuerySet


class InboxItem(models.Model):
    """That a person was told of an event: exactly once each."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="inbox", db_index=False, verbose_name=_("user")
    )
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


class RoundUp(models.Model):
    """A list at a set time (晨报, 周调度, 月推进): once for each person, kind and day. `content` is what it said then:
    names of sections to numbers of cases."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="round_ups", db_index=False, verbose_name=_("user")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=RoundUpKind)
    on = models.DateField(_("day"))
    content = models.JSONField(_("content"))
    created_at = models.DateTimeField(_("told at"))
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)

    objects = OwnQuerySet.as_manager()

    class Meta:
        verbose_name = _("round-up")
        verbose_name_plural = _("round-ups")
        ordering: ClassVar = ["-on", "-id"]
        constraints: ClassVar = [models.UniqueConstraint("user", "kind", "on", name="one_round_up_a_day")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.kind} {self.on}"


class ResidentNotice(models.Model):
    """That the resident is told of an event, by short message: at most once. The phone is read from the sealed
    reporter when it is sent, and is kept nowhere else."""

    event = models.OneToOneField(CaseEvent, models.PROTECT, related_name="+", verbose_name=_("event"))
    kind = models.CharField(_("kind"), max_length=10, choices=NoticeKind)
    created_at = models.DateTimeField(_("told at"))

    class Meta:
        verbose_name = _("notice to a resident")
        verbose_name_plural = _("notices to residents")
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"


class Alarm(models.Model):
    """An event of a case with life at risk, until somebody acknowledges it (电话链): whoever does not within some
    minutes is followed by the next post, then by the leader. `next_at` is when the next rung is called; null once it
    is over."""

    event = models.OneToOneField(CaseEvent, models.PROTECT, related_name="+", verbose_name=_("event"))
    unit = models.ForeignKey("grids.Unit", models.PROTECT, related_name="+", verbose_name=_("unit"))
    rung = models.PositiveSmallIntegerField(_("rung"), default=0)
    started_at = models.DateTimeField(_("started at"))
    next_at = models.DateTimeField(_("next rung at"), null=True, blank=True)
    acknowledged_at = models.DateTimeField(_("acknowledged at"), null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )

    objects = AlarmQuerySet.as_manager()

    class Meta:
        verbose_name = _("alarm")
        verbose_name_plural = _("alarms")
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index("next_at", name="alarm_due", condition=Q(next_at__isnull=False))]

    def __str__(self) -> str:
        return f"{self.event_id}: {self.rung}"
