"""What would have been, had other promises or another calendar been in force."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.choices import DeadlineKind
from cases.querysets import SimulatedQuerySet, SimulationQuerySet
from grids.choices import Level
from grids.models import Grid, Unit

from .case import Case
from .clock import Deadline
from .policy import Policy


class Simulation(models.Model):
    """One what-if: a policy (a draft too) replayed over the real history of a territory since a day."""

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    policy = models.ForeignKey(Policy, models.CASCADE, related_name="simulations", verbose_name=_("policy"))
    grid = models.ForeignKey(Grid, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("grid"))
    since = models.DateField(_("since"))
    until = models.DateTimeField(_("until"))
    days = models.JSONField(
        _("days of another calendar"), default=list, blank=True, help_text=_("date, kind and name of each")
    )
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.QUEUED)
    report = models.JSONField(_("report"), default=dict)
    error = models.TextField(_("error"), blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("asked by"),
    )
    asked_at = models.DateTimeField(_("asked at"))
    finished_at = models.DateTimeField(_("finished at"), null=True)

    objects = SimulationQuerySet.as_manager()

    class Meta:
        verbose_name = _("simulation")
        verbose_name_plural = _("simulations")
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.policy} ({self.since})"


class SimulatedDeadline(models.Model):
    """What one real clock would have been, kept where a figure of the report counts it. `above` is the unit that the
    case came to, or would have come to, where the clock made it climb."""

    simulation = models.ForeignKey(Simulation, models.CASCADE, related_name="rows", db_index=False)
    # Without constraints: a million rows come at once, from rows that nobody deletes
    deadline = models.ForeignKey(Deadline, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False)
    case = models.ForeignKey(Case, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False)
    unit = models.ForeignKey(Unit, models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False)
    above = models.ForeignKey(Unit, models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False)
    kind = models.CharField(max_length=12, choices=DeadlineKind)
    level = models.CharField(max_length=10, choices=Level)
    due_at = models.DateTimeField()
    late_before = models.BooleanField()
    late_after = models.BooleanField()
    reminded_before = models.PositiveSmallIntegerField()
    reminded_after = models.PositiveSmallIntegerField()
    escalated_before = models.BooleanField()
    escalated_after = models.BooleanField()

    objects = SimulatedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [models.UniqueConstraint("simulation", "deadline", name="simulated_once")]
        indexes: ClassVar = [models.Index("simulation", "unit", "id", name="simulated_unit")]

    def __str__(self) -> str:
        return f"{self.simulation_id}/{self.deadline_id}"
