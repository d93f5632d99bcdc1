"""The leaders' page and the cases behind its figures: find what is asked for, let the board count it, draw it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from types import SimpleNamespace
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from cases.actors import Actor
from cases.api.pagination import KeysetPagination
from cases.choices import Channel, Urgency
from cases.errors import CaseError
from cases.models import Case
from cases.picks import Picks
from cases.querysets import LONG
from insights.figures import facts_behind
from insights.measures import MEASURES, Measure
from insights.models import Fact
from insights.stock import STOCKS, cases_in_stock
from portal.language import with_language

from . import board as boards
from . import ranks
from .asked import COLOURED, FILTERS, PERIODS, Asked, read
from .needs import BY_NAME, PRESS, actions_on, read_needs, rows_of, said

PARTS = ("numerator", "missing", "denominator")


def for_leaders(view: Callable[[HttpRequest, Asked], HttpResponse]) -> Any:
    """A page of these: signed in, with what its address asks for; what is wrong with that is said on a page."""

    @never_cache
    @require_safe
    @with_language
    @login_required
    @wraps(view)
    def asked(request: HttpRequest) -> HttpResponse:
        try:
            return view(request, read(request.user, request.GET))
        except CaseError as error:
            return refused(request, error)

    return asked


def refused(request: HttpRequest, error: CaseError) -> HttpResponse:
    """A page that says what is wrong with the address, field by field, or that the page is not for this person."""
    said: dict[str, Any] = {"problem": error.detail if not error.fields else "", "faults": error.fields.items()}
    return render(request, "portal/leaders/refused.html", said, status=error.status)


@for_leaders
def board(request: HttpRequest, asked: Asked) -> HttpResponse:
    """The leaders' page."""
    parts = boards.Board(request.user, asked)
    lines = parts.lines()
    places = ranks.rank(request.user, asked)
    waiting = read_needs(request.user, asked.grid.path)
    context = around(request, asked) | {
        "tiles": parts.tiles(),
        "lines": lines,
        "charts": {line.name: chart_of(line) for line in lines},
        "places": places,
        "ranks": ranks_of(places),
        "columns": ranks.columns(asked),
        "legend": ranks.legend(asked),
        "chosen": MEASURES[asked.measure],
        "measures": [(name, MEASURES[name].label, asked.address(measure=name)) for name in COLOURED],
        "needs": waiting,
        "waiting": any(one.rows for one in waiting),
        "before": asked.before,
        "by_grid": asked.address(by=""),
        "by_unit": asked.address(by="unit"),
        "spots": asked.address("leaders-spots", measure="", by=""),
    }
    return render(request, "portal/leaders/board.html", context)


def chart_of(line: boards.Line) -> dict[str, Any]:
    """What the script draws a line from."""
    form = "bars" if MEASURES[line.name].kind == "count" else "line"
    return {"kind": MEASURES[line.name].kind, "form": form, "points": [asdict(point) for point in line.points]}


def ranks_of(places: list[ranks.Place]) -> dict[str, dict[str, Any]]:
    """What the map is coloured by: places by their codes."""
    return {
        place.code: {
            "value": place.chosen.words,
            "flag": place.chosen.flag,
            "mark": boards.MARKS[place.chosen.flag] if place.chosen.flag in ("red", "yellow") else "",
            "shade": place.shade,
            "address": place.address,
        }
        for place in places
        if place.code
    }


def around(request: HttpRequest, asked: Asked, **more: str) -> dict[str, Any]:
    """What stands on every one of these pages: seats, the way down, periods, filters. `more` are words of the address
    that this page alone has."""
    here = (request.resolver_match and request.resolver_match.url_name) or "leaders"
    nowhere: Any = SimpleNamespace(grid_path="")
    own = {"from": "", "to": ""}
    return {
        "asked": asked,
        "seats": [(seat.name, _seat_address(asked, seat), seat == asked.seat) for seat in asked.seats],
        "periods": [(name, label, asked.address(here, period=name, **own, **more)) for name, label in PERIODS.items()
                    if name != "own"],
        "categories": Picks(nowhere, request.user, ()).categories,
        "channels": Channel.choices,
        "urgencies": Urgency.choices,
        "carried": [(name, asked.said[name]) for name in ("place", "unit", "measure", "by") if name in asked.said]
        + list(more.items()),
        "unfiltered": asked.address(here, **dict.fromkeys(FILTERS, ""), **more),
        "screen": asked.seat.screen and asked.unit is None,
    }  # fmt: skip


