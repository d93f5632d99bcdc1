"""Nothing is kept for ever: reporters are erased and files deleted, so many days after a case has ended. Each is a line
of its history; what was said and done stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone

from cases.actors import CLOCK
from cases.choices import OPEN, EventKind
from cases.models import Attachment, Case
from cases.models.case import ENDED_AT

from .attachments import discard, names_of
from .change import Change, locking, moment_for

BATCH = 200


@dataclass(frozen=True, slots=True)
class Limits:
    """Days after the end of a case; 0 keeps without end."""

    reporter_days: int = field(default_factory=lambda: settings.RETENTION_REPORTER_DAYS)
    files_days: int = field(default_factory=lambda: settings.RETENTION_FILES_DAYS)


@dataclass(frozen=True, slots=True)
class Removed:
    """What is over its time: reporters, files, and the bytes that the files take."""

    reporters: int = 0
    files: int = 0
    bytes: int = 0

    def __add__(self, other: Removed) -> Removed:
        return Removed(self.reporters + other.reporters, self.files + other.files, self.bytes + other.bytes)


def over_time(limits: Limits, at: datetime | None = None) -> Removed:
    """What `apply_retention` would remove, without touching it."""
    files = Attachment.objects.filter(case__in=_with_files(limits, at))
    size = files.aggregate(size=Sum("size"))["size"] or 0
    return Removed(_with_reporter(limits, at).count(), files.count(), size)


def apply_retention(limits: Limits, *, at: datetime | None = None) -> Iterator[Removed]:
    """Removes what is over its time, a transaction a batch; may be stopped and started again, and run by several at
    once. A case that somebody else is working on waits for the next time."""
    yield from _in_batches(lambda: _with_reporter(limits, at), _erase_reporter, at)
    yield from _in_batches(lambda: _with_files(limits, at), _delete_files, at)


def _ended(days: int, at: datetime | None) -> QuerySet[Case]:
    if not days:
        return Case.objects.none()
    ended = Case.objects.exclude(status__in=OPEN).alias(ended_at=ENDED_AT)
    return ended.filter(ended_at__lt=(at or timezone.now()) - timedelta(days=days))


def _with_reporter(limits: Limits, at: datetime | None) -> QuerySet[Case]:
    return _ended(limits.reporter_days, at).filter(reporter_sealed__isnull=False)


def _with_files(limits: Limits, at: datetime | None) -> QuerySet[Case]:
    return _ended(limits.files_days, at).filter(pk__in=Attachment.objects.values("case"))


def _in_batches(
    find: Callable[[], QuerySet[Case]], remove: Callable[[Change], Removed], at: datetime | None
) -> Iterator[Removed]:
    while True:
        with transaction.atomic():
            cases = list(locking(find(), skip_locked=True).order_by("pk")[:BATCH])
            if not cases:
                return
            removed = Removed()
            for case in cases:
                removed += _changed(case, remove, at)
        yield removed


def _changed(case: Case, remove: Callable[[Change], Removed], at: datetime | None) -> Removed:
    """Neither is a move of anybody's: the table says nothing of it, the status stays, and a refused case has not ended
    anew, so that the other limit does not begin again."""
    last = case.updated_at
    change = Change(case, CLOCK, moment_for(case, at))
    removed = remove(change)
    change.write()
    Case.objects.filter(pk=case.pk).update(updated_at=last)
    return removed


def _erase_reporter(change: Change) -> Removed:
    change.record(EventKind.ANONYMISED)
    Case.objects.filter(pk=change.case.pk).update(reporter_sealed=None, reporter_phone_hash="")
    return Removed(reporters=1)


def _delete_files(change: Change) -> Removed:
    """The lines of history that name them stay, and the sums that prove what they were."""
    files = list(change.case.attachments.all())
    change.record(EventKind.FILES_DELETED, files={str(file.pk): file.sha256 for file in files})
    Attachment.objects.filter(pk__in=[file.pk for file in files]).delete()
    transaction.on_commit(partial(discard, [name for file in files for name in names_of(file)]))
    return Removed(files=len(files), bytes=sum(file.size for file in files))
