"""What was told and what is stuck, for whoever operates the platform; all read-only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from cases.models import PendingEvent
from grids.admin import ReadOnly, VisibleAdmin
from grids.territory import territory_of
from notifications.models import InboxItem


@admin.register(InboxItem)
class InboxItemAdmin(ReadOnly, VisibleAdmin):
    list_display = ("id", "user", "number", "kind", "reason", "created_at", "read_at")
    list_filter = (("reason", ChoicesDropdownFilter), "created_at")
    search_fields = ("=user__username", "=event__case__number")
    list_select_related = ("user", "event__case")
    fields = ("user", "number", "kind", "reason", "created_at", "read_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[InboxItem]:
        """Whoever was told of cases in one's territory; the model's own `visible_to` is for the inbox: one's own."""
        return InboxItem.objects.filter(territory_of(request.user).within("event__case__grid_path"))

    @admin.display(description=_("case"))
    def number(self, item: InboxItem) -> str:
        return item.event.case.number

    @admin.display(description=_("what"))
    def kind(self, item: InboxItem) -> str:
        return str(item.event.get_kind_display())


@admin.register(PendingEvent)
class PendingEventAdmin(ReadOnly, VisibleAdmin):
    """Events that nobody has been told of yet; those with an error are set aside."""

    grid_path = "event__case__grid_path"

    list_display = ("event_id", "event", "at", "error", "next_attempt_at")
    list_filter = (("next_attempt_at", admin.EmptyFieldListFilter),)
    list_select_related = ("event",)
    fields = ("event_id", "event", "at", "error", "next_attempt_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[PendingEvent]:
        return super().get_queryset(request).order_by("pk")

    @admin.display(description=_("at"))
    def at(self, pending: PendingEvent) -> Any:
        return pending.event.at
