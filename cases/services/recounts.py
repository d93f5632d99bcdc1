"""Open clocks are counted anew when a calendar changes (a holiday is announced, an administrator corrects a day), and
when their case comes under another one, because its grid moves or is merged.

What a calendar says is kept as a digest, and compared each minute; the database notes the cases that move. Whoever
wrote the rows, by whatever way, no signal can be lost. Decisions: docs/adr/0019-recount-by-digest.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from cases import policies
from cases.actors import CLOCK
from cases.calendars import calendar_of
from cases.choices import DeadlineState, EventKind
from cases.deadlines import Calendar, Counting, Pause, due_at, due_many, minutes_to_day_end
from cases.models import Case, CaseEvent, CountedCalendar, Deadline, MovedCase, StepFiring
from grids.calendars import calendars_in_force

from .change import Change, locking, moment_for
from .clocks import describe, pauses_of, schedule

BATCH = 500
"""Cases that are locked at a time."""
STANDING = (DeadlineState.RUNNING, DeadlineState.PAUSED)


@dataclass(slots=True)
class Recounted:
    """What a recount did: calendars that had changed, clocks that are due at another moment, clocks whose next step
    alone has moved."""

    calendars: int = 0
    moved: int = 0
    rescheduled: int = 0


def recount(at: datetime | None = None) -> Recounted:
    """Counts the open clocks anew under every calendar that differs from the one they were last counted by, and those
    of cases that lie elsewhere now.

    On the first run of all there is nothing to compare with: what is in force is noted. Several at once are harmless,
    and one that is cut short is made up for by the next, for the digest is noted last.
    """
    counted = {row.grid_path: row for row in CountedCalendar.objects.all()}
    in_force = {path: rows.digest for path, rows in calendars_in_force().items()}
    if not counted:
        for path in in_force:
            _note(path, in_force[path], at, settled=True)
        return Recounted()
    done = Recounted()
    for path in sorted(counted.keys() | in_force.keys()):
        row, digest = counted.get(path), in_force.get(path)
        if row is not None and row.digest == digest and (row.settled or not _rested(row, at)):
            continue
        settles = row is not None and row.digest == digest
        _recount_under(path, in_force, at, done)
        done.calendars += not settles
        if digest is None:
            CountedCalendar.objects.filter(grid_path=path).delete()
        else:
            _note(path, digest, at, settled=settles)
    _recount_moved(at, done)
    return done


def _recount_moved(at: datetime | None, done: Recounted) -> None:
    """Cases that were moved, once this process must know where the calendars lie now: some may have moved along."""
    known = Now() - timedelta(seconds=2 * settings.SNAPSHOT_CHECK_SECONDS)
    moved = MovedCase.objects.filter(moved_at__lte=known).order_by("case").values_list("case", flat=True)
    while batch := list(moved[:BATCH]):
        _recount_batch(batch, at, done)


def _note(path: str, digest: str, at: datetime | None, *, settled: bool) -> None:
    values = {"digest": digest, "settled": settled, "counted_at": at or timezone.now()}
    CountedCalendar.objects.update_or_create(grid_path=path, defaults=values)


def _rested(row: CountedCalendar, at: datetime | None) -> bool:
    """Whether every process has the new calendar by now: one that had read the old one just before the recount may
    have begun clocks by it, so that all are counted once more."""
    grace = timedelta(seconds=2 * settings.SNAPSHOT_CHECK_SECONDS + 60)
    return (at or timezone.now()) >= row.counted_at + grace


def _recount_under(path: str, in_force: dict[str, str], at: datetime | None, done: Recounted) -> None:
    """The clocks of the territory that a calendar governs: not of places within it that have one of their own."""
    cases = Case.objects.open().filter(grid_path__startswith=path)
    for nearer in in_force:
        if nearer != path and nearer.startswith(path):
            cases = cases.exclude(grid_path__startswith=nearer)
    keys = cases.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=10_000)
    while batch := list(islice(keys, BATCH)):
        if differing := _differing(Deadline.objects.filter(case__in=batch)):
            _recount_batch(sorted(differing), at, done)


def _differing(rows: QuerySet[Deadline]) -> set[int]:
    """Cases with a clock that would be otherwise, read without a lock: mostly none."""
    clocks = _standing(rows)
    return {clock.case_id for clock, before in _counted_anew(clocks) if _said(clock) != before}


def _recount_batch(case_ids: list[int], at: datetime | None, done: Recounted) -> None:
    """Locked in the order of their keys, so that two recounts never wait for each other in a circle; the sweep takes
    only what nobody holds."""
    with transaction.atomic():
        cases = {c.pk: c for c in locking(Case.objects.filter(pk__in=case_ids)).order_by("pk")}
        MovedCase.objects.filter(case__in=case_ids).delete()  # whoever moves one once more waits for its lock
        clocks = _standing(Deadline.objects.filter(case__in=cases))
        for clock in clocks:
            clock.case = cases[clock.case_id]
        changed = [(clock, before) for clock, before in _counted_anew(clocks) if _said(clock) != before]
        moved = [(clock, before[1]) for clock, before in changed if clock.due_at != before[1]]
        Deadline.objects.bulk_update([clock for clock, _ in changed], ["minutes", "due_at", "fire_at", "fire_step"])
        _tell(cases, clocks, moved, at)
    done.moved += len(moved)
    done.rescheduled += len(changed) - len(moved)


def _standing(rows: QuerySet[Deadline]) -> list[Deadline]:
    standing = rows.filter(state__in=STANDING).select_related("case").prefetch_related("adjustments")
    return list(standing.order_by("case_id", "id"))


Said = tuple[float, datetime, datetime | None, int | None]


def _said(clock: Deadline) -> Said:
    return clock.minutes, clock.due_at, clock.fire_at, clock.fire_step_id


def _counted_anew(clocks: list[Deadline]) -> Iterator[tuple[Deadline, Said]]:
    """Each clock as its calendar has it now, and what it said before. One that is flagged stays late as of when it
    was: only its further steps move. Steps that have fired stay fired."""
    before = {clock.pk: _said(clock) for clock in clocks}
    _count_due([clock for clock in clocks if clock.flagged_at is None and clock.counting == Counting.WORKING])
    fired: dict[int, list[int]] = defaultdict(list)
    for deadline_id, step_id in StepFiring.objects.filter(deadline__in=before).values_list("deadline_id", "step_id"):
        fired[deadline_id].append(step_id)
    for clock in clocks:
        if clock.fire_at is not None:  # else it rests, its ladder is climbed, or it is set aside
            schedule(clock, fired=fired[clock.pk], pauses=pauses_of(clock))
        yield clock, before[clock.pk]


def _count_due(clocks: list[Deadline]) -> None:
    """Sets the due moments: many at once where nothing ever paused, one by one where something did."""
    plain: dict[Calendar, list[Deadline]] = defaultdict(list)
    for clock in clocks:
        calendar = calendar_of(clock.case.grid_path)
        allowance = policies.book().allowances[clock.allowance_id]
        if allowance.counting == Counting.DAY:  # the close of the day is promised, not the minutes up to it
            clock.minutes = minutes_to_day_end(calendar, clock.starts_at, allowance.minutes)
        if pauses := _ended(clock):
            added = clock.added_minutes
            clock.due_at = due_at(calendar, clock.starts_at, clock.minutes, Counting.WORKING, pauses, added)
        else:
            plain[calendar].append(clock)
    for calendar, some in plain.items():
        starts = np.array([clock.starts_at.replace(tzinfo=None) for clock in some], dtype="datetime64[us]")
        minutes = np.array([clock.minutes + clock.added_minutes for clock in some])
        moments = due_many(calendar, starts, minutes, Counting.WORKING).astype(object)
        for clock, moment in zip(some, moments, strict=True):
            clock.due_at = moment.replace(tzinfo=UTC)


def _ended(clock: Deadline) -> list[Pause]:
    """Its pauses but the one that lasts: while that does, the due moment is the one without it."""
    return [pause for pause in pauses_of(clock) if pause.ends is not None]


def _tell(
    cases: dict[int, Case], clocks: list[Deadline], moved: list[tuple[Deadline, datetime]], at: datetime | None
) -> None:
    """A line of history for each clock that is due at another moment, and the case's repetition of what holds now."""
    running: dict[int, list[Deadline]] = defaultdict(list)
    for clock in clocks:
        running[clock.case_id].append(clock)
    told: dict[int, Change] = {}
    for clock, was in moved:
        case = cases[clock.case_id]
        change = told.get(case.pk) or told.setdefault(case.pk, Change(case, CLOCK, moment_for(case, at)))
        payload = describe(clock) | {"was": was, "now": clock.due_at, "reason": "calendar"}
        change.record(EventKind.RECOUNTED, **payload)
    for pk, change in told.items():
        change.clocks.know(running[pk])
        change.clocks.summarise()
        change.case.updated_at = change.at
    CaseEvent.objects.bulk_create([event for change in told.values() for event in change.events])
    Case.objects.bulk_update([cases[pk] for pk in told], REPEATED)


REPEATED = ["due_at", "overdue_since", "updated_at", "version", "last_hash"]
