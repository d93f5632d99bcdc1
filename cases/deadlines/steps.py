"""When a step of a ladder fires, from the clock it hangs on: so many per cent of it, so long before or after
its due moment, or on the working morning that follows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Literal

from cases.deadlines.calendar import Calendar, Counting, micros, micros_of
from cases.deadlines.clock import Pause, due_micros
from cases.deadlines.counting import add, last_worked, next_morning, shift

Anchor = Literal["percent", "before", "after", "next_morning"]


def fire_at(
    calendar: Calendar,
    *,
    anchor: Anchor,
    value: float,
    start: dt.datetime,
    allowance_minutes: float,
    counting: Counting,
    due: dt.datetime,
    any_hour: bool,
    pauses: Iterable[Pause] = (),
    added: float = 0,
) -> dt.datetime:
    """When a step fires on a clock of `allowance_minutes` (+ `added`) from `start` to `due`.

    - percent: when `value` per cent of the allowance, extensions included, are used up; pauses do not count.
    - before, after: `value` working minutes from `due`; calendar minutes where the clock counts those and the
      step may fire at any hour. 0 is `due` itself, whatever the hour: a flag is a fact, not a message.
    - next_morning: `value` working minutes (mostly 0) into the first day worked after the date of `due`.

    What fires before `due` is a reminder. One that falls into a pause waits for its end; unless `any_hour`,
    one that falls outside working hours moves to the last working moment before it. It never moves to before
    the start of the clock or its last resumption, where it would remind of what was just said: then it moves
    to the next working moment, or to `due` where that comes first (it is then told together with the flag).

    Raises ValueError for naive moments, a negative value and an unknown anchor, and as `due_at` does.
    """
    if value < 0:
        raise ValueError(f"value: {value} is negative; choose before or after")
    begin, end = micros_of(start, "start"), micros_of(due, "due")
    pauses = tuple(pauses)
    unit = Counting.CALENDAR if any_hour and counting == Counting.CALENDAR else Counting.WORKING
    if anchor == "next_morning":
        return add(calendar, next_morning(calendar, due), value, Counting.WORKING)
    if anchor == "percent":
        used = round(micros(allowance_minutes + added) * value / 100)
        moment = due_micros(calendar, begin, used, counting, pauses)
    elif anchor in ("before", "after"):
        amount = micros(value if anchor == "after" else -value)
        moment = shift(calendar, end, amount, unit) if value else end
    else:
        raise ValueError(f"anchor: {anchor!r} is none of percent, before, after, next_morning")
    if moment >= end:
        return calendar.moment(moment)
    return calendar.moment(_reminder(calendar, moment, begin, end, pauses, any_hour=any_hour))


def _reminder(
    calendar: Calendar, moment: int, start: int, due: int, pauses: tuple[Pause, ...], *, any_hour: bool
) -> int:
    while moment < due:
        since = _running_since(start, moment, pauses)
        moment = max(moment, since)
        if any_hour:
            break
        earlier = last_worked(calendar, moment)
        if earlier >= since:
            return min(earlier, due)
        # Later, then; and once more from there, for a further pause may hold the next working moment.
        moment = shift(calendar, moment, 0, Counting.WORKING)
    return min(moment, due)


def _running_since(start: int, moment: int, pauses: tuple[Pause, ...]) -> int:
    """The start of the clock, or its last resumption from a pause that began before the moment."""
    since = start
    for pause in sorted(pauses, key=lambda pause: micros_of(pause.starts, "pauses")):
        begins = micros_of(pause.starts, "pauses")
        if pause.ends is not None and (begins < moment or begins <= since):
            since = max(since, micros_of(pause.ends, "pauses"))
    return since
