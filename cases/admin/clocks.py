"""Clocks whose step could not be fired."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from cases.models import Deadline
from cases.services.sweep import SET_ASIDE, retry_set_aside
from grids.admin import ReadOnly, VisibleAdmin


class SetAsideFilter(admin.SimpleListFilter):
    """Those that wait for somebody, unless all are asked for: there may be millions."""

    title = _("set aside")
    parameter_name = "set_aside"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("0", _("all"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Without Django's own "all" in front: nothing asked is "set aside"."""
        names = {None: _("set aside"), "0": _("all")}
        for value, name in names.items():
            query = changelist.get_query_string({self.parameter_name: value} if value else {}, [self.parameter_name])
            yield {"selected": self.value() == value, "query_string": query, "display": name}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Deadline]) -> QuerySet[Deadline]:
        return queryset if self.value() == "0" else queryset.filter(SET_ASIDE)


@admin.register(Deadline)
class DeadlineAdmin(ReadOnly, VisibleAdmin):
    """Clocks whose step could not be fired: to be looked at, and tried again once the cause is mended."""

    grid_path = "case__grid_path"
    list_display = ("id", "case", "kind", "unit", "due_at", "state", "error")
    list_display_links = ("id",)
    list_filter = (SetAsideFilter, ("kind", ChoicesDropdownFilter))
    list_select_related = ("case", "unit")
    ordering = ("-id",)
    search_fields = ("case__number__startswith",)
    fields = (
        "case", "kind", "unit", "level", "starts_at", "minutes", "added_minutes", "counting", "due_at", "state",
        "flagged_at", "ended_at", "fire_at", "fire_step", "error",
    )  # fmt: skip
    actions = ("retry",)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Nobody edits a deadline; who could, may have it tried again."""
        return request.user.has_perm("cases.change_deadline")

    @admin.action(description=_("try again"), permissions=["retry"])
    def retry(self, request: HttpRequest, deadlines: QuerySet[Deadline]) -> None:
        count = retry_set_aside(deadlines)
        messages.success(request, _("deadlines in line again: %(count)d") % {"count": count})
