"""Where a photo was taken, as its camera says: read before the picture is drawn anew without it."""

from __future__ import annotations

from typing import Any

from PIL import Image

GPS = 0x8825
LAT_REF, LAT, LON_REF, LON = 1, 2, 3, 4


def position_in(exif: Image.Exif) -> tuple[float, float] | None:
    """Degrees east and north, to about a decimetre; None where EXIF says nothing, or nothing that can be.

    Taken as WGS-84, which is what EXIF is to be in. Raises what damaged EXIF raises: ValueError, TypeError,
    ArithmeticError, KeyError.
    """
    said = exif.get_ifd(GPS)
    if LAT not in said or LON not in said:
        return None
    lon, lat = _degrees(said[LON], said.get(LON_REF), "W"), _degrees(said[LAT], said.get(LAT_REF), "S")
    # A camera that has no fix yet writes zeros. The comparisons also refuse what is no number
    if not (-180 <= lon <= 180 and -90 <= lat <= 90) or (lon, lat) == (0, 0):
        return None
    return lon, lat


def _degrees(parts: Any, side: Any, negative: str) -> float:
    """Degrees, minutes, seconds as one number."""
    degrees, minutes, seconds = (float(part) for part in parts)
    value = round(degrees + minutes / 60 + seconds / 3600, 6)
    named = side.decode("ascii", "replace") if isinstance(side, bytes) else str(side or "")
    return -value if named.strip("\0 ").upper() == negative else value
