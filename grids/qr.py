"""The QR code on the wall of an intake point: it opens the resident's form at that place."""

from __future__ import annotations

import io

import segno
from django.conf import settings

from .models import IntakePoint

MODULE = 10
"""Pixels to one square of the code, about 8 cm wide in print at 150 dpi."""


def form_url(point: IntakePoint) -> str:
    """The address of the resident's form at this intake point."""
    return f"{settings.SITE_URL.rstrip('/')}/s/{point.token}"


def qr_svg(point: IntakePoint, *, scale: int = MODULE) -> bytes:
    """The code as an SVG document in UTF-8; `scale` is user units to one square."""
    return _drawn(point, "svg", scale)


def qr_png(point: IntakePoint, *, scale: int = MODULE) -> bytes:
    """The code as a PNG image; `scale` is pixels to one square."""
    return _drawn(point, "png", scale)


def _drawn(point: IntakePoint, kind: str, scale: int) -> bytes:
    # Level Q still reads with a quarter of it scratched or stuck over, which happens on a wall
    code = segno.make(form_url(point), error="q", micro=False, boost_error=True)
    drawn = io.BytesIO()
    code.save(drawn, kind=kind, scale=scale, border=4)
    return drawn.getvalue()
