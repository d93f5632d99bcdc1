"""The same counting over whole columns of clocks: for the recount of all open deadlines when a calendar changes, and
for what-ifs over years of history. Everything here is in microseconds since 1970, and agrees with one by one."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt

from cases.deadlines.calendar import MINUTE, Calendar, Counting, WorkingTable, micros
from cases.deadlines.counting import day_end
from cases.deadlines.steps import Anchor

Moments = npt.NDArray[np.int64]


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
        return close_many(calendar, moments, days).astype("datetime64[us]")
    moments, amounts = np.broadcast_arrays(since, np.rint(minutes * MINUTE).astype(np.int64))
    return shift_many(calendar, moments, amounts, counting).astype("datetime64[us]")


def shift_many(calendar: Calendar, moments: Moments, amounts: Moments, counting: Counting) -> Moments:
    """Each moment, so much later: all amounts at least 0, or all below it."""
    if counting == Counting.CALENDAR or not moments.size:
        shifted: Moments = moments + amounts
        return shifted
    if counting == Counting.DAY:
        raise ValueError("counting: days are whole ones and lead to a close (close_many)")
    return _later(calendar, moments, amounts) if (amounts >= 0).all() else _earlier(calendar, moments, amounts)


def _later(calendar: Calendar, moments: Moments, amounts: Moments) -> Moments:
    table = calendar.table(int(moments.min()), int(moments.max()))
    # The scalar path grows the table until it holds what the hungriest and the latest clock need.
    while table.position(int(moments.max())) + int(amounts.max()) >= table.before[-1]:
        table = calendar.longer(table, forward=True)
    starts, _ends, before = table.arrays
    target = _positions(table, moments) + amounts
    lands = np.searchsorted(before, target, side="left") - 1
    return np.where(amounts > 0, starts[lands] + target - before[lands], _worked_or_next(table, moments))


def _earlier(calendar: Calendar, moments: Moments, amounts: Moments) -> Moments:
    table = calendar.table(int(moments.min()), int(moments.max()))
    while table.position(int(moments.min())) + int(amounts.min()) < 0:
        table = calendar.longer(table, forward=False)
    starts, _ends, before = table.arrays
    target = _positions(table, moments) + amounts
    lands = np.minimum(np.searchsorted(before, target, side="right") - 1, len(starts) - 1)
    earlier: Moments = starts[lands] + target - before[lands]
    return earlier


def close_many(calendar: Calendar, moments: Moments, days: Moments) -> Moments:
    """The close of the so-manieth working day after each moment, as `minutes_to_day_end` counts to."""
    if not moments.size:
        return moments
    day_end(calendar, int(moments.max()), int(days.max()))  # the table grows until the hungriest and latest fits
    table = calendar.table(int(moments.min()), int(moments.max()))
    day_of, closings = table.day_arrays
    closed: Moments = closings[day_of[np.searchsorted(table.arrays[1], moments, side="right")] + days - 1]
    return closed


def span_many(calendar: Calendar, starts: Moments, ends: Moments) -> Moments:
    """The working time between two moments each."""
    table = calendar.table(int(min(starts.min(), ends.min())), int(max(starts.max(), ends.max())))
    return _positions(table, ends) - _positions(table, starts)


def fire_many(
    calendar: Calendar,
    *,
    anchor: Anchor,
    value: float,
    any_hour: bool,
    starts: Moments,
    amounts: Moments,
    due: Moments,
    counting: Counting,
) -> Moments:
    """What `fire_at` gives for one step on many clocks that never paused; `amounts` are their allowances, extensions
    included."""
    unit = Counting.CALENDAR if any_hour and counting == Counting.CALENDAR else Counting.WORKING
    if anchor == "next_morning":
        mornings = _next_mornings(calendar, due)
        return shift_many(calendar, mornings, np.full_like(due, micros(value)), Counting.WORKING)
    if anchor == "percent":
        moments = shift_many(calendar, starts, np.rint(amounts * value / 100).astype(np.int64), counting)
    elif not value:
        moments = due
    else:
        amount = micros(value if anchor == "after" else -value)
        moments = shift_many(calendar, due, np.full_like(due, amount), unit)
    return np.where(moments >= due, moments, _reminders(calendar, moments, starts, due, any_hour=any_hour))


def _reminders(calendar: Calendar, moments: Moments, starts: Moments, due: Moments, *, any_hour: bool) -> Moments:
    moments = np.maximum(moments, starts)
    if not any_hour and moments.size:
        table = calendar.table(int(moments.min()), int(due.max()))
        while table.before[-1] == table.position(int(moments.max())):
            table = calendar.longer(table, forward=True)
        while int(moments.min()) < table.starts[0]:
            table = calendar.longer(table, forward=False)
        opens, closes, _before = table.arrays
        at = np.searchsorted(opens, moments, side="right") - 1
        earlier = np.minimum(moments, closes[at])
        moments = np.where(earlier >= starts, earlier, _worked_or_next(table, moments))
    return np.minimum(moments, due)


def _next_mornings(calendar: Calendar, moments: Moments) -> Moments:
    if not moments.size:
        return moments
    first, last = (calendar.moment(int(moment)).date() for moment in (moments.min(), moments.max()))
    midnights = np.array(
        [calendar.midnight(first + dt.timedelta(days=n)) for n in range((last - first).days + 2)], dtype=np.int64
    )
    tomorrows = midnights[np.searchsorted(midnights, moments, side="right")]
    table = calendar.table(int(tomorrows.min()), int(tomorrows.max()))
    while table.opening(int(tomorrows.max())) is None:
        table = calendar.longer(table, forward=True)
    opens = table.arrays[0]
    mornings: Moments = opens[np.searchsorted(opens, tomorrows, side="left")]
    return mornings


def _positions(table: WorkingTable, moments: Moments) -> Moments:
    """The working time between the table's beginning and each moment."""
    starts, ends, before = table.arrays
    at = np.searchsorted(starts, moments, side="right") - 1
    return np.where(at < 0, 0, before[at] + np.minimum(moments, ends[at]) - starts[at])


def _worked_or_next(table: WorkingTable, moments: Moments) -> Moments:
    starts, ends, _before = table.arrays
    at = np.searchsorted(starts, moments, side="right") - 1
    inside = (at >= 0) & (moments <= ends[at])
    return np.where(inside, moments, starts[np.minimum(at + 1, len(starts) - 1)])
