"""Pictures and documents of a case: cleaned before they are kept, and in the storage only where the database knows of
them."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Any
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from cases.actors import Actor, ActorKind
from cases.choices import AttachmentKind, EventKind
from cases.cleaning import Clean, cleaned
from cases.errors import BadInput, FilesAway
from cases.models import Attachment, Case

from .change import changing

logger = logging.getLogger(__name__)
MOST_FILES = 9
"""From each side: whatever a resident sends, the proof of the work has its place."""
SMALL = ".small.jpg"


def attach(
    case: Case | int,
    actor: Actor,
    upload: IO[bytes],
    *,
    kind: str = AttachmentKind.MATTER,
    at: datetime | None = None,
    version: int | None = None,
    saved: list[str] | None = None,
) -> Attachment:
    """Keeps a picture or PDF with the case, as a note in its history.

    `saved` is the list of a `files_go_with_rows` around this call, where a larger transaction decides.
    Raises BadInput naming `file` for what `cleaned` refuses, and for a side's tenth; FilesAway where the storage does
    not answer; and whatever `note` raises.
    """
    return attach_all(case, actor, [upload], kind=kind, at=at, version=version, saved=saved)[0]


def attach_all(
    case: Case | int,
    actor: Actor,
    uploads: Iterable[IO[bytes]],
    *,
    kind: str = AttachmentKind.MATTER,
    at: datetime | None = None,
    version: int | None = None,
    saved: list[str] | None = None,
) -> list[Attachment]:
    """Several as one: all are kept, or none. Otherwise as `attach`; a refusal says which one it is about."""
    clean = all_cleaned(list(uploads))
    with files_go_with_rows(saved) as names:
        # Before the case is locked: a storage may take its time, and nobody is to wait for it
        stored = [_stored(one, names) for one in clean]
        with changing(case, "note", actor, at=at, version=version) as change:
            resident = actor.kind is ActorKind.RESIDENT
            if change.case.attachments.filter(from_resident=resident).count() + len(stored) > MOST_FILES:
                raise BadInput(file=_("a case has at most %d files from each side") % MOST_FILES)
            for attachment, one in zip(stored, clean, strict=True):
                attachment.case, attachment.kind, attachment.at = change.case, kind, change.at
                attachment.uploaded_by, attachment.from_resident = actor.user, resident
                if one.position and not (resident and _hides(change.case)):
                    attachment.lon, attachment.lat = one.position
                attachment.save()
                change.record(EventKind.NOTED, attachment=attachment.pk)
    return stored


def all_cleaned(uploads: list[IO[bytes]]) -> list[Clean]:
    """Each as `cleaned` makes it. Raises BadInput naming `file`, and which one it is where there are several."""
    clean = []
    for number, upload in enumerate(uploads, start=1):
        try:
            clean.append(cleaned(upload))
        except BadInput as error:
            if len(uploads) == 1:
                raise
            said = {"number": number, "problem": error.fields["file"]}
            raise BadInput(file=_("file %(number)d: %(problem)s") % said) from None
    return clean


def _hides(case: Case) -> bool:
    """Where a photo was taken may tell who took it."""
    return case.secret or case.anonymous


def _stored(clean: Clean, names: list[str]) -> Attachment:
    """A row that is not written yet, its files in the storage."""
    attachment = Attachment(
        content_type=clean.content_type,
        size=len(clean.content),
        width=clean.width,
        height=clean.height,
        sha256=hashlib.sha256(clean.content).hexdigest(),
    )
    attachment.file, attachment.thumbnail = put(clean, attachment, names)
    return attachment


def put(clean: Clean, row: Any, names: list[str]) -> tuple[str, str]:
    """Puts a file and its small copy into the storage, where `row.file` has its place; their names, the second empty
    where there is none. Each name is in the list before its file is there. Raises FilesAway."""
    name: str = row.file.field.generate_filename(row, f"{uuid4().hex}.{clean.suffix}")
    files = {name: clean.content}
    if clean.thumbnail:
        files[small_name(name)] = clean.thumbnail
    for one, content in files.items():
        names.append(one)
        with _asked("put"):
            default_storage.save(one, ContentFile(content))
    return name, small_name(name) if clean.thumbnail else ""


def small_name(name: str) -> str:
    """What the small copy of a file is called."""
    return f"{name.rpartition('.')[0]}{SMALL}"


@contextmanager
def _asked(what: str) -> Iterator[None]:
    """Asks the storage, whatever it is. Raises FilesAway where it fails, and leaves a line in the log."""
    try:
        yield
    except Exception as error:  # each storage has its own; none of them is the visitor's fault
        logger.error("the storage of files fails to %s: %s", what, type(error).__name__)
        raise FilesAway(_("Files cannot be kept just now; nothing was changed. Try again in a while.")) from error


@contextmanager
def files_go_with_rows(names: list[str] | None = None) -> Iterator[list[str]]:
    """A transaction; the files whose names the body puts into the list are deleted where it is rolled back.

    With the list of an outer one, this one leaves the decision to it. Where a process ends in between, or the storage
    does not answer, `remove_orphaned_files` finds them.
    """
    if names is not None:
        yield names
        return
    names = []
    try:
        with transaction.atomic():
            yield names
    except BaseException:
        discard(names)
        raise


def discard(names: Iterable[str]) -> list[str]:
    """Deletes files from the storage, those that are not there included; the names that it would not delete."""
    left = []
    for name in names:
        try:
            default_storage.delete(name)
        except Exception as error:  # noqa: BLE001  # each storage has its own; what made us discard is more important
            logger.warning("a file stays behind, for remove_orphaned_files: %s", type(error).__name__)
            left.append(name)
    return left


def names_of(attachment: Attachment) -> list[str]:
    """The files that belong to a row, for whoever takes it away."""
    return [str(field.name) for field in (attachment.file, attachment.thumbnail) if field]
