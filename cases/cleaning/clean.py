"""A file as it is kept, whatever it was made from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clean:
    """Content that we have written ourselves. Pictures have a size in pixels and a small copy (JPEG); `position` is
    where the camera said that it was, in degrees east and north (WGS-84)."""

    content: bytes
    content_type: str
    suffix: str
    width: int | None = None
    height: int | None = None
    thumbnail: bytes = b""
    position: tuple[float, float] | None = None
