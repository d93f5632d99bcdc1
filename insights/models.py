"""What is counted, beside the cases: facts that follow from a case's history, their daily sums, and which cases have
changed since; and what was learned from their texts. All of it can be made anew from the cases at any time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from cases.models import Case
from grids.models import Unit

from .choices import WAS_OPEN, Anchor

DEPTHS = 3
"""Daily sums are kept of cities, counties and towns; below them the facts themselves are few."""
FOR_GOOD = datetime(9999, 1, 1, tzinfo=UTC)
HELD_UNTIL = Coalesce("held_until", Value(FOR_GOOD))
"""What holds still, held until the end of time: one range of an index has what held at a moment."""


class Fact(models.Model):
    """A moment of a case that some measure counts, with what the figures are narrowed by.

    `at` is that moment and `day` its day in the city. `unit` and `level` are whose it was. `marks` are bits whose
    meaning depends on the anchor. From `held_from` until `held_until` a state held: a case was open, closed, suspended.
    `working` and `calendar` are the minutes that it took from the report. Cases and units are not constrained: rows
    follow from them, and are made anew where they do not agree.
    """

    case = models.ForeignKey(Case, models.DO_NOTHING, related_name="measured", db_constraint=False)
    anchor = models.PositiveSmallIntegerField()
    marks = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    day = models.DateField()
    held_from = models.DateTimeField(null=True)
    held_until = models.DateTimeField(null=True)
    grid_path = models.CharField(max_length=255, db_collation="C")
    unit = models.ForeignKey(Unit, models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False)
    level = models.CharField(max_length=10)
    category_id = models.BigIntegerField(null=True)
    channel = models.CharField(max_length=20)
    urgency = models.CharField(max_length=20)
    working = models.FloatField(null=True)
    calendar = models.FloatField(null=True)

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            # The columns that are read beside stand in the indexes: facts of a month are many, and lie far apart
            models.Index("anchor", "day", "grid_path", name="fact_day", include=["marks", "at", "unit"]),
            models.Index("grid_path", "day", name="fact_place"),
            models.Index("unit", "day", name="fact_unit"),
            models.Index(
                "day",
                "grid_path",
                name="fact_closing",
                include=["held_from", "held_until"],
                condition=Q(anchor=Anchor.CLOSING),
            ),
            models.Index(HELD_UNTIL, name="fact_open", condition=Q(anchor__in=WAS_OPEN)),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.anchor} {self.day}"


class DayCount(models.Model):
    """How many facts of an anchor a day has below a place (of the first `DEPTHS` levels of the tree), and how many of
    them bear each mark."""

    path = models.CharField(max_length=255, db_collation="C")
    anchor = models.PositiveSmallIntegerField()
    day = models.DateField()
    total = models.IntegerField()
    mark1 = models.IntegerField()
    mark2 = models.IntegerField()
    mark3 = models.IntegerField()
    mark4 = models.IntegerField()
    mark5 = models.IntegerField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint("path", "anchor", "day", name="one_count_a_day")]

    def __str__(self) -> str:
        return f"{self.path} {self.anchor} {self.day}"


class Touched(models.Model):
    """A case whose facts must be counted anew: a trigger writes it with the event, and who counts deletes it in the
    transaction that writes the facts. One row for each event, so that nobody waits for anybody."""

    case_id = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.case_id)


class TriageModel(models.Model):
    """A version of what was learned from texts and their categories; one of a name is in use. `name` is a city's path,
    or what somebody gave to the model of a file."""

    name = models.CharField(_("name"), max_length=80)
    version = models.PositiveIntegerField(_("version"))
    trained_at = models.DateTimeField(_("trained at"))
    running = models.BooleanField(_("in use"), default=False)
    replaced = models.ForeignKey(
        "self", models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("took the place of")
    )
    figures = models.JSONField(_("figures"), default=dict)
    content = models.BinaryField(editable=False)

    class Meta:
        verbose_name = _("triage model")
        verbose_name_plural = _("triage models")
        ordering: ClassVar = ["name", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint("name", "version", name="one_model_a_version"),
            models.UniqueConstraint("name", name="one_model_in_use", condition=Q(running=True)),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"
