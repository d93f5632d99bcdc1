"""The standing territory and its active units in memory, a city at a time: who asks for a grid's name, its
ancestors or the next authority upward asks here, and not the database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from sys import intern
from typing import Generic, TypeVar

from .choices import Level, UnitKind
from .models import Grid, Unit
from .snapshots import Snapshot

STEP: int = Grid.steplen
RANKS: dict[str, int] = {level.value: level.rank for level in Level}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class GridSlot:
    """What is asked of a grid all the time. `parent_id` is None for a city."""

    id: int
    path: str
    code: str
    name: str
    level: str
    kind: str
    parent_id: int | None
    standing: bool


@dataclass(frozen=True, slots=True)
class UnitSlot:
    """An active unit; `path` and `level` are those of its grid."""

    id: int
    grid_id: int
    kind: str
    name: str
    path: str
    level: str


@dataclass(frozen=True, slots=True)
class _CityGrids:
    by_id: dict[int, GridSlot]
    by_path: dict[str, GridSlot]
    id_of_code: dict[str, int]


@dataclass(frozen=True, slots=True)
class _CityUnits:
    at_path: dict[str, tuple[UnitSlot, ...]]
    by_id: dict[int, UnitSlot]
    retired: dict[int, str]


class _PerCity(Generic[T]):
    """One snapshot for each city that was asked for, by the first step of its tree path."""

    def __init__(self, families: tuple[str, ...], build: Callable[[str], T]) -> None:
        self._families = families
        self._build = build
        self._cities: dict[str, Snapshot[T]] = {}
        self._lock = threading.Lock()

    def get(self, path: str) -> T:
        city = path[:STEP]
        snapshot = self._cities.get(city)
        if snapshot is None:
            with self._lock:
                snapshot = self._cities.setdefault(city, Snapshot(self._families, lambda: self._build(city)))
        return snapshot.get()

    def loaded(self) -> Iterator[T]:
        for city in list(self._cities):
            yield self.get(city)


def _build_grids(city: str) -> _CityGrids:
    by_id: dict[int, GridSlot] = {}
    by_path: dict[str, GridSlot] = {}
    id_of_code: dict[str, int] = {}
    rows = Grid.objects.below(city).order_by("path")
    columns = ("id", "path", "code", "name", "level", "kind", "dissolved_at")
    for pk, path, code, name, level, kind, dissolved_at in rows.values_list(*columns).iterator(chunk_size=5000):
        parent = by_path.get(path[:-STEP])
        slot = GridSlot(
            pk, path, code, name, intern(level), intern(kind), parent.id if parent else None, dissolved_at is None
        )
        by_id[pk] = by_path[path] = slot
        id_of_code[code] = pk
    return _CityGrids(by_id, by_path, id_of_code)


def _build_units(city: str) -> _CityUnits:
    at_path: dict[str, list[UnitSlot]] = {}
    retired: dict[int, str] = {}
    rows = Unit.objects.filter(grid__path__startswith=city).order_by("id")
    columns = ("id", "grid_id", "kind", "name", "grid__path", "grid__level", "active", "grid__dissolved_at")
    for pk, grid_id, kind, name, path, level, active, dissolved_at in rows.values_list(*columns):
        if active and dissolved_at is None:
            slot = UnitSlot(pk, grid_id, intern(kind), name, path, intern(level))
            at_path.setdefault(path, []).append(slot)
        else:
            retired[pk] = name
    by_id = {slot.id: slot for slots in at_path.values() for slot in slots}
    return _CityUnits({path: tuple(slots) for path, slots in at_path.items()}, by_id, retired)


_grids = _PerCity(("grids",), _build_grids)
_units = _PerCity(("grids", "units"), _build_units)


def _standing(slot: GridSlot | None) -> GridSlot | None:
    return slot if slot is not None and slot.standing else None


def _any_by_id(grid_id: int) -> GridSlot | None:
    for city in _grids.loaded():
        if (slot := city.by_id.get(grid_id)) is not None:
            return slot
    path = Grid.objects.filter(pk=grid_id).values_list("path", flat=True).first()
    return _grids.get(path).by_id.get(grid_id) if path else None


def by_id(grid_id: int) -> GridSlot | None:
    """The standing grid of this id."""
    return _standing(_any_by_id(grid_id))


def by_code(code: str) -> GridSlot | None:
    """The standing grid of this code, at any level."""
    for city in _grids.loaded():
        if (grid_id := city.id_of_code.get(code)) is not None:
            return _standing(city.by_id[grid_id])
    path = Grid.objects.filter(code=code).values_list("path", flat=True).first()
    return by_path(path) if path else None


def by_path(path: str) -> GridSlot | None:
    """The standing grid at this tree path."""
    return _standing(_grids.get(path).by_path.get(path))


def ancestors(grid_id: int) -> tuple[GridSlot, ...]:
    """The grids above this one, from the city down to its parent; of a dissolved grid, those it lay in.

    Raises LookupError where there is no such grid.
    """
    slot = _known(grid_id)
    grids = _grids.get(slot.path).by_path
    return tuple(grids[slot.path[:end]] for end in range(STEP, len(slot.path), STEP))


def name_path(grid_id: int) -> str:
    """All names from the city down to this grid: 廊坊市 / 固安县 / 固安镇.

    Raises LookupError where there is no such grid.
    """
    return " / ".join([*(slot.name for slot in ancestors(grid_id)), _known(grid_id).name])


def city_of(grid_id: int) -> GridSlot:
    """The city that this grid lies in, or is. Raises LookupError where there is no such grid."""
    slot = _known(grid_id)
    return _grids.get(slot.path).by_path[slot.path[:STEP]]


def _known(grid_id: int) -> GridSlot:
    slot = _any_by_id(grid_id)
    if slot is None:
        raise LookupError(f"no grid has the id {grid_id}")
    return slot


def units_of(grid_id: int) -> tuple[UnitSlot, ...]:
    """The active units of this very grid, oldest first."""
    slot = _any_by_id(grid_id)
    return _units.get(slot.path).at_path.get(slot.path, ()) if slot else ()


def unit(unit_id: int) -> UnitSlot | None:
    """The active unit of this id."""
    for city in _units.loaded():
        if (slot := city.by_id.get(unit_id)) is not None:
            return slot
    path = Unit.objects.filter(pk=unit_id).values_list("grid__path", flat=True).first()
    return _units.get(path).by_id.get(unit_id) if path else None


def unit_name(unit_id: int, path: str) -> str:
    """The name of a unit, active or not, of the city that this tree path lies in; empty where it has no such unit."""
    units = _units.get(path)
    slot = units.by_id.get(unit_id)
    return slot.name if slot else units.retired.get(unit_id, "")


def way_to(path: str) -> tuple[GridSlot, ...]:
    """The grids from the city down to the one at this tree path, standing or dissolved; empty where there is none."""
    grids = _grids.get(path).by_path
    if path not in grids:
        return ()
    return tuple(grids[path[:end]] for end in range(STEP, len(path) + 1, STEP))


def _upward(path: str, level: str | None) -> Iterator[UnitSlot]:
    """Active units of the grid at this path and of those above it, the nearest first; where a level is
    named, only from that level upward."""
    at_path = _units.get(path).at_path
    for end in range(len(path), 0, -STEP):
        for unit in at_path.get(path[:end], ()):
            if level is None or RANKS[unit.level] <= RANKS[level]:
                yield unit


def authority_upward(path: str, from_level: str | None = None) -> UnitSlot | None:
    """The authority of the grid at this path or of the nearest above it that has one.

    `from_level` leaves out the grids below that level: with "town", a village's own authority is passed over.
    """
    return next((unit for unit in _upward(path, from_level) if unit.kind == UnitKind.AUTHORITY), None)


def authority_above(path: str) -> UnitSlot | None:
    """The authority of the nearest grid strictly above this path: the level that a case climbs to."""
    return authority_upward(path[:-STEP]) if len(path) > STEP else None


def nearest_of_kind(path: str, kind: str, level: str | None = None) -> UnitSlot | None:
    """The unit of a kind that is nearest upward from the grid at this path; the oldest, where a grid has
    two.

    `level` leaves out the grids below it, so that with "county" the county's department is found, or the
    city's where the county has none.
    """
    return next((unit for unit in _upward(path, level) if unit.kind == kind), None)
