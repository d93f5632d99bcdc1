"""The territory on a wall: today in five figures, the map, the places below, four weeks, and what just came in, without
a person or a word of theirs. The page asks for it again and again, and keeps what it has where nobody answers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cases import categories
from cases.errors import BadInput, CaseError, NotPermitted
from cases.models import Case
from grids.tree import GridSlot
from insights.measures import MEASURES
from portal.bulletin import village_name
from portal.language import with_language
from portal.places import grid_of

from . import board as boards
from . import ranks
from .asked import Asked, read
from .pages import chart_of, ranks_of, refused
from .seats import Seat, seats_of

MOST_PLACES = 12
"""So many places may take turns on one screen."""
EVERY = range(10, 601)
"""Seconds that each of them stays."""
USUAL_EVERY = 30
NEWEST = 7
SHOWN_PLACES = 10


@dataclass(frozen=True, slots=True)
class Fresh:
    """A case that just came in, as anybody in the room may read it: what kind, in which village, when, and how it
    stands."""

    category: str
    place: str
    at: datetime
    state: str
    late: bool


def _screens(request: HttpRequest) -> list[GridSlot]:
    """The places that the address names, within a territory that may be shown; that of the first such seat where it
    names none.

    Raises NotPermitted for who neither leads nor supervises, Http404 for a place outside.
    """
    seats = [seat for seat in seats_of(request.user) if seat.screen and seat.unit_id is None]
    if not seats:
        raise NotPermitted(_("only leaders and supervisors of a territory put it on a wall"))
    codes = request.GET.getlist("place")[:MOST_PLACES]
    return [_shown(seats, code) for code in codes] or [seats[0].grid]


def _shown(seats: list[Seat], code: str) -> GridSlot:
    slot = grid_of(code)
    if slot is None or not any(seat.holds(slot.path) for seat in seats):
        raise Http404
    return slot


def _every(said: str) -> int:
    if not said:
        return USUAL_EVERY
    if not (said.isascii() and said.isdigit() and len(said) < 4 and int(said) in EVERY):
        raise BadInput(every=_("must be a whole number of seconds from 10 to 600"))
    return int(said)


@never_cache
@require_safe
@with_language
@login_required
def wall(request: HttpRequest) -> HttpResponse:
    """The screen. `place` may stand several times in its address: these take turns, each for `every` seconds."""
    try:
        places, every = _screens(request), _every(request.GET.get("every", ""))
    except CaseError as error:
        return refused(request, error)
    boards_at = [f"{reverse('leaders-wall-board')}?{urlencode({'place': place.code})}" for place in places]
    zone = str(timezone.get_current_timezone())
    said = {"boards": boards_at, "every": every, "first": _drawn(request, places[0]), "zone": zone}
    return render(request, "portal/leaders/wall.html", said)


@require_safe
def wall_board(request: HttpRequest) -> HttpResponse:
    """One place as the screen shows it. Unchanged since it was asked last, it is answered without a body."""
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    try:
        (place,) = _screens(request)[:1]
    except CaseError as error:
        return HttpResponse(status=error.status)
    drawn = _drawn(request, place)
    mark = f'W/"{hashlib.sha256(drawn.encode()).hexdigest()[:24]}"'
    known = request.headers.get("If-None-Match") == mark
    answer = HttpResponse(status=304) if known else HttpResponse(drawn)
    answer["ETag"], answer["Cache-Control"], answer["Vary"] = mark, "private, no-cache", "Cookie, Accept-Language"
    return answer


def _drawn(request: HttpRequest, place: GridSlot) -> str:
    return render_to_string("portal/leaders/wall_board.html", _said(request.user, place), request)


def _said(user: Any, place: GridSlot) -> dict[str, Any]:
    today = _asked(user, place, "today")
    month = _asked(user, place, "month")
    now, lately = boards.Board(user, today), boards.Board(user, month)
    places = ranks.rank(user, month)
    lines = lately.lines(("reported", "on_time", "satisfaction", "low_level"))
    return {
        "place": place,
        "tiles": now.tiles(),
        "lines": lines,
        "charts": {line.name: chart_of(line) for line in lines},
        "places": places[:SHOWN_PLACES],
        "ranks": ranks_of(places),
        "columns": ranks.columns(month),
        "chosen": MEASURES[month.measure],
        "fresh": fresh(user, place),
    }


def _asked(user: Any, place: GridSlot, period: str) -> Asked:
    return read(user, QueryDict(urlencode({"place": place.code, "period": period})))


def fresh(user: Any, place: GridSlot) -> list[Fresh]:
    """The newest cases of the place in words that name nobody: no title, no text, no address, no number."""
    rows = Case.objects.visible_to(user).filter(grid_path__startswith=place.path, secret=False)
    rows = rows.filter(submitted_at__gte=timezone.now() - timedelta(days=7)).order_by("-submitted_at", "-pk")
    found = rows.only("category_id", "grid_path", "submitted_at", "status", "due_at")[:NEWEST]
    return [
        Fresh(_category(case), village_name(case.grid_path), case.submitted_at, case.get_status_display(), _late(case))
        for case in found
    ]


def _late(case: Case) -> bool:
    return case.due_at is not None and case.due_at < timezone.now()


def _category(case: Case) -> str:
    row = categories.book().by_id.get(case.category_id) if case.category_id else None
    if row is None:
        return _("not sorted yet")
    return row.name_en if row.name_en and (get_language() or "").startswith("en") else row.name
