"""From a place to its grid, in process: an index over all outlines, rebuilt when any process changed a
grid."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry import shape

from .models import Grid, IntakePoint
from .snapshots import Snapshot
from .territory import Standing
from .tree import RANKS

NEAR_M = 50.0
"""A place outside all outlines belongs to the nearest one within so many metres on the ground."""

EARTH_RADIUS_M = 6_371_008.8
NOWHERE = 0
"""Stands for "no grid" in arrays of grid ids."""


@dataclass(frozen=True, slots=True)
class Located:
    """The grid that a place lies in (`point`), or the one beside it (`nearest`)."""

    grid_id: int
    found_by: Literal["point", "nearest"]
    distance_m: float


@dataclass(frozen=True, slots=True)
class Found:
    """The grid of a matter, and which way it was found."""

    grid_id: int
    found_by: Literal["point", "nearest", "intake_point", "post"]


class Outlines:
    """The outlines of standing grids, ordered so that the first one that contains a place is its grid:
    deeper levels before higher, then by code. So a place on a border always belongs to the same one."""

    def __init__(self, rows: Iterable[tuple[int, str, str, dict[str, Any]]]) -> None:
        ordered = sorted(rows, key=lambda row: (-RANKS[row[2]], row[1]))
        self.ids = np.array([row[0] for row in ordered], dtype=np.int64)
        self.geometries = np.array([shape(row[3]) for row in ordered], dtype=object)
        shapely.prepare(self.geometries)
        self.index = shapely.STRtree(self.geometries)

    def containing(self, lons: NDArray[np.float64], lats: NDArray[np.float64]) -> NDArray[np.int64]:
        """For each place the position of the first outline that contains it, borders included; -1 where
        none does."""
        places, outlines = self.index.query(shapely.points(lons, lats))
        inside = shapely.intersects_xy(self.geometries[outlines], lons[places], lats[places])
        first = np.full(len(lons), len(self.ids), dtype=np.int64)
        np.minimum.at(first, places[inside], outlines[inside])
        first[first == len(self.ids)] = -1
        return first

    def nearest(self, lons: NDArray[np.float64], lats: NDArray[np.float64]) -> dict[int, tuple[int, float]]:
        """For those of the places that have an outline within NEAR_M: its position and the distance in
        metres.

        Outlines that differ by less than a metre are as near, and the first of them wins: a village and
        its cell share their outer border.
        """
        north = math.degrees(NEAR_M / EARTH_RADIUS_M)
        east = north / np.maximum(np.cos(np.radians(lats)), 1e-6)
        around = shapely.box(lons - east, lats - north, lons + east, lats + north)
        best: dict[int, tuple[int, int, float]] = {}
        for place, outline in zip(*self.index.query(around), strict=True):
            distance = _distance_m(self.geometries[outline], lons[place], lats[place])
            candidate = (round(distance), int(outline), distance)
            if distance <= NEAR_M and candidate < best.get(int(place), (math.inf,)):
                best[int(place)] = candidate
        return {place: (outline, distance) for place, (_, outline, distance) in best.items()}


def _distance_m(outline: shapely.Geometry, lon: float, lat: float) -> float:
    """Metres on the ground: within a few hundred metres the sphere is flat enough once degrees are scaled
    there."""
    metre = math.radians(1) * EARTH_RADIUS_M
    scale = np.array([metre * math.cos(math.radians(lat)), metre])
    flat = shapely.transform(outline, lambda degrees: (degrees - (lon, lat)) * scale)
    return float(shapely.distance(flat, shapely.Point(0, 0)))


def _build() -> Outlines:
    rows = Grid.objects.standing().filter(boundary__isnull=False).order_by()
    return Outlines(rows.values_list("id", "code", "level", "boundary").iterator(chunk_size=2000))


_outlines = Snapshot(("grids",), _build)


def locate(lon: float, lat: float) -> Located | None:
    """The deepest standing grid that contains a WGS-84 place (degrees), else the nearest within 50 m, else
    None."""
    outlines = _outlines.get()
    lons, lats = np.array([lon], dtype=np.float64), np.array([lat], dtype=np.float64)
    inside = outlines.containing(lons, lats)[0]
    if inside >= 0:
        return Located(int(outlines.ids[inside]), "point", 0.0)
    near = outlines.nearest(lons, lats).get(0)
    return None if near is None else Located(int(outlines.ids[near[0]]), "nearest", near[1])


def locate_many(lons: ArrayLike, lats: ArrayLike) -> NDArray[np.int64]:
    """As `locate`, for many places at once: the grid's id for each, `NOWHERE` (0) where there is none."""
    outlines = _outlines.get()
    east, north = np.asarray(lons, dtype=np.float64), np.asarray(lats, dtype=np.float64)
    positions = outlines.containing(east, north)
    missed = np.flatnonzero(positions < 0)
    if len(missed):
        for place, (outline, _) in outlines.nearest(east[missed], north[missed]).items():
            positions[missed[place]] = outline
    ids = np.full(len(east), NOWHERE, dtype=np.int64)
    found = positions >= 0
    ids[found] = outlines.ids[positions[found]]
    return ids


def find_grid(
    point: tuple[float, float] | None,
    intake_point: IntakePoint | None = None,
    standings: Iterable[Standing] = (),
) -> Found | None:
    """The grid of a matter: by its place, else that of the intake point, else that of the reporter's post.

    `point` is (longitude, latitude) in WGS-84; of several posts the narrowest counts. None where nothing
    is known.
    """
    if point is not None and (located := locate(*point)) is not None:
        return Found(located.grid_id, located.found_by)
    if intake_point is not None:
        return Found(intake_point.grid_id, "intake_point")
    narrowest = min(standings, key=lambda standing: (-len(standing.path), standing.post_id), default=None)
    return None if narrowest is None else Found(narrowest.grid_id, "post")
