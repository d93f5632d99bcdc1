"""What a case can be about, and whose job that is."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from treebeard.mp_tree import MP_Node

from cases.choices import Focus, Urgency
from grids.choices import Level, UnitKind
from grids.models import Grid, Unit


class Category(MP_Node):
    """A node of the category tree; a leaf names its default urgency and the kind of unit that leads."""

    path = models.CharField(max_length=255, unique=True, db_collation="C")
    node_order_by: ClassVar[list[str]] = []

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("Chinese name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=120, blank=True)
    urgency = models.CharField(_("urgency"), max_length=20, choices=Urgency, default=Urgency.ORDINARY)
    unit_kind = models.CharField(_("kind of lead unit"), max_length=30, choices=UnitKind, blank=True)
    lead_level = models.CharField(
        _("level that leads"), max_length=10, choices=Level, blank=True, help_text=_("empty: the nearest")
    )
    focus = ArrayField(
        models.CharField(max_length=20, choices=Focus),
        verbose_name=_("focus areas"),
        default=list,
        blank=True,
    )
    photo_required = models.BooleanField(_("solving on the spot needs a photo"), default=False)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")

    def __str__(self) -> str:
        return self.name


class RoutingRule(models.Model):
    """In this grid, matters of this category go to this unit; the nearest grid's rule wins, then the nearest
    category's."""

    grid = models.ForeignKey(Grid, models.CASCADE, verbose_name=_("grid"), related_name="+")
    category = models.ForeignKey(Category, models.CASCADE, verbose_name=_("category"), related_name="+")
    unit = models.ForeignKey(Unit, models.CASCADE, null=True, blank=True, verbose_name=_("unit"), related_name="+")
    unit_kind = models.CharField(
        _("kind of unit"),
        max_length=30,
        choices=UnitKind,
        blank=True,
        help_text=_("the nearest of this kind upward"),
    )

    class Meta:
        verbose_name = _("routing rule")
        verbose_name_plural = _("routing rules")
        ordering: ClassVar = ["grid__path", "category__path"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                "grid",
                "category",
                name="one_rule_per_grid_and_category",
                violation_error_message=_("has a rule"),
            ),
            models.CheckConstraint(
                name="rule_names_unit_or_kind",
                condition=Q(unit__isnull=False, unit_kind="") | (Q(unit__isnull=True) & ~Q(unit_kind="")),
                violation_error_message=_("name a unit or a kind of unit, not both"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grid}: {self.category} → {self.unit or self.get_unit_kind_display()}"

    def clean(self) -> None:
        if self.unit and self.grid_id and self.unit.grid.path[:4] != self.grid.path[:4]:
            raise ValidationError({"unit": _("must belong to the same city")})
