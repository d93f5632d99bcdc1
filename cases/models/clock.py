"""Promises with a clock. The database is the truth about time; a task queue only wakes it up."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.choices import ASKED_OF_A_UNIT, DeadlineKind, DeadlineState
from cases.deadlines import Counting
from grids.choices import Level
from grids.models import Unit

from .case import Assignment, Case
from .history import CaseEvent
from .policy import Allowance, Step
from .supervision import SupervisionOrder


class Deadline(models.Model):
    """Who owes what by when (时限).

    `minutes` is the allowance and `added_minutes` what extensions gave. `fire_at` is the moment of the next step of the
    ladder, `fire_step` that step: the sweep claims by this column alone, so that its cost grows with what is due.
    A clock of a co-handler names the `assignment`, one of a supervision order the `order`; all others are the case's.
    While a clock is paused, `due_at` is the moment that would have held without the pause.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="deadlines", verbose_name=_("case"))
    assignment = models.ForeignKey(
        Assignment,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="deadlines",
        db_index=False,
        verbose_name=_("assignment"),
    )
    order = models.ForeignKey(
        SupervisionOrder,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="deadlines",
        db_index=False,
        verbose_name=_("supervision order"),
    )
    kind = models.CharField(_("kind"), max_length=12, choices=DeadlineKind)
    # No index of its own: one below begins with the unit
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, related_name="+", verbose_name=_("who owes it"), db_index=False
    )
    level = models.CharField(_("level"), max_length=10, choices=Level)
    allowance = models.ForeignKey(
        Allowance, models.PROTECT, related_name="+", db_index=False, verbose_name=_("allowance")
    )
    starts_at = models.DateTimeField(_("starts at"))
    minutes = models.FloatField(_("minutes allowed"))
    added_minutes = models.FloatField(_("minutes added"), default=0)
    counting = models.CharField(
        _("counted in"), max_length=10, choices=[(c, c) for c in (Counting.WORKING.value, Counting.CALENDAR.value)]
    )
    due_at = models.DateTimeField(_("due at"))
    state = models.CharField(_("state"), max_length=10, choices=DeadlineState, default=DeadlineState.RUNNING)
    flagged_at = models.DateTimeField(_("flagged at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    fire_at = models.DateTimeField(_("next step at"), null=True, blank=True)
    fire_step = models.ForeignKey(Step, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    error = models.TextField(_("why it was set aside"), blank=True)

    class Meta:
        verbose_name = _("deadline")
        verbose_name_plural = _("deadlines")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="fires_only_while_running",
                condition=Q(fire_at__isnull=True) | Q(state="running", fire_step__isnull=False),
            ),
            models.UniqueConstraint(
                "case",
                "kind",
                name="one_running_deadline_of_a_kind",
                condition=Q(state__in=["running", "paused"], assignment__isnull=True, order__isnull=True),
            ),
        ]
        indexes: ClassVar = [
            models.Index("fire_at", "id", name="deadline_fire", condition=Q(fire_at__isnull=False)),
            models.Index("unit", F("due_at"), name="deadline_unit_due"),
            models.Index("id", name="deadline_set_aside", condition=~Q(error="")),
            models.Index("unit", "case", name="deadline_asked", condition=Q(state="running", kind__in=ASKED_OF_A_UNIT)),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind} {self.due_at:%Y-%m-%d %H:%M}"


class Adjustment(models.Model):
    """An entry in a deadline's ledger: a pause (挂账) or an extension (延期), with the event that made it."""

    class Kind(models.TextChoices):
        PAUSE = "pause", _("pause")
        EXTENSION = "extension", _("extension")

    deadline = models.ForeignKey(Deadline, models.PROTECT, related_name="adjustments")
    kind = models.CharField(max_length=10, choices=Kind)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    minutes = models.FloatField(default=0)
    reason = models.CharField(max_length=300, blank=True)
    event = models.ForeignKey(CaseEvent, models.PROTECT, related_name="+", db_index=False)

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.deadline_id} {self.kind}"


class StepFiring(models.Model):
    """That a step fired for a deadline. The unique key makes a second firing impossible."""

    # No index of its own: the unique key below begins with the deadline
    deadline = models.ForeignKey(Deadline, models.PROTECT, related_name="firings", db_index=False)
    step = models.ForeignKey(Step, models.PROTECT, related_name="+", db_index=False)
    due_at = models.DateTimeField(_("was due at"))
    fired_at = models.DateTimeField(_("fired at"))
    event = models.ForeignKey(CaseEvent, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [models.UniqueConstraint("deadline", "step", name="a_step_fires_once")]

    def __str__(self) -> str:
        return f"{self.deadline_id}/{self.step_id}"


class CountedCalendar(models.Model):
    """By which version of a calendar the open deadlines of a place were last counted; where that differs from what is
    in force, they are counted anew. An empty path stands for the default calendar."""

    grid_path = models.CharField(max_length=255, db_collation="C", unique=True, blank=True)
    digest = models.CharField(max_length=64)
    settled = models.BooleanField(
        _("settled"), default=True, help_text=_("no: clocks that began by the old calendar meanwhile are still to come")
    )
    counted_at = models.DateTimeField(_("counted at"))

    def __str__(self) -> str:
        return self.grid_path


class MovedCase(models.Model):
    """A case with running clocks that lies at another place of the tree since they were last counted: another calendar
    may govern it there. A trigger writes it (`cases.triggers.MOVED_CASES`), the next recount takes it away."""

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="+")
    moved_at = models.DateTimeField(_("moved at"))

    def __str__(self) -> str:
        return str(self.case_id)
