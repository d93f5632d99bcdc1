"""Adding, subtracting and comparing moments in working or calendar minutes: the arithmetic under every clock,
for one moment and, vectorised, for the recount of all open deadlines when a calendar changes."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt

from cases.deadlines.calendar import DAY, MICROSECOND, MINUTE, Calendar, Counting, micros, micros_of


def add(calendar: Calendar, start: dt.datetime, minutes: float, counting: Counting) -> dt.datetime:
    """The moment `minutes` after `start`, or before it where they are negative ("2 working hours before").

    Raises ValueError for a naive start and for a calendar that has no working hours.
    """
    return calendar.moment(shift(calendar, micros_of(start, "start"), micros(minutes), counting))


def elapsed(calendar: Calendar, start: dt.datetime, end: dt.datetime, counting: Counting) -> dt.timedelta:
    """The exact time counted from `start` to `end`, negative where the end comes first."""
    return span(calendar, micros_of(start, "start"), micros_of(end, "end"), counting) * MICROSECOND


def difference(calendar: Calendar, start: dt.datetime, end: dt.datetime, counting: Counting) -> float:
    """As `elapsed`, in minutes."""
    return elapsed(calendar, start, end, counting) / dt.timedelta(minutes=1)


def next_morning(calendar: Calendar, after: dt.datetime) -> dt.datetime:
    """The first working moment of the next day worked, strictly after the local date of `after`."""
    micros_of(after, "after")
    tomorrow = calendar.midnight(after.astimezone(calendar.zone).date() + DAY)
    table = calendar.table(tomorrow, tomorrow)
    while (opens := table.opening(tomorrow)) is None:
        table = calendar.longer(table, forward=True)
    return calendar.moment(opens)


def last_working_moment(calendar: Calendar, before: dt.datetime) -> dt.datetime:
    """`before` itself where it is working time (a closing moment included), else the last closing before
    it."""
    return calendar.moment(last_worked(calendar, micros_of(before, "before")))


def due_many(
    calendar: Calendar,
    starts: npt.NDArray[np.datetime64],
    minutes: npt.NDArray[np.integer],
    counting: Counting,
) -> npt.NDArray[np.datetime64]:
    """What `due_at` gives for each start (datetime64 in UTC) and allowance, as datetime64[us] in UTC.

    Made for recounts: paused clocks are not for it, an extension is added to its minutes by the caller.
    Raises ValueError for a negative allowance or a start that is no moment (NaT).
    """
    starts, minutes = np.asarray(starts), np.asarray(minutes)
    if not np.issubdtype(starts.dtype, np.datetime64) or np.isnat(starts).any():
        raise ValueError("starts: moments in UTC as datetime64, none of them NaT")
    if (minutes < 0).any():
        raise ValueError("minutes: an allowance cannot be negative")
    moments, amounts = np.broadcast_arrays(
        starts.astype("datetime64[us]").astype(np.int64), minutes.astype(np.int64) * MINUTE
    )
    shifted: npt.NDArray[np.int64] = moments + amounts
    if counting == Counting.WORKING and moments.size:
        shifted = _shift_many(calendar, moments, amounts)
    return shifted.astype("datetime64[us]")


def shift(calendar: Calendar, moment: int, amount: int, counting: Counting) -> int:
    """`add` on microseconds."""
    if counting == Counting.CALENDAR:
        return moment + amount
    table = calendar.table(moment, moment)
    while (shifted := table.shifted(moment, amount)) is None:
        table = calendar.longer(table, forward=amount >= 0)
    return shifted


def span(calendar: Calendar, start: int, end: int, counting: Counting) -> int:
    """`elapsed` on microseconds."""
    if counting == Counting.CALENDAR:
        return end - start
    table = calendar.table(min(start, end), max(start, end))
    return table.position(end) - table.position(start)


def last_worked(calendar: Calendar, moment: int) -> int:
    """`last_working_moment` on microseconds."""
    table = calendar.table(moment, moment)
    while (last := table.worked_or_last(moment)) is None:
        table = calendar.longer(table, forward=False)
    return last


def _shift_many(
    calendar: Calendar, moments: npt.NDArray[np.int64], amounts: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    table = calendar.table(int(moments.min()), int(moments.max()))
    # The scalar path grows the table until it holds what the hungriest and the latest clock need.
    while table.position(int(moments.max())) + int(amounts.max()) >= table.before[-1]:
        table = calendar.longer(table, forward=True)
    starts, ends, before = table.arrays
    at = np.searchsorted(starts, moments, side="right") - 1
    inside = (at >= 0) & (moments <= ends[at])
    position = np.where(at < 0, 0, before[at] + np.minimum(moments, ends[at]) - starts[at])
    target = position + amounts
    lands = np.searchsorted(before, target, side="left") - 1
    shifted = starts[lands] + target - before[lands]
    opening = starts[np.minimum(at + 1, len(starts) - 1)]
    return np.where(amounts > 0, shifted, np.where(inside, moments, opening))
