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


def minutes_to_day_end(calendar: Calendar, start: dt.datetime, days: float) -> float:
    """Working minutes from `start` to the close of the `days`-th day worked: an allowance "by the close of the second
    working day" as a clock counts it.

    The day of the start is the first if any working time is left in it, else the next day worked is. Raises ValueError
    for a naive start, days that are not whole and at least 1, and a calendar that has no working hours.
    """
    moment = micros_of(start, "start")
    return span(calendar, moment, day_end(calendar, moment, days), Counting.WORKING) / MINUTE


def day_end(calendar: Calendar, moment: int, days: float) -> int:
    """The closing moment that `minutes_to_day_end` counts to, on microseconds."""
    if days < 1 or days != int(days):
        raise ValueError(f"days: whole working days, at least 1, not {days}")
    table = calendar.table(moment, moment)
    while (closes := table.closing(moment, int(days))) is None:
        table = calendar.longer(table, forward=True)
    return closes


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
    minutes: npt.NDArray[np.integer] | npt.NDArray[np.floating],
    counting: Counting,
) -> npt.NDArray[np.datetime64]:
    """What `due_at` gives for each start (datetime64 in UTC) and allowance, as datetime64[us] in UTC.

    Counted by `Counting.DAY`, `minutes` are whole days, and what comes out is the close of the last. Made for recounts
    and what-ifs: paused clocks are not for it, an extension is added to its minutes by the caller.
    Raises ValueError for a negative allowance, fewer days than 1, or a start that is no moment (NaT).
    """
    starts, minutes = np.asarray(starts), np.asarray(minutes)
    if not np.issubdtype(starts.dtype, np.datetime64) or np.isnat(starts).any():
        raise ValueError("starts: moments in UTC as datetime64, none of them NaT")
    if (minutes < 0).any():
        raise ValueError("minutes: an allowance cannot be negative")
    since = starts.astype("datetime64[us]").astype(np.int64)
    if counting == Counting.DAY:
        moments, days = np.broadcast_arrays(since, minutes.astype(np.int64))
        if (days != minutes).any() or (days < 1).any():
            raise ValueError("minutes: whole working days, at least 1")
        return (_close_many(calendar, moments, days) if moments.size else moments).astype("datetime64[us]")
    moments, amounts = np.broadcast_arrays(since, np.rint(minutes * MINUTE).astype(np.int64))
    shifted: npt.NDArray[np.int64] = moments + amounts
    if counting == Counting.WORKING and moments.size:
        shifted = _shift_many(calendar, moments, amounts)
    return shifted.astype("datetime64[us]")


def shift(calendar: Calendar, moment: int, amount: int, counting: Counting) -> int:
    """`add` on microseconds."""
    if counting == Counting.CALENDAR:
        return moment + amount
    _refuse_days(counting)
    table = calendar.table(moment, moment)
    while (shifted := table.shifted(moment, amount)) is None:
        table = calendar.longer(table, forward=amount >= 0)
    return shifted


def span(calendar: Calendar, start: int, end: int, counting: Counting) -> int:
    """`elapsed` on microseconds."""
    if counting == Counting.CALENDAR:
        return end - start
    _refuse_days(counting)
    table = calendar.table(min(start, end), max(start, end))
    return table.position(end) - table.position(start)


def _refuse_days(counting: Counting) -> None:
    if counting == Counting.DAY:
        raise ValueError("counting: a clock runs in minutes; days become minutes when it starts (minutes_to_day_end)")


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


def _close_many(
    calendar: Calendar, moments: npt.NDArray[np.int64], days: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    day_end(calendar, int(moments.max()), int(days.max()))  # the table grows until the hungriest and latest fits
    table = calendar.table(int(moments.min()), int(moments.max()))
    day_of, closings = table.day_arrays
    closed: npt.NDArray[np.int64] = closings[day_of[np.searchsorted(table.arrays[1], moments, side="right")] + days - 1]
    return closed
