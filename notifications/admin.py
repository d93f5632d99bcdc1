"""What was told, what could not be sent and what is stuck, for whoever operates the platform; all read-only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cases.models import PendingEvent

from .models import Delivery, InboxItem


class ReadOnly(admin.ModelAdmin):
    """Lists and shows; adds, changes and deletes nothing."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(InboxItem)
class InboxItemAdmin(ReadOnly):
    list_display = ("id", "user", "number", "kind", "reason", "created_at", "read_at")
    list_filter = ("reason", "created_at")
    search_fields = ("=user__username", "=event__case__number")
    list_select_related = ("user", "event__case")
    show_full_result_count = False
    fields = ("user", "number", "kind", "reason", "created_at", "read_at")
    readonly_fields = fields

    @admin.display(description=_("case"))
    def number(self, item: InboxItem) -> str:
        return item.event.case.number

    @admin.display(description=_("what"))
    def kind(self, item: InboxItem) -> str:
        return str(item.event.get_kind_display())


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    list_display = ("id", "item", "channel", "masked", "state", "attempts", "next_attempt_at", "sent_at")
    list_filter = ("state", "channel")
    search_fields = ("=item__event__case__number",)
    list_select_related = ("item",)
    show_full_result_count = False
    fields = ("item", "channel", "masked", "state", "attempts", "next_attempt_at", "sent_at", "shown_error")
    readonly_fields = fields

    @admin.display(description=_("address"))
    def masked(self, delivery: Delivery) -> str:
        name, _at, host = delivery.address.rpartition("@")
        return f"{name[:1]}***@{host}"

    @admin.display(description=_("last error"))
    def shown_error(self, delivery: Delivery) -> str:
        # a mail server's answer repeats the address
        return delivery.error.replace(delivery.address, self.masked(delivery))


@admin.register(PendingEvent)
class PendingEventAdmin(ReadOnly):
    """Events that nobody has been told of yet; those with an error are set aside."""

    list_display = ("event_id", "event", "at", "error", "next_attempt_at")
    list_filter = (("next_attempt_at", admin.EmptyFieldListFilter),)
    list_select_related = ("event",)
    show_full_result_count = False
    fields = ("event_id", "event", "at", "error", "next_attempt_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[PendingEvent]:
        return super().get_queryset(request).order_by("pk")

    @admin.display(description=_("at"))
    def at(self, pending: PendingEvent) -> Any:
        return pending.event.at
