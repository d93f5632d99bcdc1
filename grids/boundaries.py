"""Outlines from GeoJSON (RFC 7946): what cannot be an outline of a grid is refused with the reason, what only
crosses itself is repaired."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import shapely
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from .models import Grid

CHINA = (73.0, 3.0, 136.0, 54.0)
"""West, south, east, north: only used to see that longitude and latitude were swapped."""


class BadFile(ValueError):
    """The file as a whole cannot be read; the message says what would be right."""


class BadOutline(ValueError):
    """A feature has no outline of a grid; the message is the reason."""


@dataclass(slots=True)
class BoundariesLoaded:
    """How many grids got an outline, had it already, or had it repaired first; refused are (number of the
    feature from 1, code, reason)."""

    updated: int = 0
    unchanged: int = 0
    repaired: int = 0
    refused: list[tuple[int, str, str]] = field(default_factory=list)


def read_features(path: Path) -> list[Any]:
    """The features of a GeoJSON file. Raises BadFile where it is none, or not in WGS-84."""
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise BadFile(_("%(path)s: cannot be read: %(error)s") % {"path": path, "error": error.strerror}) from error
    except UnicodeDecodeError as error:
        raise BadFile(_("%(path)s: is not UTF-8, as GeoJSON must be") % {"path": path}) from error
    except ValueError as error:
        raise BadFile(_("%(path)s: is not JSON: %(error)s") % {"path": path, "error": error}) from error
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or document.get("type") != "FeatureCollection":
        raise BadFile(_("%(path)s: a GeoJSON FeatureCollection with properties.code would be right") % {"path": path})
    crs = json.dumps(document.get("crs") or "CRS84")
    if not any(name in crs for name in ("CRS84", "4326")):
        raise BadFile(
            _("%(path)s: has another reference system than WGS-84: %(crs)s") % {"path": path, "crs": crs[:80]}
        )
    return features


@transaction.atomic
def load_boundaries(
    features: Iterable[Any],
    *,
    dry_run: bool = False,
    progress: Callable[[Iterable[Any]], Iterable[Any]] = lambda items: items,
) -> BoundariesLoaded:
    """Give grids their outlines and centroids (a point that certainly lies inside), found by
    `properties.code`.

    Features that do not fit are in the answer's `refused`; all others go in. `dry_run` changes nothing.
    """
    done = BoundariesLoaded()
    features = list(features)
    grids = {grid.code: grid for grid in Grid.objects.filter(code__in=[code for code in map(_code, features) if code])}
    seen: set[str] = set()
    changed: list[Grid] = []
    for number, feature in enumerate(progress(features), start=1):
        code = _code(feature)
        try:
            grid = _grid(code, grids, seen)
            outline, repaired = read_outline(feature.get("geometry"))
        except BadOutline as error:
            done.refused.append((number, code, str(error)))
            continue
        seen.add(code)
        done.repaired += repaired
        if _set(grid, outline):
            changed.append(grid)
        else:
            done.unchanged += 1
    done.updated = len(changed)
    if not dry_run:
        Grid.objects.bulk_update(changed, ["boundary", "lon", "lat"], batch_size=200)
    return done


def _code(feature: Any) -> str:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    code = properties.get("code") if isinstance(properties, dict) else None
    return str(code).strip() if isinstance(code, str | int) else ""


def _grid(code: str, grids: dict[str, Grid], seen: set[str]) -> Grid:
    if not code:
        raise BadOutline(_("properties.code is missing: the grid's code as in the divisions, 131022000000"))
    if code not in grids:
        hint = code.ljust(12, "0") if code.isdigit() and len(code) in (4, 6, 9) else ""
        unknown = _("no grid has the code %(code)s") % {"code": code}
        raise BadOutline(unknown + (_(": is it %(hint)s?") % {"hint": hint} if hint else ""))
    if grids[code].dissolved_at is not None:
        raise BadOutline(_("grid %(code)s was dissolved") % {"code": code})
    if code in seen:
        raise BadOutline(_("code %(code)s is there twice") % {"code": code})
    return grids[code]


def _set(grid: Grid, outline: BaseGeometry) -> bool:
    """Whether the grid differs from what it now is."""
    boundary = json.loads(json.dumps(mapping(outline)))
    if grid.boundary == boundary:
        return False
    centre = outline.representative_point()
    grid.boundary, grid.lon, grid.lat = boundary, centre.x, centre.y
    return True


def read_outline(geometry: Any) -> tuple[BaseGeometry, bool]:
    """A polygon or multipolygon in WGS-84 degrees, valid, and whether it had to be repaired.

    Raises BadOutline with the reason.
    """
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise BadOutline(_("geometry is %(kind)s: a Polygon or MultiPolygon would be right") % {"kind": kind})
    coordinates = geometry.get("coordinates")
    try:
        for ring in coordinates if kind == "Polygon" else (ring for part in coordinates for ring in part):
            _check_ring(ring)
    except TypeError as error:
        raise BadOutline(_("coordinates are not nested as a %(kind)s has them") % {"kind": kind}) from error
    try:
        outline = shapely.force_2d(shape({"type": kind, "coordinates": coordinates}))
    except (ValueError, IndexError, TypeError, shapely.errors.ShapelyError) as error:
        raise BadOutline(_("is not a %(kind)s: %(error)s") % {"kind": kind, "error": error}) from error
    repaired = not outline.is_valid
    if repaired:
        outline = _polygons(shapely.make_valid(outline))
    if outline.is_empty or outline.area == 0:
        raise BadOutline(_("encloses nothing"))
    return outline, repaired


def checked_boundary(boundary: dict[str, Any] | None) -> dict[str, Any] | None:
    """An outline as somebody entered it, repaired where it had to be.

    Raises ValidationError naming `boundary`.
    """
    if boundary is None:
        return None
    try:
        outline, repaired = read_outline(boundary)
    except BadOutline as error:
        raise ValidationError({"boundary": str(error)}) from error
    return mapping(outline) if repaired else boundary


def _check_ring(ring: Any) -> None:
    points = list(_points(ring))
    for lon, lat in points:
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            if _in_china(lat, lon):
                raise BadOutline(_("longitude and latitude look swapped: GeoJSON has the longitude first"))
            raise BadOutline(
                _("(%(lon)s, %(lat)s) is not in WGS-84 degrees: is it a projected system?") % {"lon": lon, "lat": lat}
            )
    if len(points) < 4 or points[0] != points[-1]:
        raise BadOutline(_("a ring is not closed: four points or more are right, and the last equals the first"))
    if all(_in_china(lat, lon) and not _in_china(lon, lat) for lon, lat in points):
        raise BadOutline(_("longitude and latitude look swapped: GeoJSON has the longitude first"))


def _points(ring: Any) -> Iterator[tuple[float, float]]:
    for point in ring:
        if isinstance(point, str) or len(point) < 2:
            raise TypeError("a point is two numbers")
        lon, lat = point[0], point[1]
        if not all(isinstance(value, int | float) and math.isfinite(value) for value in (lon, lat)):
            raise TypeError("a point is two numbers")
        yield lon, lat


def _in_china(lon: float, lat: float) -> bool:
    west, south, east, north = CHINA
    return west <= lon <= east and south <= lat <= north


def _polygons(repaired: BaseGeometry) -> BaseGeometry:
    """What of a repaired shape encloses something: lines and points that fell off are left out."""
    parts = [part for part in shapely.get_parts(repaired) if part.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts)
