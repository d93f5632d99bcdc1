"""The inbox on a page: what one was told, day by day; lists at set times, alarms that ring, and the bell that every
page of the desk asks now and then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from itertools import groupby
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from cases.api.pagination import KeysetPagination
from cases.querysets import reaches
from grids.territory import territory_of
from notifications.messages import Message  # fmt: skip
from notifications.messages import render as said_of
from notifications.models import Alarm, InboxItem, RoundUp
from notifications.round_up_words import cases_of, figures_of, heading_of, sections_of
from notifications.services import acknowledge, mark_all_read, mark_read
from notifications.services.inbox import bell_of, mark_list_read
from notifications.timing import ASKS, REMINDERS

from .language import with_language

SHOWN_ALARMS = 20
SHOWN_LISTS = 7
"""Lists that stand above the lines; the page of lists shows LISTS."""
LISTS = 60


def _unread(items: QuerySet[InboxItem]) -> QuerySet[InboxItem]:
    return items.filter(read_at__isnull=True)


def _asked(items: QuerySet[InboxItem]) -> QuerySet[InboxItem]:
    return items.filter(event__kind__in=list(ASKS))


def _reminders(items: QuerySet[InboxItem]) -> QuerySet[InboxItem]:
    return items.filter(event__kind__in=list(REMINDERS))


VIEWS: dict[str, tuple[Any, Callable[[QuerySet[InboxItem]], QuerySet[InboxItem]]]] = {
    "all": (_("All messages"), lambda items: items),
    "unread": (_("Unread"), _unread),
    "asked": (_("Asks something of you"), _asked),
    "reminders": (_("Reminders and overdue"), _reminders),
    "lists": (_("Lists"), lambda items: items.none()),
}


@dataclass(frozen=True, slots=True)
class Line:
    """An item as the page shows it."""

    item: InboxItem
    message: Message
    seen: bool


@never_cache
@require_safe
@with_language
@login_required
def inbox_page(request: HttpRequest) -> HttpResponse:
    """A page of one's lines, newest first, below what must not be overlooked."""
    show, number = request.GET.get("show", "all"), request.GET.get("number", "").strip()[:32]
    show = show if show in VIEWS else "all"
    pages, rows = KeysetPagination(), VIEWS[show][1](InboxItem.objects.visible_to(request.user).with_case())
    rows = rows.filter(event__case__number__startswith=number) if number else rows
    try:
        items = pages.paginate_queryset(rows, Request(request), SimpleNamespace(orderings=("-pk",)))
    except ValidationError:  # a cursor of another list: back to its beginning
        return redirect(f"{reverse('inbox-page')}?{urlencode({'show': show})}")
    first = "cursor" not in request.GET
    said = {
        "days": _by_day(request, items),
        "next": pages.get_paginated_response(items).data["next"] if items else None,
        "newest": items[0].pk if items and first else None,
        "show": show,
        "number": number,
        "tabs": [(name, label, f"?{urlencode({'show': name})}") for name, (label, _rows) in VIEWS.items()],
        "alarms": _alarms(request) if first else [],
        "lists": _lists(request, show, number) if first else [],
    }
    return render(request, "portal/inbox.html", said)


def _by_day(request: HttpRequest, items: list[InboxItem]) -> list[tuple[date, list[Line]]]:
    territory, language = territory_of(request.user), get_language() or "en"
    lines = []
    for item in items:
        seen = reaches(territory, item.event.case)
        lines.append(Line(item, said_of(item, language, show_title=seen), seen))
    days = groupby(lines, key=lambda line: timezone.localtime(line.item.created_at).date())
    return [(day, list(of_day)) for day, of_day in days]


def _alarms(request: HttpRequest) -> list[tuple[Alarm, Message]]:
    rows = Alarm.objects.visible_to(request.user).ringing().with_case().order_by("-pk")[:SHOWN_ALARMS]
    territory, language = territory_of(request.user), get_language() or "en"
    found = []
    for alarm in rows:
        item = InboxItem(event=alarm.event, reason="alarm")
        found.append((alarm, said_of(item, language, show_title=reaches(territory, alarm.event.case))))
    return found


def _lists(request: HttpRequest, show: str, number: str) -> list[tuple[RoundUp, str, str]]:
    """The unread ones above all lines; on their own page also those that were read."""
    if number or show not in ("all", "unread", "lists"):
        return []
    rows = RoundUp.objects.visible_to(request.user).order_by("-on", "-pk")
    rows = rows[:LISTS] if show == "lists" else rows.filter(read_at__isnull=True)[:SHOWN_LISTS]
    return [(row, heading_of(row), _counts(row)) for row in rows]


def _counts(round_up: RoundUp) -> str:
    sections = (f"{label} {len(numbers)}" for label, numbers in sections_of(round_up))
    return " · ".join([*figures_of(round_up), *sections])


@never_cache
@require_safe
@with_language
@login_required
def list_page(request: HttpRequest, pk: str) -> HttpResponse:
    """A list with those of its cases that one may still see. Having opened it is having read it."""
    round_up = get_object_or_404(RoundUp.objects.visible_to(request.user), pk=pk)
    if request.method == "GET":
        mark_list_read(round_up)
    sections = sections_of(round_up)
    cases = cases_of(request.user, [number for _label, numbers in sections for number in numbers])
    shown = [(label, len(numbers), [cases[n] for n in numbers if n in cases]) for label, numbers in sections]
    said = {"heading": heading_of(round_up), "figures": figures_of(round_up), "sections": shown, "list": round_up}
    return render(request, "portal/inbox_list.html", said)


@never_cache
@require_POST
@login_required
def read_one(request: HttpRequest, pk: str) -> HttpResponse:
    """Marks a line as read; asked by the page when its case is opened, or by its button."""
    mark_read(get_object_or_404(InboxItem.objects.visible_to(request.user), pk=pk))
    if "text/html" not in request.headers.get("Accept", "text/html"):
        return HttpResponse(status=204)
    return redirect(f"{reverse('inbox-page')}?{urlencode({'show': _shown(request)})}")


@never_cache
@require_POST
@login_required
def read_all(request: HttpRequest) -> HttpResponse:
    """Marks as read what has been seen: what came in since the page was opened stays unread."""
    said = request.POST.get("up_to", "")
    if said.isascii() and said.isdigit() and len(said) < 19:
        mark_all_read(request.user, up_to=int(said))
    return redirect(f"{reverse('inbox-page')}?{urlencode({'show': _shown(request)})}")


def _shown(request: HttpRequest) -> str:
    show = request.POST.get("show", "all")
    return show if show in VIEWS else "all"


@never_cache
@require_POST
@login_required
def answer_alarm(request: HttpRequest, pk: str) -> HttpResponse:
    """Somebody takes an alarm upon themselves, and is led to its case."""
    alarm = get_object_or_404(Alarm.objects.visible_to(request.user).with_case(), pk=pk)
    acknowledge(alarm, request.user)
    return redirect("case-page", alarm.event.case.number)


@require_safe
def bell(request: HttpRequest) -> HttpResponse:
    """What waits to be read, for the head of every page: unchanged, it is answered without a body. Who is not signed
    in is told so and not led anywhere: a page asks, not a person."""
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    said = bell_of(request.user.pk)
    mark = f'W/"{said.unread}-{said.lists}-{said.alarms}-{said.newest}"'
    known = request.headers.get("If-None-Match") == mark
    answer = HttpResponse(status=304) if known else JsonResponse(asdict(said))
    answer["ETag"] = mark
    answer["Cache-Control"] = "private, no-cache"
    answer["Vary"] = "Cookie"
    return answer
