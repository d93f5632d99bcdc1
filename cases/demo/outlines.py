"""Made-up outlines: an area divided into so many parts of about the same size, always the same for the same seed.

Nobody publishes where towns and villages end, so the demo draws straight lines that nobody takes for real ones."""

from __future__ import annotations

import random
from typing import Any

import shapely
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

ROUNDS = 4
"""How often seeds move to the middle of their part: more rounds make the parts more alike."""
PRECISION = 1e-6
"""Degrees, about 0.1 m."""


def divide(area: BaseGeometry, parts: int, rng: random.Random) -> list[BaseGeometry]:
    """The area in so many parts: Voronoi cells (Lloyd-relaxed) of random points in it, clipped to it."""
    points = _points_in(area, parts, rng)
    cells = _cells(area, points)
    for _round in range(ROUNDS):
        points = [_middle(cell) for cell in cells]
        cells = _cells(area, points)
    return cells


def _cells(area: BaseGeometry, points: list[shapely.Point]) -> list[BaseGeometry]:
    if len(points) == 1:
        return [area]
    around = shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=area, ordered=True)
    return [_polygons(shapely.intersection(area, cell, grid_size=PRECISION)) for cell in around.geoms]


def _polygons(shape: BaseGeometry) -> BaseGeometry:
    """Clipping may leave a line where a border touches the area: only what encloses something counts."""
    return shapely.union_all([part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"])


def _middle(cell: BaseGeometry) -> shapely.Point:
    centre = cell.centroid
    return centre if cell.contains(centre) else cell.representative_point()


def point_in(area: BaseGeometry, rng: random.Random) -> tuple[float, float]:
    """A random place (longitude, latitude) in the area, rounded to about a metre."""
    point = _points_in(area, 1, rng)[0]
    return round(point.x, 5), round(point.y, 5)


def _points_in(area: BaseGeometry, count: int, rng: random.Random) -> list[shapely.Point]:
    west, south, east, north = area.bounds
    shapely.prepare(area)
    found: list[shapely.Point] = []
    while len(found) < count:
        point = shapely.Point(rng.uniform(west, east), rng.uniform(south, north))
        if area.contains(point):
            found.append(point)
    return found


def feature(code: str, outline: BaseGeometry) -> dict[str, Any]:
    """The outline as a GeoJSON feature of the grid with this code."""
    return {"type": "Feature", "properties": {"code": code}, "geometry": mapping(outline)}
