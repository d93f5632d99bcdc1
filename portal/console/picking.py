"""What fields of the desk find while somebody types: units, places and categories, as JSON for one small script. None
of it answers to who is not signed in."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cases import categories
from cases.guessing import guess_categories
from cases.look_up import find_places, find_units
from grids import tree
from grids.models import Unit
from portal.places import grid_of, place_of

MOST_CATEGORIES = 8


def _answer(found: list[dict[str, Any]]) -> JsonResponse:
    return JsonResponse({"found": found})


def _typed(request: HttpRequest) -> str:
    return request.GET.get("q", "")[:200]


@never_cache
@require_safe
@login_required
def units(request: HttpRequest) -> JsonResponse:
    """Units within one's reach."""
    return _answer([{"value": str(pk), "label": name} for pk, name in find_units(request.user, _typed(request))])


@never_cache
@require_safe
@login_required
def places(request: HttpRequest) -> JsonResponse:
    """Grids and addresses."""
    found = find_places(request.user, _typed(request))
    return _answer(
        [
            {
                "value": one.code,
                "label": f"{one.address} · {one.name}" if one.address else one.name,
                "address": one.address,
                "lon": one.lon,
                "lat": one.lat,
            }
            for one in found
        ]
    )


@never_cache
@require_safe
@login_required
def kinds(request: HttpRequest) -> JsonResponse:
    """Categories by what the matter is about."""
    rows = guess_categories(_typed(request), MOST_CATEGORIES)
    return _answer([{"value": row.code, "label": name_of(row)} for row in rows])


def name_of(row: categories.CategoryRow) -> str:
    """A category in the language of the page."""
    return ((get_language() or "").startswith("en") and row.name_en) or row.name


def shown_grid(code: str) -> str:
    """The names of the grid of this code, as a field shows it; the code itself where there is none."""
    slot = grid_of(code)
    return place_of(slot.path) if slot is not None else code


def shown_unit(said: str) -> str:
    """The name of the unit of this key, as a field shows it; empty where it is none."""
    if not (said.isascii() and said.isdigit() and len(said) < 19):
        return ""
    slot = tree.unit(int(said))
    return slot.name if slot else Unit.objects.filter(pk=int(said)).values_list("name", flat=True).first() or ""
