"""In which grid a point lies, and the outlines around it: what the resident's map asks. Names and outlines of grids are
no secret; who serves there is not among them."""

from __future__ import annotations

import math
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from grids import tree
from grids.choices import Level
from grids.locate import locate
from grids.models import Grid
from grids.territory import Territory
from grids.tree import GridSlot

from .language import with_language
from .throttling import seconds_to_wait, too_many

LONGEST_CODE = 18
"""Figures of the code of a micro-grid."""
MOST_OUTLINES = 80
"""So many neighbours are drawn: a village's cells, a town's villages."""


@never_cache
@require_safe
@with_language
def where(request: HttpRequest) -> HttpResponse:
    """The grid of `lon` and `lat` (WGS-84), or the one of the code `grid`, with outlines around it as GeoJSON."""
    wait = seconds_to_wait(request, "public_place")
    if wait is not None:
        return too_many(JsonResponse({"detail": _("Too much was asked from your network.")}, status=429), wait)
    if code := request.GET.get("grid", ""):
        return JsonResponse(_said(grid_of(code), inside=True))
    lon, lat = _number(request.GET.get("lon", ""), 180), _number(request.GET.get("lat", ""), 90)
    if lon is None or lat is None:
        return JsonResponse({"lon": _("degrees east and north, such as lon=116.30&lat=39.43")}, status=400)
    found = locate(lon, lat)
    return JsonResponse(_said(tree.by_id(found.grid_id) if found else None))


def _number(said: str, most: float) -> float | None:
    try:
        number = float(said[:30])
    except ValueError:
        return None
    return number if math.isfinite(number) and abs(number) <= most else None


def _said(slot: GridSlot | None, *, inside: bool = False) -> dict[str, Any]:
    """What the map shows: the grid's names, and outlines: its own with its siblings', or, where `inside`, with those of
    what lies in it."""
    if slot is None:
        return {"found": False, "place": "", "outlines": collection([])}
    above = slot.path if inside else slot.path[: -tree.STEP] or slot.path
    near = Grid.objects.standing().filter(path__startswith=above, boundary__isnull=False)
    near = near.filter(depth__lte=len(above) // tree.STEP + 1).order_by("path")
    rows = near.values_list("path", "code", "name", "boundary")[:MOST_OUTLINES]
    return {
        "found": True,
        "place": place_of(slot.path),
        "outlines": collection(
            [
                feature(code, name, outline, here=path == slot.path, around=path == above)
                for path, code, name, outline in rows
            ]
        ),
    }


def place_of(path: str) -> str:
    """All names from the city down."""
    return " / ".join(slot.name for slot in tree.way_to(path))


def feature(code: str, name: str, outline: Any, **more: Any) -> dict[str, Any]:
    """One grid as GeoJSON."""
    return {"type": "Feature", "geometry": outline, "properties": {"code": code, "name": name, **more}}


def collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    """Several, as GeoJSON."""
    return {"type": "FeatureCollection", "features": features}


def towns(territory: Territory | None = None) -> list[tuple[str, list[tuple[str, str]]]]:
    """Towns below the names of their counties, for whoever picks a place without a map; only those of the cities that
    somebody serves in, where their territory is given."""
    groups: dict[str, list[tuple[str, str]]] = {}
    rows = Grid.objects.standing().filter(level=Level.TOWN).order_by("path")
    if territory is not None and not territory.everything:
        cities = [Q(path__startswith=standing.path[: tree.STEP]) for standing in territory.standings]
        rows = rows.filter(reduce(or_, cities, Q(pk__in=[])))
    for code, name, path in rows.values_list("code", "name", "path"):
        groups.setdefault(" / ".join(slot.name for slot in tree.way_to(path)[:-1]), []).append((code, name))
    return list(groups.items())


def grid_of(code: str) -> GridSlot | None:
    """The standing grid of a code as an address or a form has it, where there is one."""
    return tree.by_code(code) if code.isascii() and code.isdigit() and len(code) <= LONGEST_CODE else None


def town_of(code: str) -> GridSlot | None:
    """The town of this code, where there is one."""
    slot = grid_of(code)
    return slot if slot is not None and slot.level == Level.TOWN else None
