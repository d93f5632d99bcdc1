"""Watching over others' work: written orders that must be answered, and closed cases that are looked at again."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.choices import Finding
from cases.querysets import LookBackQuerySet, OfCaseQuerySet
from grids.models import Grid, Unit

from .case import Case


class SupervisionOrder(models.Model):
    """A written order (督办单) with its own deadline, answered by the unit it is addressed to and checked by who gave
    it. A listed one (挂牌督办) is the city's last means; the clock gives it where a case cannot climb any further."""

    class State(models.TextChoices):
        OPEN = "open", _("to be answered")
        ANSWERED = "answered", _("to be checked")
        CLOSED = "closed", _("closed")

    case = models.ForeignKey(Case, models.PROTECT, related_name="orders", verbose_name=_("case"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False, verbose_name=_("addressed to"))
    issuer = models.ForeignKey(
        Unit, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("given by")
    )
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("signed"),
    )
    issued_at = models.DateTimeField(_("given at"))
    text = models.TextField(_("order"), max_length=2000)
    listed = models.BooleanField(_("listed"), default=False)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    reply = models.TextField(_("answer"), max_length=5000, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("answered by"),
    )
    answered_at = models.DateTimeField(_("answered at"), null=True)
    refusals = models.PositiveSmallIntegerField(_("answers sent back"), default=0)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("checked by"),
    )
    closed_at = models.DateTimeField(_("closed at"), null=True)

    objects = OfCaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("supervision order")
        verbose_name_plural = _("supervision orders")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                "case", "unit", name="one_open_order_per_unit", condition=Q(state__in=["open", "answered"])
            ),
            models.CheckConstraint(
                name="closed_order_has_moment",
                condition=Q(state="closed", closed_at__isnull=False) | (~Q(state="closed") & Q(closed_at__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} → {self.unit_id} ({self.state})"


class LookBack(models.Model):
    """A random sample of one unit's cases that closed in a quarter (回头看), drawn so that anybody can draw it again:
    the cases with the smallest SHA-256 of seed and number."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("unit"))
    grid = models.ForeignKey(Grid, models.PROTECT, related_name="+", db_index=False, verbose_name=_("grid"))
    year = models.PositiveSmallIntegerField(_("year"))
    quarter = models.PositiveSmallIntegerField(_("quarter"), validators=[MinValueValidator(1), MaxValueValidator(4)])
    seed = models.CharField(_("seed"), max_length=40)
    percent = models.FloatField(_("percent drawn"))
    population = models.PositiveIntegerField(_("cases closed in the quarter"))
    drawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("drawn by"),
    )
    drawn_at = models.DateTimeField(_("drawn at"))

    objects = LookBackQuerySet.as_manager()

    class Meta:
        verbose_name = _("look-back")
        verbose_name_plural = _("look-backs")
        ordering: ClassVar = ["-year", "-quarter", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint("unit", "year", "quarter", name="one_look_back_per_unit_and_quarter"),
            models.CheckConstraint(name="look_back_quarter", condition=Q(quarter__gte=1, quarter__lte=4)),
            models.CheckConstraint(name="look_back_percent", condition=Q(percent__gt=0, percent__lte=100)),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.year}Q{self.quarter}"


class LookBackItem(models.Model):
    """One drawn case, and what was found."""

    look_back = models.ForeignKey(LookBack, models.PROTECT, related_name="items", verbose_name=_("look-back"))
    case = models.ForeignKey(Case, models.PROTECT, related_name="look_backs", verbose_name=_("case"))
    position = models.PositiveIntegerField(_("place in the sample"))
    finding = models.CharField(_("found"), max_length=8, choices=Finding, blank=True)
    note = models.TextField(_("note"), max_length=2000, blank=True)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("checked by"),
    )
    checked_at = models.DateTimeField(_("checked at"), null=True)

    class Meta:
        verbose_name = _("case looked back on")
        verbose_name_plural = _("cases looked back on")
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint("look_back", "case", name="drawn_once"),
            models.CheckConstraint(
                name="finding_has_moment",
                condition=Q(finding="", checked_at__isnull=True) | (~Q(finding="") & Q(checked_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.look_back_id} #{self.position}"
