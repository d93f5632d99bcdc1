"""Files of a case as a page shows them: a small copy, what it shows, and how far from the place the camera was."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from cases.api.file_addresses import address_for, address_for_resident
from cases.choices import AttachmentKind
from cases.cleaning import MOST_BYTES
from cases.errors import BadInput
from cases.models import Attachment, Case
from cases.services.attachments import MOST_FILES
from cases.services.idempotency import fingerprint_of

MOST_SENT = MOST_FILES * MOST_BYTES + 64 * 1024
"""Bytes of a form with as many files as a side may bring."""
METRE = math.radians(1) * 6_371_000


@dataclass(frozen=True, slots=True)
class Photo:
    """A file with its addresses of the moment; `small` is empty where there is no small copy, `taken` where the camera
    said nothing."""

    address: str
    small: str
    label: str
    taken: str = ""
    kind: str = ""


def photos_of(request: HttpRequest, case: Case, attachments: Iterable[Attachment]) -> list[Photo]:
    """For a colleague who sees the case."""
    return [
        Photo(
            address_for(request, one),
            address_for(request, one, small=True) if one.thumbnail else "",
            str(AttachmentKind(one.kind).label),
            _taken(case, one),
            one.kind,
        )
        for one in attachments
    ]


def before_and_after(photos: list[Photo]) -> list[tuple[Photo, Photo]]:
    """Pictures from before the work beside those from after it, in the order in which they came. Where nobody took one
    before, the reported matter stands for it."""
    pictures = [photo for photo in photos if photo.small]
    after = [photo for photo in pictures if photo.kind == AttachmentKind.AFTER]
    before = [photo for photo in pictures if photo.kind == AttachmentKind.BEFORE]
    before = before or [photo for photo in pictures if photo.kind == AttachmentKind.MATTER]
    return list(zip(before, after, strict=False))


def own_photos_of(request: HttpRequest, case: Case) -> list[Photo]:
    """For the resident: what they sent themselves."""
    return [
        Photo(
            address_for_resident(request, case, one),
            address_for_resident(request, case, one, small=True) if one.thumbnail else "",
            "",
        )
        for one in case.attachments.filter(from_resident=True)
    ]


def _taken(case: Case, one: Attachment) -> str:
    if one.lon is None or one.lat is None:
        return ""
    if case.lon is None or case.lat is None:
        return _("taken at %(lat).5f, %(lon).5f") % {"lat": one.lat, "lon": one.lon}
    # Near enough to flat for what it tells: at the place, in the next street, in another town
    east = (one.lon - case.lon) * METRE * math.cos(math.radians(case.lat))
    metres = round(math.hypot(east, (one.lat - case.lat) * METRE))
    return _("taken about %(metres)d m from the reported place") % {"metres": metres}


def files_in(files: MultiValueDict[str, Any]) -> list[Any]:
    """What was chosen in a form. Raises BadInput where that is nothing."""
    chosen = files.getlist("file")
    if not chosen:
        raise BadInput(file=_("choose at least one"))
    return chosen


def is_too_much(request: HttpRequest) -> bool:
    """Whether the form is larger than all files together may be: known before anything of it is read."""
    said = request.META.get("CONTENT_LENGTH") or ""
    return said.isdecimal() and int(said) > MOST_SENT


def fingerprint_with_files(request: HttpRequest) -> str:
    """What makes two sendings of a form with files the same one."""
    said = [repr(sorted(_plain(request.POST))).encode()]
    for file in request.FILES.getlist("file"):
        said.extend(file.chunks())
        file.seek(0)
    return fingerprint_of([request.path.encode(), *said])


def _plain(said: QueryDict) -> list[tuple[str, list[str]]]:
    return [(name, values) for name, values in said.lists() if name not in ("csrfmiddlewaretoken", "key")]
