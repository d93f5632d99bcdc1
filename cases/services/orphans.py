"""Files that no row knows: what a process left behind that ended between storage and database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.core.files.storage import default_storage
from django.utils import timezone

from cases.cleaning.pictures import KINDS
from cases.models import Attachment, PatrolPhoto

from .attachments import SMALL, discard

FOLDER = "attachments"
BATCH = 500


@dataclass(frozen=True, slots=True)
class Swept:
    """What became of a batch of files: how many were looked at, those that nobody knows, how many of them are gone, and
    the bytes that they take."""

    seen: int
    orphans: tuple[str, ...]
    removed: int
    bytes: int


def remove_orphaned_files(
    *, older_than: timedelta, dry_run: bool = False, at: datetime | None = None
) -> Iterator[Swept]:
    """Goes through all files of cases in the storage, and deletes those that no row names.

    Younger ones than `older_than` may belong to a transaction that is not over. May be stopped and started again.
    Raises what the storage raises where it cannot be read.
    """
    before = (at or timezone.now()) - older_than
    names = _walk(FOLDER)
    while batch := list(islice(names, BATCH)):
        unknown = set(batch) - _known(batch)
        orphans = tuple(sorted(name for name in unknown if default_storage.get_modified_time(name) < before))
        size = sum(default_storage.size(name) for name in orphans)
        left = orphans if dry_run else discard(orphans)
        yield Swept(len(batch), orphans, len(orphans) - len(left), size)


def missing_files() -> Iterator[Attachment]:
    """Rows whose file is not in the storage any more."""
    rows = Attachment.objects.select_related("case").only("case__number", "file", "thumbnail").order_by("pk")
    for row in rows.iterator(chunk_size=BATCH):
        if not all(default_storage.exists(str(field.name)) for field in (row.file, row.thumbnail) if field):
            yield row


def _walk(folder: str) -> Iterator[str]:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:  # a file system has no folder before the first file
        return
    for name in files:
        yield f"{folder}/{name}"
    for name in folders:
        yield from _walk(f"{folder}/{name}")


def _known(names: list[str]) -> set[str]:
    """A small copy is found by the file that it was made of: that column has an index."""
    of_small = [
        f"{name.removesuffix(SMALL)}.{suffix}"
        for name in names
        if name.endswith(SMALL)
        for _kind, suffix in KINDS.values()
    ]
    asked: list[str] = [*names, *of_small]
    found: set[str] = set()
    for model in (Attachment, PatrolPhoto):
        for row in model._default_manager.filter(file__in=asked).values_list("file", "thumbnail"):
            found.update(row)
    return found
