"""One clock from its start to its due moment: the moment alone, fast, for the sweep, and the whole story,
segment by segment, for whoever asks why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from cases.deadlines.calendar import DAY, MINUTE, Calendar, Counting, micros, micros_of
from cases.deadlines.counting import shift, span


class StillPaused(ValueError):
    """The clock has no due moment: it was paused before it was used up, and nobody has resumed it."""


class Reason(StrEnum):
    """Why a segment counts or does not. A name may follow after a colon: "holiday: 国庆节"."""

    WORKING = "working hours"
    MAKEUP = "make-up day"
    CALENDAR = "calendar time"
    EXTENSION = "extension"
    OUTSIDE = "outside working hours"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    CLOSURE = "closure"
    SUSPENDED = "suspended"


@dataclass(frozen=True)
class Pause:
    """Time that does not count whatever the hour; `ends` is None while it lasts."""

    starts: dt.datetime
    ends: dt.datetime | None
    reason: str


@dataclass(frozen=True)
class Segment:
    """A stretch of a clock's life, `ends` None for a pause that still lasts.

    `minutes` are whole. Where boundaries carry seconds, fractions are carried to the next segment of the same
    sort, so that the counted ones add up to the allowance exactly; `duration` is the exact length.
    """

    starts: dt.datetime
    ends: dt.datetime | None
    minutes: int
    counted: bool
    reason: str

    @property
    def duration(self) -> dt.timedelta | None:
        """The time that really passes; `ends - starts` would subtract wall clocks, also when those change."""
        return None if self.ends is None else self.ends.astimezone(dt.UTC) - self.starts.astimezone(dt.UTC)

    @property
    def code(self) -> Reason:
        return Reason(self.reason.partition(": ")[0])

    @property
    def detail(self) -> str:
        """The name after the reason's code: the holiday's, the closure's, what the suspension is for."""
        return self.reason.partition(": ")[2]


@dataclass(frozen=True)
class Explanation:
    """When a clock is due (None while it is paused), why, and the years counted without knowing their
    holidays."""

    due_at: dt.datetime | None
    segments: tuple[Segment, ...]
    unannounced_years: tuple[int, ...] = ()


class _Stretch(NamedTuple):
    """Running (reason None) or paused time, in microseconds since 1970."""

    starts: int
    ends: int | None
    reason: str | None


class _Piece(NamedTuple):
    starts: int
    ends: int
    counted: bool
    reason: str


def due_at(
    calendar: Calendar,
    start: dt.datetime,
    minutes: float,
    counting: Counting,
    pauses: Iterable[Pause] = (),
    added: float = 0,
) -> dt.datetime:
    """When a clock of `minutes` (+ `added` by extensions) that starts at `start` is due.

    Raises StillPaused where a pause without an end comes before the due moment, and ValueError for naive
    moments, a negative allowance and a calendar without working hours.
    """
    begin, amount = micros_of(start, "start"), _amount(minutes, added)
    return calendar.moment(due_micros(calendar, begin, amount, counting, pauses))


def due_micros(calendar: Calendar, start: int, amount: int, counting: Counting, pauses: Iterable[Pause]) -> int:
    """`due_at` on microseconds."""
    *_, last = _stretches(calendar, start, amount, counting, pauses)
    if last.ends is None:
        raise StillPaused(f"paused since {calendar.moment(last.starts).isoformat()} and not resumed")
    return last.ends


def explain(
    calendar: Calendar,
    start: dt.datetime,
    minutes: float,
    counting: Counting,
    pauses: Iterable[Pause] = (),
    added: float = 0,
) -> Explanation:
    """The story of the clock that `due_at` computes: contiguous segments from its start to its due moment,
    whose counted minutes sum exactly to `minutes + added`. What an extension added comes last and says so.

    A clock that is still paused is told up to its open pause. Raises ValueError as `due_at`.
    """
    begin, amount = micros_of(start, "start"), _amount(minutes, added)
    stretches = list(_stretches(calendar, begin, amount, counting, pauses))
    pieces = _split(_pieces(calendar, stretches, counting), micros(minutes))
    segments = list(_segments(calendar, _merged(pieces)))
    last = stretches[-1]
    if last.ends is None:
        reason = last.reason or Reason.SUSPENDED
        segments.append(Segment(calendar.moment(last.starts), None, 0, False, reason))
    due = None if last.ends is None else calendar.moment(last.ends)
    years = range(calendar.moment(begin).year, (due or calendar.moment(last.starts)).year + 1)
    unknown = set(years) - calendar.announced_years if counting == Counting.WORKING else set()
    return Explanation(due, tuple(segments), tuple(sorted(unknown)))


def _amount(minutes: float, added: float) -> int:
    if minutes < 0 or minutes + added < 0:
        raise ValueError(f"minutes: an allowance cannot be negative ({minutes} and {added} added)")
    return micros(minutes + added)


