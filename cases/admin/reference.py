"""What cases are about, and whose job that is."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from treebeard.admin import TreeAdmin
from treebeard.forms import movenodeform_factory

from cases.models import (
    Category,
    Precedent,
    RoutingRule,
)
from grids.admin import VisibleAdmin
from grids.territory import territory_of


@admin.register(Category)
class CategoryAdmin(TreeAdmin):
    """One tree for all cities: only who answers for all of them changes it."""

    form = movenodeform_factory(Category, exclude=("path", "depth", "numchild"))
    list_display = ("name", "code", "name_en", "urgency", "unit_kind", "lead_level", "photo_required", "active")
    list_filter = ("urgency", "unit_kind", "active")
    search_fields = ("code__startswith", "name", "name_en")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return territory_of(request.user).everything

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return territory_of(request.user).everything

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Cases refer to it: it is taken out of use instead."""
        return False


@admin.register(RoutingRule)
class RoutingRuleAdmin(VisibleAdmin):
    grid_path = "grid__path"
    list_display = ("grid", "category", "unit", "unit_kind")
    list_filter = ("unit_kind",)
    search_fields = ("grid__name", "grid__code__startswith", "category__name", "unit__name")
    autocomplete_fields = ("grid", "category", "unit")
    list_select_related = ("grid", "category", "unit")


@admin.register(Precedent)
class PrecedentAdmin(VisibleAdmin):
    """Rulings are made on cases; here one is taken out of use, or put back into it."""

    grid_path = "grid__path"
    list_display = ("category", "grid", "unit", "case", "ruled_at", "active")
    list_filter = ("active", "ruled_at")
    list_select_related = ("category", "grid", "unit", "case")
    search_fields = ("grid__name", "grid__code__startswith", "category__name", "unit__name", "case__number__startswith")
    fields = ("category", "grid", "unit", "case", "reason", "ruled_by", "ruled_at", "active")
    readonly_fields = fields[:-1]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
