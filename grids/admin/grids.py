"""The territory as a tree, and what happened to its grids."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from grids import tree
from grids.models import Grid, GridChange, User
from grids.services import create_grid, move_grid, rename_grid
from grids.territory import territory_of

from .forms import GridForm
from .tree import TreeAdmin
from .visible import ReadOnly, VisibleAdmin


def signed_in(request: HttpRequest) -> User:
    """The user, as who they are: the admin lets in nobody else."""
    assert isinstance(request.user, User)  # noqa: S101 - said above
    return request.user


@admin.register(Grid)
class GridAdmin(TreeAdmin):
    form = GridForm
    list_display = ("shown_name", "code", "level", "kind", "population", "dissolved_at")
    list_filter = (
        ("level", ChoicesDropdownFilter),
        "synthetic",
        ("dissolved_at", admin.EmptyFieldListFilter),
    )
    search_fields = ("code__startswith", "name")
    search_help_text = _("name, or code from its beginning; in the whole territory")
    fieldsets = (
        (None, {"fields": ("parent", "code", "name", "level", "kind", "population", "skips_levels")}),
        (_("place"), {"fields": ("boundary", ("lon", "lat")), "classes": ("tab",)}),
        (_("more"), {"fields": ("synthetic", "dissolved_at", "merged_into"), "classes": ("tab",)}),
    )
    readonly_fields = ("kind", "dissolved_at", "merged_into")

    def top(self, request: HttpRequest) -> Q:
        """The tree begins at one's own territories, where one's city is not one of them."""
        territory = territory_of(request.user)
        if territory.everything:
            return Q(depth=1)
        served = [standing.grid_id for standing in territory.standings if not standing.of_authority]
        return Q(path__in=territory.paths) | Q(pk__in=served)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Grid]:
        """Without outlines, where rows are listed: they are the largest column by far."""
        rows = super().get_queryset(request)
        match = request.resolver_match
        lists = match is None or "object_id" not in match.kwargs
        return rows.defer("boundary") if lists else rows

    @admin.display(description=_("name"))
    def shown_name(self, grid: Grid) -> SafeString:
        """In the tree the name; among matches of a search the way to it as well."""
        way = " / ".join(slot.name for slot in tree.way_to(grid.path)[:-1]) if grid.depth > 1 else ""
        return format_html('{}<small class="tree-way">{}</small>', grid.name, way)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """One grid in which nothing lies; deleting takes along what lies below, and nobody is shown that."""
        return obj is not None and obj.numchild == 0 and super().has_delete_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """A code and a level are what a grid is; it cannot become another."""
        fixed = ("code", "level") if obj is not None else ()
        return (*self.readonly_fields, *fixed)

    def get_form(self, request: HttpRequest, obj: Grid | None = None, change: bool = False, **kwargs: Any) -> Any:
        # The parent is the form's own field, which Django would look for in the model
        kwargs["fields"] = [name for name in GridForm.Meta.fields if name not in self.get_readonly_fields(request, obj)]
        form = super().get_form(request, obj, change=change, **kwargs)
        form.user = request.user
        return form

    def save_model(self, request: HttpRequest, obj: Grid, form: Any, change: bool) -> None:
        cleaned = form.cleaned_data
        if not change:
            facts = {name: cleaned[name] for name in GridForm.Meta.fields}
            made = create_grid(parent=cleaned["parent"], **facts)
            obj.pk, obj.path, obj.depth, obj.numchild = made.pk, made.path, made.depth, made.numchild
            return
        stored = Grid.objects.get(pk=obj.pk)
        if "parent" in form.changed_data and cleaned["parent"] is not None:
            move_grid(stored, cleaned["parent"], by=signed_in(request), skips_levels=cleaned["skips_levels"])
        if "name" in form.changed_data:
            rename_grid(stored, cleaned["name"], by=signed_in(request))
        plain = [name for name in form.changed_data if name not in ("parent", "name")]
        if plain:
            obj.save(update_fields=plain)


@admin.register(GridChange)
class GridChangeAdmin(ReadOnly, VisibleAdmin):
    """History is read, not written."""

    grid_path = "grid__path"
    list_display = ("at", "grid", "kind", "by")
    list_filter = (("kind", ChoicesDropdownFilter), "at")
    search_fields = ("grid__code__startswith", "grid__name")
    list_select_related = ("grid", "by")
    fields = ("at", "grid", "kind", "by", "before", "after")
