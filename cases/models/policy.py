"""What is promised, as data: a published policy never changes, so that a case can keep the one it came in under."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Floor
from django.utils.translation import gettext_lazy as _

from cases.choices import Anchor, Channel, CountedIn, DeadlineKind, StepAction, Urgency
from grids.choices import Level, Role
from grids.models import Grid

from .reference import Category


class Policy(models.Model):
    """One version of the promises of a territory. The nearest ancestor's newest published version is in force;
    what it does not say, its `base` says."""

    name = models.CharField(_("name"), max_length=80)
    grid = models.ForeignKey(
        Grid,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("grid"),
        related_name="policies",
        help_text=_("empty: for every city that has none of its own"),
    )
    version = models.PositiveIntegerField(_("version"), default=1)
    base = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, verbose_name=_("inherits from"), related_name="+"
    )
    published_at = models.DateTimeField(_("published at"), null=True, blank=True, help_text=_("empty: a draft"))
    max_returns = models.PositiveSmallIntegerField(_("returns allowed"), default=2)
    max_extensions = models.PositiveSmallIntegerField(_("extensions allowed"), default=1)
    reopen_days = models.PositiveSmallIntegerField(_("days in which a closed case can be reopened"), default=30)

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        ordering: ClassVar = ["grid__path", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                "grid",
                "version",
                name="policy_version_unique",
                nulls_distinct=False,
                violation_error_message=_("version: this grid has it already"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class Ladder(models.Model):
    """What happens before, at and after a deadline (催督办阶梯)."""

    policy = models.ForeignKey(Policy, models.CASCADE, related_name="ladders", verbose_name=_("policy"))
    name = models.CharField(_("name"), max_length=60)

    class Meta:
        verbose_name = _("ladder")
        verbose_name_plural = _("ladders")
        constraints: ClassVar = [models.UniqueConstraint("policy", "name", name="ladder_name_unique_in_policy")]

    def __str__(self) -> str:
        return self.name


class Step(models.Model):
    """One rung: an action at a moment that hangs on the deadline."""

    ladder = models.ForeignKey(Ladder, models.CASCADE, related_name="steps", verbose_name=_("ladder"))
    action = models.CharField(_("action"), max_length=12, choices=StepAction)
    anchor = models.CharField(_("when"), max_length=12, choices=Anchor)
    value = models.FloatField(_("percent or minutes"), default=0)
    any_hour = models.BooleanField(
        _("at any hour"), default=False, help_text=_("also outside working hours: for life at risk")
    )
    role = models.CharField(_("role to notify"), max_length=20, choices=Role, blank=True)

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="step_percent_up_to_100",
                condition=Q(value__gte=0) & (~Q(anchor="percent") | Q(value__lte=100)),
                violation_error_message=_("percent: 0 to 100"),
            ),
            models.CheckConstraint(
                name="step_notify_names_role",
                condition=Q(action="notify", role__gt="") | (~Q(action="notify") & Q(role="")),
                violation_error_message=_("role: only, and always, where a role is notified"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.get_anchor_display()} {self.value}"


class Allowance(models.Model):
    """How long something may take. The most specific of a policy wins: category before urgency before channel before
    level."""

    policy = models.ForeignKey(Policy, models.CASCADE, related_name="allowances", verbose_name=_("policy"))
    kind = models.CharField(_("kind of deadline"), max_length=12, choices=DeadlineKind)
    category = models.ForeignKey(
        Category,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("category and below"),
    )
    urgency = models.CharField(_("urgency"), max_length=20, choices=Urgency, blank=True)
    level = models.CharField(_("level"), max_length=10, choices=Level, blank=True)
    channel = models.CharField(_("channel"), max_length=20, choices=Channel, blank=True)
    minutes = models.FloatField(_("minutes, or working days"))
    counting = models.CharField(_("counted in"), max_length=10, choices=CountedIn)
    ladder = models.ForeignKey(Ladder, models.PROTECT, related_name="allowances", verbose_name=_("ladder"))

    class Meta:
        verbose_name = _("allowance")
        verbose_name_plural = _("allowances")
        ordering: ClassVar = ["kind", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                "policy",
                "kind",
                "category",
                "urgency",
                "level",
                "channel",
                name="one_allowance_per_place",
                nulls_distinct=False,
                violation_error_message=_("this policy has an allowance for the same"),
            ),
            models.CheckConstraint(name="allowance_positive", condition=Q(minutes__gt=0)),
            models.CheckConstraint(
                name="allowance_whole_days",
                condition=~Q(counting="day") | Q(minutes=Floor("minutes")),
                violation_error_message=_("days: whole working days, to the close of the last"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.minutes} {self.counting}"
