"""Outlines of the places below one, as the leaders' map draws them: drawn with as few corners as the screen can show,
neighbours along the same line, and kept by browsers until the territory changes."""

from __future__ import annotations

from typing import Any

import shapely
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe
from shapely.geometry import mapping, shape

from cases.errors import CaseError
from grids import tree
from grids.models import Grid, Revision
from grids.tree import GridSlot
from portal.places import collection, feature, grid_of

from .seats import seats_of

POINTS_ACROSS = 1500
"""A corner is left out where it is nearer to the line than this part of the map's longer side: less than a pixel."""
DIGITS = 5
"""Of a coordinate in degrees: about a metre."""
FORMAT = 1
"""Of the answer; another number makes browsers ask anew."""


@require_safe
def outlines(request: HttpRequest) -> HttpResponse:
    """The outlines of the grids right below `place`, as GeoJSON; that of the place itself where none of them has one.
    Unchanged since the browser asked last, it is answered without a body."""
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    try:
        seats = seats_of(request.user)
    except CaseError as error:
        return JsonResponse({"detail": error.detail}, status=error.status)
    slot = grid_of(request.GET.get("place", ""))
    if slot is None or not any(seat.holds(slot.path) or seat.grid.id == slot.id for seat in seats):
        raise Http404
    mark = _mark(slot)
    known = request.headers.get("If-None-Match") == mark
    answer = HttpResponse(status=304) if known else JsonResponse(collection(features_below(slot)))
    answer["ETag"] = mark
    answer["Vary"] = "Cookie"
    patch_cache_control(answer, private=True, no_cache=True)
    return answer


def _mark(slot: GridSlot) -> str:
    token = Revision.objects.filter(family="grids").values_list("token", flat=True).first()
    return f'W/"{FORMAT}-{slot.code}-{token}"'


def features_below(slot: GridSlot) -> list[dict[str, Any]]:
    """The grids right below with their outlines, simplified together so that borders still meet."""
    drawn = Grid.objects.standing().filter(boundary__isnull=False)
    depth = len(slot.path) // tree.STEP
    rows = list(_columns(drawn.filter(path__startswith=slot.path, depth=depth + 1).order_by("path")))
    if not rows:
        rows = list(_columns(drawn.filter(pk=slot.id)))
    shapes = simplified([shape(boundary) for _code, _name, boundary in rows])
    return [feature(code, name, mapping(drawn)) for (code, name, _boundary), drawn in zip(rows, shapes, strict=True)]


def _columns(rows: Any) -> Any:
    return rows.values_list("code", "name", "boundary")


def simplified(shapes: list[Any]) -> list[Any]:
    """The same areas with fewer corners; shared borders stay shared. What overlaps its neighbours is simplified too,
    each for itself."""
    if not shapes:
        return []
    west, south, east, north = shapely.total_bounds(shapes)
    tolerance = max(east - west, north - south) / POINTS_ACROSS
    meets = shapely.coverage_is_valid(shapes)
    found = shapely.coverage_simplify(shapes, tolerance) if meets else shapely.simplify(shapes, tolerance)
    rounded = shapely.transform(found, lambda corners: corners.round(DIGITS))
    return [area if after.is_empty else after for area, after in zip(shapes, rounded, strict=True)]