def _stretches(
    calendar: Calendar, start: int, amount: int, counting: Counting, pauses: Iterable[Pause]
) -> Iterator[_Stretch]:
    """Running and paused stretches by turns, until the amount is used up. A pause that begins at the due
    moment or after it changes nothing; an open one is the last."""
    here = start
    for pause in _ordered(pauses, start):
        if pause.ends is not None and pause.ends <= here:
            continue  # inside another pause
        begins = max(pause.starts, here)
        if (due := shift(calendar, here, amount, counting)) <= begins:
            yield _Stretch(here, due, None)
            return
        yield _Stretch(here, begins, None)
        yield _Stretch(begins, pause.ends, pause.reason)
        if pause.ends is None:
            return
        amount -= span(calendar, here, begins, counting)
        here = pause.ends
    yield _Stretch(here, shift(calendar, here, amount, counting), None)


def _ordered(pauses: Iterable[Pause], start: int) -> Sequence[_Stretch]:
    ordered = []
    for pause in pauses:
        starts = micros_of(pause.starts, "pauses")
        ends = None if pause.ends is None else micros_of(pause.ends, "pauses")
        if ends is not None and ends < starts:
            raise ValueError(f"pauses: {pause.ends} comes before {pause.starts}")
        if ends is None or (ends > start and ends > starts):
            reason = f"{Reason.SUSPENDED}: {pause.reason}" if pause.reason else str(Reason.SUSPENDED)
            ordered.append(_Stretch(starts, ends, reason))
    return sorted(ordered, key=lambda stretch: stretch.starts)


def _pieces(calendar: Calendar, stretches: Iterable[_Stretch], counting: Counting) -> Iterator[_Piece]:
    """What counts and what does not, with its reason; the open pause is left out."""
    for starts, ends, reason in stretches:
        if ends is None:
            return
        if reason:
            yield _Piece(starts, ends, False, reason)
        elif counting == Counting.CALENDAR:
            yield _Piece(starts, ends, True, Reason.CALENDAR)
        else:
            yield from _working_pieces(calendar, starts, ends)


def _working_pieces(calendar: Calendar, starts: int, ends: int) -> Iterator[_Piece]:
    here = starts
    for opens, closes in calendar.table(starts, ends).between(starts, ends):
        yield from _idle_pieces(calendar, here, opens)
        made_up = calendar.moment(opens).date() in calendar.days  # a day that is worked and has a rule
        yield _Piece(opens, closes, True, Reason.MAKEUP if made_up else Reason.WORKING)
        here = closes
    yield from _idle_pieces(calendar, here, ends)


def _idle_pieces(calendar: Calendar, starts: int, ends: int) -> Iterator[_Piece]:
    """Time that is not worked, cut at each midnight: every day has a reason of its own."""
    while starts < ends:
        day = calendar.moment(starts).date()
        until = min(ends, calendar.midnight(day + DAY))
        yield _Piece(starts, until, False, _why_idle(calendar, day))
        starts = until


def _why_idle(calendar: Calendar, day: dt.date) -> str:
    rule = calendar.days.get(day)
    if rule and rule.kind != "makeup":
        code = Reason.HOLIDAY if rule.kind == "holiday" else Reason.CLOSURE
        return f"{code}: {rule.name}" if rule.name else code
    return Reason.OUTSIDE if day.weekday() < 5 or calendar.hours_on(day) else Reason.WEEKEND


def _split(pieces: Iterable[_Piece], allowance: int) -> Iterator[_Piece]:
    """What is counted after the allowance is used up was added by an extension."""
    for piece in pieces:
        length = piece.ends - piece.starts
        if not piece.counted or length <= allowance:
            yield piece
            allowance -= length if piece.counted else 0
            continue
        if allowance:
            yield piece._replace(ends=piece.starts + allowance)
        yield piece._replace(starts=piece.starts + allowance, reason=Reason.EXTENSION)
        allowance = 0


def _merged(pieces: Iterable[_Piece]) -> list[_Piece]:
    """Neighbours of one reason become one: a holiday of eight days is one segment."""
    merged: list[_Piece] = []
    for piece in pieces:
        if piece.starts == piece.ends:
            continue
        if merged and merged[-1][2:] == piece[2:]:
            merged[-1] = merged[-1]._replace(ends=piece.ends)
        else:
            merged.append(piece)
    return merged


def _segments(calendar: Calendar, pieces: Iterable[_Piece]) -> Iterator[Segment]:
    total = {True: 0, False: 0}
    for starts, ends, counted, reason in pieces:
        whole = total[counted] // MINUTE
        total[counted] += ends - starts
        minutes = total[counted] // MINUTE - whole
        yield Segment(calendar.moment(starts), calendar.moment(ends), minutes, counted, str(reason))
