"""Open cases on the leaders' map, gathered by the database into so many spots that a screen can show, however many
cases there are."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from django.db.models import Avg, Count, F, Func, Min, Q, QuerySet
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cases.errors import BadInput, CaseError
from cases.models import Case
from insights.stock import cases_in_stock

from .asked import read

TILE_PIXELS = 256
SPOT_PIXELS = 48
"""Cases that would lie nearer to each other on the screen than about this are one spot."""
MOST_SPOTS = 500
ZOOMS = range(3, 20)


@never_cache
@require_safe
def spots(request: HttpRequest) -> JsonResponse:
    """Spots of the open cases that one sees within `box`, at the map's `zoom`; the fullest, where there are too many.

    `lon` and `lat` are the middle of a spot's cases. A single case has its number. Whoever asked for secrecy has no
    spot: a place would tell who it is. `hidden` says how many these are, with those that have no place.
    """
    if not request.user.is_authenticated:
        return JsonResponse({}, status=401)
    try:
        asked = read(request.user, request.GET)
        box, zoom = _box(request.GET.get("box", "")), _zoom(request.GET.get("zoom", ""))
    except CaseError as error:
        return JsonResponse({"detail": error.detail, "fields": error.fields}, status=error.status)
    cases = cases_in_stock(request.user, asked.scope, "open")
    rows = list(_gathered(cases, box, zoom)[: MOST_SPOTS + 1])
    unplaced = cases.filter(Q(lon__isnull=True) | Q(secret=True)).count()
    return JsonResponse({"spots": list(_said(rows[:MOST_SPOTS])), "more": len(rows) > MOST_SPOTS, "hidden": unplaced})


def _gathered(cases: QuerySet[Case], box: tuple[float, float, float, float], zoom: int) -> QuerySet[Any, Any]:
    west, south, east, north = box
    placed = cases.filter(secret=False, lon__gte=west, lon__lt=east, lat__gte=south, lat__lt=north)
    step = 360 / 2**zoom * SPOT_PIXELS / TILE_PIXELS
    flat = step * max(0.2, math.cos(math.radians((south + north) / 2)))  # a degree north is longer than one east
    places = placed.annotate(x=Func(F("lon") / step, function="floor"), y=Func(F("lat") / flat, function="floor"))
    late = Count("pk", filter=Q(due_at__lt=timezone.now()))
    found: QuerySet[Any, Any] = (
        places.order_by()
        .values("x", "y")
        .annotate(cases=Count("pk"), late=late, east=Avg("lon"), north=Avg("lat"), number=Min("number"))
        .order_by("-cases", "x", "y")
    )
    return found


def _said(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        place = {"lon": round(row["east"], 5), "lat": round(row["north"], 5)}
        only = {"number": row["number"]} if row["cases"] == 1 else {}
        yield place | {"cases": row["cases"], "late": row["late"]} | only


def _box(said: str) -> tuple[float, float, float, float]:
    try:
        west, south, east, north = (float(part) for part in said[:120].split(","))
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            raise ValueError
    except ValueError:
        right = _("west,south,east,north in degrees would be right, such as 116.0,38.5,117.5,40.1")
        raise BadInput(box=right) from None
    return west, south, east, north


def _zoom(said: str) -> int:
    if not (said.isascii() and said.isdigit() and len(said) < 3 and int(said) in ZOOMS):
        raise BadInput(zoom=_("must be a whole number from 3 to 19"))
    return int(said)