def _seat_address(asked: Asked, seat: Any) -> str:
    if seat.unit_id is not None:
        return asked.address(place="", unit=seat.unit_id)
    return asked.address(place=seat.grid.code, unit="")


@for_leaders
def cases(request: HttpRequest, asked: Asked) -> HttpResponse:
    """The cases behind one figure, as many as it says: `of` names the measure, `part` numerator, denominator, or what
    the numerator lacks."""
    measure, part = _behind(request)
    rows = rows_behind(request.user, asked, measure, part)
    pages, ordering = KeysetPagination(), "due_at" if measure.kind == "stock" else "-at"
    try:
        found = pages.paginate_queryset(rows, Request(request), SimpleNamespace(orderings=(ordering,)))
    except ValidationError:  # a cursor of another list: back to its beginning
        return redirect(asked.address("leaders-cases", of=measure.name, part=part))
    actor = Actor.person(request.user)
    listed = [row if isinstance(row, Case) else row.case for row in found]
    context = around(request, asked, of=measure.name, part=part) | {
        "measure": measure,
        "part": part,
        "parts": [(name, _words_of_part(measure, name), _part_address(asked, measure, name)) for name in PARTS]
        if measure.kind == "rate"
        else [],
        "count": rows.count(),
        "rows": [(case, actions_on(actor, case, PRESS)) for case in listed],
        "next": pages.get_paginated_response(found).data["next"],
        "back": asked.address(of="", part=""),
    }
    return render(request, "portal/leaders/cases.html", context)


def _behind(request: HttpRequest) -> tuple[Measure, str]:
    name, part = request.GET.get("of", ""), request.GET.get("part", "numerator")
    if name not in MEASURES or part not in PARTS:
        raise Http404
    return MEASURES[name], part


def _part_address(asked: Asked, measure: Measure, part: str) -> str:
    return asked.address("leaders-cases", of=measure.name, part="" if part == "numerator" else part)


def _words_of_part(measure: Measure, part: str) -> Any:
    if part == "missing":
        return _("not: %(words)s") % {"words": measure.numerator_words}
    return measure.numerator_words if part == "numerator" else measure.denominator_words


def rows_behind(user: Any, asked: Asked, measure: Measure, part: Any) -> QuerySet[Any]:
    """What the list is read from: open cases for a stock, else facts with their cases."""
    if measure.name in STOCKS:
        return cases_in_stock(user, asked.scope, measure.name).defer(*LONG)
    facts: QuerySet[Fact] = facts_behind(user, asked.scope, measure.name, part)
    return facts.select_related("case").defer(*(f"case__{name}" for name in LONG))


@for_leaders
def needs(request: HttpRequest, asked: Asked) -> HttpResponse:
    """All of one group of what needs this user."""
    group = BY_NAME.get(request.GET.get("group", ""))
    if group is None:
        raise Http404
    rows, column = rows_of(request.user, group, asked.grid.path)
    pages = KeysetPagination()
    try:
        found = pages.paginate_queryset(rows, Request(request), SimpleNamespace(orderings=(column,)))
    except ValidationError:
        return redirect(f"{reverse('leaders-needs')}?group={group.name}")
    context = around(request, asked, group=group.name) | {
        "group": group,
        "rows": said(Actor.person(request.user), group, found),
        "next": pages.get_paginated_response(found).data["next"],
        "back": asked.address(group=""),
    }
    return render(request, "portal/leaders/needs.html", context)
