"""The sidebar: what one administers, in the order of the work; and what concerns one's own account."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

GROUPS: tuple[tuple[Any, tuple[tuple[str, str], ...]], ...] = (
    (
        gettext_lazy("Cases"),
        (
            ("cases.case", "assignment"),
            ("cases.deadline", "alarm_off"),
            ("cases.extension", "more_time"),
            ("cases.suspension", "pause_circle"),
            ("cases.whistle", "campaign"),
            ("cases.supervisionorder", "gavel"),
            ("cases.lookback", "history_edu"),
            ("cases.peerrating", "star_half"),
            ("cases.publicentry", "newspaper"),
            ("cases.patrol", "directions_walk"),
        ),
    ),
    (
        gettext_lazy("Territory and people"),
        (
            ("grids.grid", "account_tree"),
            ("grids.gridchange", "conversion_path"),
            ("grids.unit", "apartment"),
            ("grids.post", "badge"),
            ("grids.user", "group"),
            ("grids.intakepoint", "qr_code_2"),
        ),
    ),
    (
        gettext_lazy("Rules"),
        (
            ("cases.category", "category"),
            ("cases.routingrule", "alt_route"),
            ("cases.precedent", "balance"),
            ("cases.policy", "timer"),
            ("cases.ladder", "stairs"),
            ("grids.workingcalendar", "calendar_month"),
            ("grids.calendarday", "event"),
        ),
    ),
    (
        gettext_lazy("Messages"),
        (
            ("notifications.inboxitem", "inbox"),
            ("notifications.delivery", "mail"),
            ("notifications.channelaccount", "sms"),
            ("notifications.circuit", "electrical_services"),
            ("notifications.alarm", "e911_emergency"),
            ("notifications.tellinghours", "bedtime"),
            ("notifications.preference", "tune"),
            ("cases.pendingevent", "pending"),
            ("notifications.messagetemplate", "edit_note"),
            ("notifications.webhookendpoint", "webhook"),
            ("notifications.webhookdelivery", "outbox"),
        ),
    ),
    (
        gettext_lazy("Oversight"),
        (
            ("grids.changerecord", "manage_history"),
            ("auth.group", "shield_person"),
            ("knox.authtoken", "key"),
        ),
    ),
)
"""Models by their labels, each with its icon."""

OTHER_TITLES = {"knox.authtoken": gettext_lazy("API tokens")}
"""For models of packages that bring no Chinese."""


def groups(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar for whoever asks: only what they may look at."""
    first = {"title": _("Overview"), "icon": "dashboard", "link": reverse("admin:index")}
    return [{"items": [first]}, *(_group(request, title, items) for title, items in GROUPS)]


def _group(request: HttpRequest, title: Any, items: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    return {"title": title, "items": [item for label, icon in items if (item := _item(request, label, icon))]}


def _item(request: HttpRequest, label: str, icon: str) -> dict[str, Any] | None:
    model = apps.get_model(label)
    site = admin.site._registry.get(model)
    if site is None or not site.has_view_or_change_permission(request):
        return None
    link = reverse(f"admin:{label.replace('.', '_')}_changelist")
    return {
        "title": str(OTHER_TITLES.get(label, model._meta.verbose_name_plural)),
        "icon": icon,
        "link": link,
        "active": request.path.startswith(link),
    }


def account(request: HttpRequest) -> list[dict[str, str]]:
    """What concerns one's own account."""
    return [
        {"title": _("Second factor"), "link": reverse("admin:second_factor")},
        {"title": _("Change password"), "link": reverse("admin:password_change")},
    ]
