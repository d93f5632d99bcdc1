"""Cases and their clocks, to look at. Nobody's name or phone is shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from cases.errors import BadInput
from cases.models import (
    Assignment,
    Case,
    CaseEvent,
    Deadline,
)
from cases.services.sweep import SET_ASIDE, retry_set_aside
from grids.admin import VisibleAdmin

from .reading import ReadOnly, parent_id

EVENTS_SHOWN = 100


class OverdueFilter(admin.SimpleListFilter):
    title = _("overdue")
    parameter_name = "overdue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("yes")), ("0", _("no"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        if self.value() == "1":
            return queryset.filter(due_at__lt=timezone.now())
        return queryset.exclude(due_at__lt=timezone.now()) if self.value() == "0" else queryset


class AssignmentInline(ReadOnly, admin.TabularInline):
    model = Assignment
    fields = (
        "unit", "part", "dispatched_at", "signed_at", "reported_in_at", "reported_at", "waived_at", "ended_at",
        "end_reason",
    )  # fmt: skip
    readonly_fields = fields
    extra = 0


class DeadlineInline(ReadOnly, admin.TabularInline):
    model = Deadline
    fields = ("kind", "unit", "level", "starts_at", "due_at", "state", "flagged_at", "ended_at", "fire_at", "error")
    readonly_fields = fields
    extra = 0


class EventInline(ReadOnly, admin.TabularInline):
    """The newest lines of the history, newest first."""

    model = CaseEvent
    fields = ("seq", "at", "kind", "actor", "actor_unit", "due_at", "details")
    readonly_fields = fields
    ordering = ("-seq",)
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[CaseEvent]:
        newest = CaseEvent.objects.filter(case=parent_id(request)).order_by("-seq")
        shown = list(newest.values_list("pk", flat=True)[:EVENTS_SHOWN])
        return super().get_queryset(request).filter(pk__in=shown).select_related("actor", "actor_unit")

    @admin.display(description=_("details"))
    def details(self, event: CaseEvent) -> SafeString:
        return format_html("<small>{}</small>", json.dumps(event.payload, ensure_ascii=False))


@admin.register(Case)
class CaseAdmin(ReadOnly, VisibleAdmin):
    list_display = ("number", "title", "status", "level", "urgency", "duty_unit", "grid", "due_at")
    list_filter = ("status", OverdueFilter, "level", "urgency", "channel", "submitted_at")
    list_select_related = ("grid", "duty_unit")
    list_per_page = 50
    ordering = ("-submitted_at", "-id")
    search_fields = ("number",)
    search_help_text = _("words of number, title, text and address")
    fields = (
        "number", "title", "text", "status", "level", "urgency", "channel", "category", "grid", "found_by", "address",
        "duty_unit", "lead_unit", "dispatching_unit", "submitted_at", "accepted_at", "dispatched_at", "finished_at",
        "closed_at", "due_at", "overdue_since", "listed_at", "escalations", "returns", "redos", "reopens", "urges",
        "outcome", "reply", "reject_reason", "merged_into", "policy", "anonymous", "secret", "source",
        "source_number",
    )  # fmt: skip
    inlines = (AssignmentInline, DeadlineInline, EventInline)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Case], search_term: str
    ) -> tuple[QuerySet[Case], bool]:
        """The same search as everywhere, in the order of the list."""
        rows: Any = queryset
        try:
            return (rows.search(search_term, request.user) if search_term.strip() else rows), False
        except BadInput as error:
            messages.warning(request, error.fields["search"])
            return queryset.none(), False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)


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
    list_filter = (SetAsideFilter, "kind")
    list_select_related = ("case", "unit")
    list_per_page = 50
    ordering = ("-id",)
    search_fields = ("case__number__startswith",)
    fields = (
        "case", "kind", "unit", "level", "starts_at", "minutes", "added_minutes", "counting", "due_at", "state",
        "flagged_at", "ended_at", "fire_at", "fire_step", "error",
    )  # fmt: skip
    actions = ("retry",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Nobody edits a deadline; who could, may have it tried again."""
        return request.user.has_perm("cases.change_deadline")

    @admin.action(description=_("try again"), permissions=["retry"])
    def retry(self, request: HttpRequest, deadlines: QuerySet[Deadline]) -> None:
        count = retry_set_aside(deadlines)
        messages.success(request, _("deadlines in line again: %(count)d") % {"count": count})
