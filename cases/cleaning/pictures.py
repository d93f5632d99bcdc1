"""Photos drawn anew: what is kept is pixels, so that nothing else of the file, known to us or not, comes through."""

from __future__ import annotations

import io
import struct
import threading
from typing import Any

from django.utils.translation import gettext as _
from PIL import Image

from cases.errors import BadInput

from .clean import Clean
from .positions import position_in

MOST_PIXELS = 50_000_000
"""What a phone's best camera makes; a small file that unfolds to more is refused before it is unfolded."""
MOST_SIDE = 16_383
"""The longest side that all three formats can hold."""
THUMBNAIL = (480, 480)

KINDS = {"JPEG": ("image/jpeg", "jpg"), "PNG": ("image/png", "png"), "WEBP": ("image/webp", "webp")}
SAVING: dict[str, dict[str, Any]] = {"JPEG": {"quality": 90}, "PNG": {"optimize": False}, "WEBP": {"quality": 90}}
STACKED = "MPO"
"""A JPEG with more behind it, as phones write for depth or brightness; its first picture is the photo."""
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""By EXIF's orientation, how the picture must be turned."""
ORIENTATION = 0x0112
BROKEN = (OSError, SyntaxError, ValueError, EOFError, MemoryError, KeyError, TypeError, IndexError, struct.error)
"""What Pillow raises for a broken picture or EXIF, by format and place of the damage."""

_one_at_a_time = threading.BoundedSemaphore(1)
"""A large photo takes a few hundred megabytes while it is drawn: one of them at a time in a process."""


def redrawn(content: bytes) -> Clean:
    """The picture as it is kept, in its own format. Raises BadInput naming `file`."""
    try:
        with _one_at_a_time:
            return _draw(content)
    except Image.DecompressionBombError:
        raise BadInput(file=_("at most 50 megapixels")) from None
    except BROKEN:
        raise BadInput(file=_("must be a picture (JPEG, PNG, WebP) or a PDF")) from None


def _draw(content: bytes) -> Clean:
    with Image.open(io.BytesIO(content), formats=(*KINDS, STACKED)) as picture:
        kind = "JPEG" if picture.format == STACKED else str(picture.format)
        _check(picture)
        orientation, position = _said_in_exif(picture)
        drawn = _plain(picture, kind)
    if (turn := UPRIGHT.get(orientation)) is not None:
        drawn = drawn.transpose(turn)
    width, height = drawn.size
    content_type, suffix = KINDS[kind]
    return Clean(_saved(drawn, kind, **SAVING[kind]), content_type, suffix, width, height, _small(drawn), position)


def _check(picture: Image.Image) -> None:
    if picture.width * picture.height > MOST_PIXELS or max(picture.size) > MOST_SIDE:
        raise Image.DecompressionBombError
    if picture.format != STACKED and getattr(picture, "n_frames", 1) > 1:
        raise BadInput(file=_("moving pictures are not taken: send a photo"))


def _said_in_exif(picture: Image.Image) -> tuple[int, tuple[float, float] | None]:
    """Orientation and position. A photo whose EXIF is damaged is a photo all the same."""
    try:
        exif = picture.getexif()
        return int(exif.get(ORIENTATION, 1)), position_in(exif)
    except (*BROKEN, ArithmeticError, AttributeError):
        return 1, None


def _plain(picture: Image.Image, kind: str) -> Image.Image:
    """The pixels, without anything that stands beside them, in a mode that the format holds."""
    picture.load()
    if "transparency" in picture.info:
        plain = picture.convert("RGBA")
    elif kind == "JPEG" and picture.mode not in ("L", "RGB"):
        plain = picture.convert("RGB")
    else:
        plain = picture.copy()
    plain.info = {}
    return plain


def _small(drawn: Image.Image) -> bytes:
    """The small copy, on white where the picture is transparent. Made of the picture itself, which is not needed any
    more."""
    if drawn.mode.startswith("I"):  # sixteen bits a pixel: the upper eight are what a screen shows
        drawn = drawn.point(lambda value: value / 256).convert("L")
    elif drawn.mode not in ("L", "RGB", "RGBA"):
        drawn = drawn.convert("RGBA" if "A" in drawn.mode else "RGB")
    drawn.thumbnail(THUMBNAIL, reducing_gap=2.0)
    if drawn.mode == "RGBA":
        drawn = Image.alpha_composite(Image.new("RGBA", drawn.size, "white"), drawn).convert("RGB")
    return _saved(drawn, "JPEG", quality=80)


def _saved(drawn: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    drawn.save(out, kind, exif=b"", **options)
    return out.getvalue()
