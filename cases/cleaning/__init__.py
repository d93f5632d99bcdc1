"""What is brought as a file is looked into rather than believed, and kept only as we have written it ourselves: without
what a camera, a word processor or an attacker put beside the picture or the pages. No database, no storage."""

from __future__ import annotations

from typing import IO

from django.utils.translation import gettext as _

from cases.errors import BadInput

from .clean import Clean
from .documents import rewritten
from .pictures import redrawn

__all__ = ["MOST_BYTES", "Clean", "cleaned"]

MOST_BYTES = 10 * 2**20
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


def cleaned(upload: IO[bytes]) -> Clean:
    """The upload as it may be kept: pictures drawn anew, upright, without EXIF; PDFs written anew, without metadata,
    scripts and embedded files. What it is, its bytes say, never its name or the type it came with.

    Raises BadInput naming `file`: empty, larger than 10 MB before or after, damaged, or of no kind that is taken.
    """
    content = upload.read(MOST_BYTES + 1)
    if not content:
        raise BadInput(file=_("the file is empty"))
    if len(content) > MOST_BYTES:
        raise BadInput(file=_("at most 10 MB"))
    if content[4:8] == b"ftyp" and content[8:12] in HEIF_BRANDS:
        raise BadInput(file=_("HEIC pictures are not taken: send it as JPEG (iPhone: Formats, Most Compatible)"))
    clean = rewritten(content) if content.startswith(b"%PDF-") else redrawn(content)
    if len(clean.content) > MOST_BYTES:
        raise BadInput(file=_("at most 10 MB"))
    return clean
