"""The public bulletin: solved cases in the words that an official approved, with a search, and a map that knows
villages and no doors."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError
from shapely.geometry import shape

from cases.models import PublicEntry
from grids import tree
from grids.choices import Level
from grids.models import Grid
from grids.tree import GridSlot

from .language import with_language
from .places import collection, feature, grid_of
from .throttling import seconds_to_wait, too_many, wait_words

ROWS = 20
MOST_WORDS = 60
MOST_PLACES = 200
"""So many villages are on the map, those with most first."""
MAP_SECONDS = 60
"""How old the map of everything may be."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for: words, and the grid (None: everywhere)."""

    search: str
    place: GridSlot | None

    @classmethod
    def read(cls, request: HttpRequest) -> Asked:
        return cls(
            request.GET.get("search", "").replace("\0", "").strip()[:MOST_WORDS], grid_of(request.GET.get("place", ""))
        )

    @property
    def entries(self) -> QuerySet[PublicEntry]:
        """Shown entries that have all the words in them."""
        rows = PublicEntry.objects.shown()
        if self.place is not None:
            rows = rows.below(self.place.path)
        for word in self.search.split():
            rows = rows.filter(Q(title__icontains=word) | Q(reply__icontains=word))
        return rows

    def address(self, **more: str) -> str:
        """The same list, from another row on."""
        said = {"search": self.search, "place": self.place.code if self.place else "", **more}
        kept = {name: value for name, value in said.items() if value}
        return f"{reverse('solved')}?{urlencode(kept)}" if kept else reverse("solved")


@never_cache
@require_safe
@with_language
def solved(request: HttpRequest) -> HttpResponse:
    """A page of the bulletin, the newest first."""
    wait = seconds_to_wait(request, "public_place")
    if wait is not None:
        said: dict[str, Any] = {"problem": wait_words(wait, kept=False)}
        return too_many(render(request, "portal/solved.html", said, status=429), wait)
    asked, after = Asked.read(request), request.GET.get("after", "")
    rows = asked.entries.select_related("case__category").order_by("-published_at", "-pk")
    if after:
        cursor = _cursor(after)
        if cursor is None:
            return redirect(asked.address())
        at, pk = cursor
        rows = rows.filter(Q(published_at__lt=at) | Q(published_at=at, pk__lt=pk))
    found = list(rows[: ROWS + 1])
    last = found[ROWS - 1] if len(found) > ROWS else None
    said = {
        "asked": asked,
        "entries": [(entry, village_name(entry.case.grid_path)) for entry in found[:ROWS]],
        "next": asked.address(after=f"{last.published_at.isoformat()}_{last.pk}") if last else "",
        "map": f"{reverse('solved-map')}?{urlencode({'search': asked.search})}",
        "later": bool(after),
    }
    return render(request, "portal/solved.html", said | {"here": "solved"})


def _cursor(said: str) -> tuple[datetime, int] | None:
    moment, _line, pk = said.rpartition("_")
    try:
        at = parse_datetime(moment)
    except ValueError:
        return None
    if at is None or at.tzinfo is None or not (pk.isascii() and pk.isdigit() and len(pk) < 19):
        return None
    return at, int(pk)


def village_path(path: str) -> str:
    """The tree path of the village that a grid lies in, or of the grid itself where it is larger: what may be told."""
    way = tree.way_to(path)
    return next((slot.path for slot in way if slot.level == Level.VILLAGE), path)


def village_name(path: str) -> str:
    """County, town and village, without what lies below."""
    shown = village_path(path)
    return " / ".join([slot.name for slot in tree.way_to(path) if len(slot.path) <= len(shown)][-3:])


@never_cache
@require_safe
@with_language
def solved_map(request: HttpRequest) -> HttpResponse:
    """How many entries each village has, with its outline, as GeoJSON."""
    wait = seconds_to_wait(request, "public_place")
    if wait is not None:
        return too_many(JsonResponse({"detail": _("Too much was asked from your network.")}, status=429), wait)
    search = Asked.read(request).search
    return JsonResponse(_counted(search) if search else _kept_map())


def _kept_map() -> dict[str, Any]:
    try:
        kept: dict[str, Any] | None = cache.get("bulletin-map")
        if kept is None:
            kept = _counted("")
            cache.set("bulletin-map", kept, MAP_SECONDS)
    except RedisError:
        return collection([])  # counting for each visitor costs too much
    return kept


def _counted(search: str) -> dict[str, Any]:
    counts: Counter[str] = Counter()
    rows = Asked(search, None).entries.order_by().values_list("case__grid_path").annotate(Count("pk"))
    for path, number in rows:
        counts[village_path(path)] += number
    most = dict(counts.most_common(MOST_PLACES))
    outlines = Grid.objects.filter(path__in=most, boundary__isnull=False).order_by("path")
    features = []
    for path, code, name, outline in outlines.values_list("path", "code", "name", "boundary"):
        middle = shape(outline).representative_point()
        features.append(feature(code, name, outline, count=most[path], lon=middle.x, lat=middle.y))
    return collection(features)
