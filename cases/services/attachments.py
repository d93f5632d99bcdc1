"""Pictures and documents of a case: looked into rather than believed, cleaned of what a camera adds, and on disk only
where the database knows of them."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from cases.actors import Actor
from cases.choices import EventKind
from cases.errors import BadInput
from cases.models import Attachment, Case

from .change import changing

MOST_BYTES = 10 * 2**20
MOST_FILES = 9
MOST_PIXELS = 50_000_000
"""What a phone's best camera makes; a small file that unfolds to more is refused before it is unfolded."""

PICTURES = {"JPEG": ("image/jpeg", "jpg"), "PNG": ("image/png", "png"), "WEBP": ("image/webp", "webp")}
SAVING: dict[str, dict[str, Any]] = {"JPEG": {"quality": 90}, "PNG": {"optimize": False}, "WEBP": {"quality": 90}}


@dataclass(frozen=True, slots=True)
class Clean:
    """A file as it is kept."""

    content: bytes
    content_type: str
    suffix: str


def attach(
    case: Case | int,
    actor: Actor,
    upload: IO[bytes],
    *,
    at: datetime | None = None,
    version: int | None = None,
    saved: list[str] | None = None,
) -> Attachment:
    """Keeps a picture or PDF with the case, as a note in its history.

    `saved` is the list of a `files_go_with_rows` around this call, where a larger transaction decides.
    Raises BadInput naming `file` for what is no JPEG, PNG, WebP or PDF, is larger than 10 MB or 50 megapixels, or would
    be the case's tenth; and whatever `note` raises.
    """
    clean = cleaned(upload)
    with files_go_with_rows(saved) as names, changing(case, "note", actor, at=at, version=version) as change:
        if change.case.attachments.count() >= MOST_FILES:
            raise BadInput(file=_("a case has at most %d files") % MOST_FILES)
        attachment = Attachment(
            case=change.case,
            content_type=clean.content_type,
            size=len(clean.content),
            sha256=hashlib.sha256(clean.content).hexdigest(),
            uploaded_by=actor.user,
            at=change.at,
        )
        attachment.file.save(f"{uuid4().hex}.{clean.suffix}", ContentFile(clean.content), save=False)
        names.append(attachment.file.name or "")
        attachment.save()
        change.record(EventKind.NOTED, attachment=attachment.pk)
    return attachment


@contextmanager
def files_go_with_rows(names: list[str] | None = None) -> Iterator[list[str]]:
    """A transaction; the files whose names the body puts into the list are deleted where it is rolled back.

    With the list of an outer one, this one leaves the decision to it.
    """
    if names is not None:
        yield names
        return
    names = []
    try:
        with transaction.atomic():
            yield names
    except BaseException:
        for name in names:
            default_storage.delete(name)
        raise


def cleaned(upload: IO[bytes]) -> Clean:
    """The upload as it may be kept: pictures drawn anew, upright and without EXIF; PDFs as they are.

    Raises BadInput naming `file`.
    """
    content = upload.read(MOST_BYTES + 1)
    if not content:
        raise BadInput(file=_("the file is empty"))
    if len(content) > MOST_BYTES:
        raise BadInput(file=_("at most 10 MB"))
    if content.startswith(b"%PDF-"):
        if b"%%EOF" not in content[-2048:]:
            raise BadInput(file=_("the PDF is incomplete"))
        return Clean(content, "application/pdf", "pdf")
    return _redrawn(content)


def _redrawn(content: bytes) -> Clean:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _draw(content)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadInput(file=_("at most 50 megapixels")) from None
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError):
        # What Pillow raises for a broken picture, by format
        raise BadInput(file=_("must be a picture (JPEG, PNG, WebP) or a PDF")) from None


def _draw(content: bytes) -> Clean:
    with Image.open(io.BytesIO(content), formats=tuple(PICTURES)) as probe:
        probe.verify()
    with Image.open(io.BytesIO(content), formats=tuple(PICTURES)) as picture:
        kind = str(picture.format)
        if picture.width * picture.height > MOST_PIXELS:
            raise Image.DecompressionBombError
        upright = ImageOps.exif_transpose(picture)
        if "transparency" in upright.info:
            upright = upright.convert("RGBA")
        upright.info = {}
        drawn = io.BytesIO()
        upright.save(drawn, kind, exif=b"", **SAVING[kind])
    if drawn.tell() > MOST_BYTES:
        raise BadInput(file=_("at most 10 MB"))
    content_type, suffix = PICTURES[kind]
    return Clean(drawn.getvalue(), content_type, suffix)
