"""Adding, subtracting and comparing moments in working or calendar minutes: the arithmetic under every clock."""

from __future__ import annotations

import datetime as dt

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
