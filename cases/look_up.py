"""What somebody types becomes a unit, a place or an earlier matter like it: found by parts of names, in simplified or
traditional characters, also as people shorten them (城管局 finds 城市管理局)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case as Choice
from django.db.models import F, QuerySet, Value, When
from django.db.models.functions import StrIndex
from django.utils import timezone

from grids import tree
from grids.choices import Level
from grids.models import Grid, Unit
from grids.territory import Territory, territory_of

from .errors import BadInput
from .models import Case
from .querysets import Folded
from .words import folded

MOST_FOUND = 10
"""So many are offered; whoever means another one types on."""
MOST_LOOKED_AT = 200
LONGEST = 60
ALIKE_DAYS = 14
"""So long after it was reported a matter is still the same one that is reported again."""
LEAST_ALIKE = 0.34
"""Of the pairs of characters that are typed, so many must stand in a matter that is like it."""


@dataclass(frozen=True, slots=True)
class Place:
    """A grid, or an address in it where a case was before. `lon` and `lat` are degrees in WGS-84, of the address."""

    code: str
    name: str
    address: str = ""
    lon: float | None = None
    lat: float | None = None


def _terms(said: str) -> list[str]:
    return folded(said.replace("\0", " ")[:LONGEST]).split()


def _named(rows: QuerySet[Any], term: str) -> QuerySet[Any]:
    """Rows whose name has the characters of the term in their order: first those that have them side by side."""
    pattern = ".*".join(re.escape(character) for character in term)
    together = Choice(When(at__gt=0, then=Value(0)), default=Value(1))
    return (
        rows.annotate(plain=Folded(F("name")), at=StrIndex("plain", Value(term)))
        .filter(plain__regex=pattern)
        .annotate(apart=together)
    )


def find_units(user: Any, said: str) -> list[tuple[int, str]]:
    """Active units within the user's reach whose name fits what is typed, the nearest to the city first."""
    terms = _terms(said)
    if not terms:
        return []
    seen = Unit.objects.visible_to(user).filter(active=True, grid__dissolved_at__isnull=True)
    rows = _named(seen, "".join(terms)).order_by("apart", "grid__depth", "grid__path", "pk")
    return list(rows.values_list("pk", "name")[:MOST_FOUND])


def find_places(user: Any, said: str) -> list[Place]:
    """Grids of the user's cities by name, the widest first, each further word a name above it; then addresses at which
    cases that the user sees lay before. Names of grids are no secret; addresses of who asked for secrecy are."""
    terms = _terms(said)
    if not terms:
        return []
    return [*_grids(territory_of(user), terms), *_addresses(user, said, terms)][:MOST_FOUND]


def _grids(territory: Territory, terms: list[str]) -> list[Place]:
    rows = Grid.objects.standing()
    if not territory.everything:
        cities = {standing.path[: tree.STEP] for standing in territory.standings}
        rows = rows.filter(path__regex=f"^({'|'.join(sorted(cities))})") if cities else rows.none()
    found = _named(rows, terms[-1]).order_by("apart", "depth", "path").values_list("code", "path")[:MOST_LOOKED_AT]
    places = [(code, " / ".join(slot.name for slot in tree.way_to(path)), path) for code, path in found]
    return [Place(code, name) for code, name, _path in places if _has_all(folded(name), terms[:-1])]


def _has_all(text: str, terms: Iterable[str]) -> bool:
    return all(term in text for term in terms)


def _addresses(user: Any, said: str, terms: list[str]) -> list[Place]:
    try:
        rows = Case.objects.visible_to(user).search(said, user)
    except BadInput:  # too little to look for in cases; names of grids were looked through
        return []
    rows = rows.filter(secret=False).exclude(address="").order_by("-pk")
    found: dict[tuple[str, str], Place] = {}
    columns = ("address", "grid__code", "grid_path", "lon", "lat")
    for address, code, path, lon, lat in rows.values_list(*columns)[:MOST_LOOKED_AT]:
        name = " / ".join(slot.name for slot in tree.way_to(path))
        if _has_all(folded(f"{name}{address}"), terms):
            found.setdefault((address, code), Place(code, name, address, lon, lat))
    return list(found.values())


def alike(
    user: Any, text: str, grid_path: str, category_id: int | None = None, at: datetime | None = None
) -> list[Case]:
    """Visible matters of the last days in the same village that what is typed may repeat, the likest first: of the same
    kind, or with enough of its words. `grid_path` is where it lies; `at` None means now."""
    words = pairs_of(text)
    since = (at or timezone.now()) - timedelta(days=ALIKE_DAYS)
    rows = Case.objects.visible_to(user).filter(grid_path__startswith=_village_of(grid_path), submitted_at__gte=since)
    rows = rows.exclude(status__in=("rejected", "withdrawn", "merged")).order_by("-submitted_at", "-pk")
    scored = []
    for case in rows.defer("reply", "reporter_sealed", "last_hash")[:MOST_LOOKED_AT]:
        same_kind = category_id is not None and case.category_id == category_id
        share = len(words & pairs_of(f"{case.title} {case.text} {case.address}")) / len(words) if words else 0.0
        if same_kind or share >= LEAST_ALIKE:
            scored.append((share + same_kind, case.pk, case))
    return [case for _score, _pk, case in sorted(scored, key=lambda one: one[:2], reverse=True)[:MOST_FOUND]]


def _village_of(grid_path: str) -> str:
    """The tree path of the village that a grid lies in; its own where it is one or lies above."""
    way = tree.way_to(grid_path)
    return next((slot.path for slot in way if slot.level == Level.VILLAGE), grid_path)


def pairs_of(text: str) -> set[str]:
    """The pairs of neighbouring characters of a text, as searches compare it: what two texts have in common."""
    runs = re.findall(r"\w+", folded(text))
    return {run[n : n + 2] for run in runs for n in range(max(1, len(run) - 1))}
