"""Coordinates as phones and map sites give them, brought to WGS-84 and back: in China, maps shift every place
by some hundred metres (GCJ-02), and Baidu shifts it once more (BD-09)."""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple, get_args

import geocoordinates_ffi as datums  # type: ignore[import-untyped]
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

Source = Literal["wgs84", "gcj02", "bd09"]


class Place(NamedTuple):
    """Degrees east and north."""

    lon: float
    lat: float


def to_wgs84(lon: float, lat: float, source: str) -> Place:
    """The place in WGS-84. `source` is the datum the two numbers (degrees) came in: wgs84, gcj02 or bd09.

    The inverse of GCJ-02 is found by iteration, to within half a metre. Outside China's bounding box
    (72.004-137.8347 E, 0.8293-55.8271 N, as map sites draw it) GCJ-02 shifts nothing; Baidu's own shift stays.
    Raises ValidationError naming `lon`, `lat` or `source`.
    """
    _check(lon, lat, source)
    if source == "gcj02":
        found = datums.gcj02_to_wgs84_refined(datums.Gcj02(lat=lat, lon=lon))
        return Place(found.lon, found.lat)
    if source == "bd09":
        found = datums.bd09_to_wgs84_refined(datums.Bd09(lat=lat, lon=lon))
        return Place(found.lon, found.lat)
    return Place(lon, lat)


def from_wgs84(lon: float, lat: float, target: str) -> Place:
    """A WGS-84 place in the datum of a map site: wgs84, gcj02 (Amap, Tencent) or bd09 (Baidu).

    Raises ValidationError naming `lon`, `lat` or `source`.
    """
    _check(lon, lat, target)
    if target == "wgs84":
        return Place(lon, lat)
    convert = {"gcj02": datums.wgs84_to_gcj02, "bd09": datums.wgs84_to_bd09}[target]
    shifted = convert(datums.Wgs84(lat=lat, lon=lon))
    return Place(shifted.lon, shifted.lat)


def _check(lon: float, lat: float, source: str) -> None:
    errors: dict[str, Any] = {}
    if source not in get_args(Source):
        errors["source"] = _("must be one of %(sources)s") % {"sources": ", ".join(get_args(Source))}
    if not (math.isfinite(lon) and -180 <= lon <= 180):
        errors["lon"] = _("must be degrees east, from -180 to 180")
    if not (math.isfinite(lat) and -90 <= lat <= 90):
        errors["lat"] = (
            _("must be degrees north, from -90 to 90: are longitude and latitude swapped?")
            if math.isfinite(lat) and abs(lat) <= 180 and math.isfinite(lon) and abs(lon) <= 90
            else _("must be degrees north, from -90 to 90")
        )
    if errors:
        raise ValidationError(errors)
