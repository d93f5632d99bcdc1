"""Where a case lies, for the map beside it: the outline of its grid and the reported point, to who sees the case."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cases.api.seen import seen_case
from grids import tree
from grids.models import Grid
from portal.places import collection, feature


@never_cache
@require_safe
@login_required
def case_map(request: HttpRequest, number: str) -> JsonResponse:
    """GeoJSON: the outline of the grid, or of the nearest above it that has one; and the point, where one was given."""
    case = seen_case(request.user, number)
    way = [case.grid_path[:end] for end in range(tree.STEP, len(case.grid_path) + 1, tree.STEP)]
    drawn = Grid.objects.filter(path__in=way, boundary__isnull=False).order_by("-path")
    features: list[dict[str, Any]] = [
        feature(code, name, outline) for code, name, outline in drawn.values_list("code", "name", "boundary")[:1]
    ]
    point = None if case.lon is None or case.lat is None else [case.lon, case.lat]
    return JsonResponse({"outlines": collection(features), "point": point})
