"""What goes out, and what could not be sent: with the error, without the address, and a button to send it again."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from grids.admin import ReadOnly, VisibleAdmin
from grids.models import Post
from grids.territory import Territory, territory_of
from notifications import services
from notifications.addresses import masked
from notifications.choices import Channel
from notifications.models import Delivery
from notifications.models.deliveries import ACCOUNT, RESIDENT

ADDRESS = re.compile(r"[^\s<>@:;,\"'()]+@[^\s<>@:;,\"'()]+")


def in_territory(territory: Territory) -> Q:
    """Deliveries about cases in a territory, and round-ups of those who serve there."""
    if territory.everything:
        return Q()
    serving = Post.objects.filter(territory.within("unit__grid__path"))
    return (
        territory.within("item__event__case__grid_path")
        | territory.within("notice__event__case__grid_path")
        | Q(round_up__isnull=False, user__in=serving.values("user"))
    )


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, VisibleAdmin):
    """Those given up are the dead letters: `?state=failed`."""

    list_display = ("id", "about", "user", "channel", "to", "state", "attempts", "next_attempt_at", "sent_at", "shown")
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("channel", ChoicesDropdownFilter),
        ("pace", ChoicesDropdownFilter),
    )
    search_fields = ("=item__event__case__number", "=notice__event__case__number", "=user__username")
    list_select_related = ("item__event__case", "notice__event__case", "round_up", "user", "contact")
    fields = (
        "about", "user", "channel", "to", "pace", "state", "attempts", "next_attempt_at", "sent_at", "message_key",
        "provider_id", "shown",
    )  # fmt: skip
    readonly_fields = fields
    actions = ("send_again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        rows = Delivery.objects.filter(in_territory(territory_of(request.user)))
        return rows.order_by("-pk")

    def has_send_again_permission(self, request: HttpRequest) -> bool:
        """Nobody edits a delivery; who could, may have it sent again."""
        return bool(request.user.has_perm("notifications.change_delivery"))

    @admin.action(description=_("send again"), permissions=["send_again"])
    def send_again(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> None:
        count = services.retry_deliveries(deliveries)
        messages.success(request, _("deliveries in line again: %(count)d") % {"count": count})

    @admin.display(description=_("about"))
    def about(self, delivery: Delivery) -> str:
        told: Any = delivery.item or delivery.notice
        return told.event.case.number if told else str(delivery.round_up)

    @admin.display(description=_("address"))
    def to(self, delivery: Delivery) -> str:
        if delivery.way == RESIDENT:
            return str(_("the resident's phone"))
        if delivery.contact is not None:
            return delivery.contact.masked
        return masked(Channel.EMAIL, delivery.user.email) if delivery.user and delivery.way == ACCOUNT else "–"

    @admin.display(description=_("last error"))
    def shown(self, delivery: Delivery) -> str:
        # a mail server's answer repeats the address
        return ADDRESS.sub(lambda found: masked(Channel.EMAIL, found[0]), delivery.error)
