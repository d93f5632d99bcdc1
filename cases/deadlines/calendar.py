"""When a city works, as data, and the table that makes counting over it a search instead of a walk:
all working intervals of some years in order, with the working time that lies before each."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from itertools import accumulate
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND = dt.timedelta(microseconds=1)
MINUTE = 60_000_000  # microseconds
DAY = dt.timedelta(days=1)
MIDNIGHT = dt.time(0)

FIRST_YEAR, LAST_YEAR = 1900, 2200  # a moment beyond them is a slip of the pen, not a case
BARREN_YEARS = 10  # so long without a working minute, and the calendar is wrong


class Counting(StrEnum):
    """What an allowance counts. A clock itself runs in working or calendar time: days to the close of the last become
    working minutes when it starts (`minutes_to_day_end`)."""

    WORKING = "working"
    CALENDAR = "calendar"
    DAY = "day"


@dataclass(frozen=True)
class Hours:
    """One span of a working day for some weekdays (Monday is 0) in one season.

    `ends` at 00:00 means midnight at the end of the day; a night shift is two rows, one up to midnight and
    one from it. `from_md` and `to_md` are (month, day), both inclusive; a season may wrap the new year.
    """

    starts: dt.time
    ends: dt.time
    weekdays: frozenset[int]
    from_md: tuple[int, int] = (1, 1)
    to_md: tuple[int, int] = (12, 31)

    def __post_init__(self) -> None:
        if self.ends not in (MIDNIGHT, max(self.starts, self.ends)) or self.starts == self.ends != MIDNIGHT:
            raise ValueError(f"ends: {self.ends} is not after {self.starts} (two rows make a night shift)")
        if not self.weekdays or not self.weekdays <= frozenset(range(7)):
            raise ValueError(f"weekdays: 0 (Monday) to 6 (Sunday), not {sorted(self.weekdays)}")
        for name, month_day in (("from_md", self.from_md), ("to_md", self.to_md)):
            try:
                dt.date(2000, *month_day)  # a leap year, so that 29 February may bound a season
            except ValueError as error:
                raise ValueError(f"{name}: {month_day} is no month and day: {error}") from None

    def in_season(self, day: dt.date) -> bool:
        month_day = (day.month, day.day)
        if self.from_md <= self.to_md:
            return self.from_md <= month_day <= self.to_md
        return month_day >= self.from_md or month_day <= self.to_md

    @property
    def minutes(self) -> tuple[int, int]:
        """The span in minutes of the day, seconds left out."""
        starts, ends = (time.hour * 60 + time.minute for time in (self.starts, self.ends))
        return starts, ends or 24 * 60


def _usual_weekday(season: list[Hours]) -> int:
    return min((min(hours.weekdays) for hours in season), default=0)


@dataclass(frozen=True)
class DayRule:
    """A day that differs from its weekday: holidays and closures are not worked, make-up days (调休) are."""

    date: dt.date
    kind: Literal["holiday", "makeup", "closure"]
    name: str = ""


@dataclass(frozen=True)
class WorkingTable:
    """All working intervals of whole local years in microseconds since 1970, and what lies before each."""

    first_year: int
    last_year: int
    covers: tuple[int, int]  # moments whose neighbouring intervals are certainly in the table, if any exist
    starts: list[int]
    ends: list[int]
    before: list[int]  # working time before interval i; one longer than the others: the last is the total
    days: list[int]  # the how-manieth worked day of the table interval i belongs to
    closings: list[int]  # when each worked day closes

    def position(self, moment: int) -> int:
        """Working time between the table's beginning and the moment."""
        at = bisect_right(self.starts, moment) - 1
        return 0 if at < 0 else self.before[at] + min(moment, self.ends[at]) - self.starts[at]

    def shifted(self, moment: int, amount: int) -> int | None:
        """The moment `amount` of working time later (earlier if negative); None where the table is too
        short."""
        if amount == 0:
            return self.worked_or_next(moment)
        target = self.position(moment) + amount
        if amount > 0:
            at = bisect_left(self.before, target) - 1  # the first interval that uses it up: lands on its end
            return self.starts[at] + target - self.before[at] if target <= self.before[-1] else None
        at = bisect_right(self.before, target) - 1  # the mirror: lands on an interval's start
        return self.starts[at] + target - self.before[at] if target >= 0 else None

    def worked_or_next(self, moment: int) -> int | None:
        """The moment where it is working time (closing moment included), else the next opening."""
        at = bisect_right(self.starts, moment) - 1
        if at >= 0 and moment <= self.ends[at]:
            return moment
        return self.starts[at + 1] if at + 1 < len(self.starts) else None

    def closing(self, moment: int, days: int) -> int | None:
        """When the so-manieth worked day closes, the first being the one that has working time left after the moment;
        None where the table is too short."""
        at = bisect_right(self.ends, moment)
        if at == len(self.ends):
            return None
        day = self.days[at] + days - 1
        return self.closings[day] if day < len(self.closings) else None

    def opening(self, moment: int) -> int | None:
        """The first opening at or after the moment."""
        at = bisect_left(self.starts, moment)
        return self.starts[at] if at < len(self.starts) else None

    def worked_or_last(self, moment: int) -> int | None:
        """The moment where it is working time, else the last closing before it."""
        at = bisect_right(self.starts, moment) - 1
        return min(moment, self.ends[at]) if at >= 0 else None

    def between(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The working intervals inside [start, end), clipped."""
        for at in range(bisect_right(self.ends, start), bisect_left(self.starts, end)):
            yield max(start, self.starts[at]), min(end, self.ends[at])

    @cached_property
    def arrays(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """`starts`, `ends` and `before` for vectorised searches."""
        starts, ends, before = (np.array(x, dtype=np.int64) for x in (self.starts, self.ends, self.before))
        return starts, ends, before

    @cached_property
    def day_arrays(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """`days` and `closings` for vectorised searches."""
        return np.array(self.days, dtype=np.int64), np.array(self.closings, dtype=np.int64)


@dataclass(frozen=True)
class Calendar:
    """When a city works. Immutable; a changed calendar is a new one.

    `timezone` is an IANA name. `days` holds the days that differ from their weekday. `announced_years` are
    those whose holidays are known: outside them days are counted by their weekday, and explanations say so.

    Counting is fast while the object lives (it keeps its table), so keep one per city, not one per request.
    """

    timezone: str
    hours: tuple[Hours, ...]
    days: Mapping[dt.date, DayRule] = field(default_factory=dict, hash=False, repr=False)
    announced_years: frozenset[int] = field(default=frozenset(), repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "days", dict(self.days))
        for day, rule in self.days.items():
            if day != rule.date:
                raise ValueError(f"days: the rule of {rule.date} stands at {day}")
        try:
            self.zone  # noqa: B018 (refused now rather than at the first deadline)
        except (KeyError, ValueError) as error:
            raise ValueError(f"timezone: {self.timezone!r} is unknown: {error}") from None

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def hours_on(self, day: dt.date) -> list[Hours]:
        """The hours worked on a day, none where it is free.

        A make-up day is worked like the first working weekday (usually Monday) of its season, so that a
        Saturday with a short service of its own is still worked in full when it makes up for a weekday.
        """
        season = [hours for hours in self.hours if hours.in_season(day)]
        rule = self.days.get(day)
        if rule and rule.kind != "makeup":
            return []
        weekday = _usual_weekday(season) if rule else day.weekday()
        return [hours for hours in season if weekday in hours.weekdays]

    def usual_minutes(self, day: dt.date) -> int:
        """The working minutes of a usual day (the first working weekday) in the season of a date: what "a working
        day" means in words. Hours that overlap count once."""
        season = [hours for hours in self.hours if hours.in_season(day)]
        total, open_until = 0, 0
        for starts, ends in sorted(h.minutes for h in season if _usual_weekday(season) in h.weekdays):
            total += max(0, ends - max(starts, open_until))
            open_until = max(open_until, ends)
        return total

    def intervals(self, day: dt.date) -> list[tuple[dt.datetime, dt.datetime]]:
        """The half-open working intervals of a date, in order, without overlaps."""
        return [(self.moment(starts), self.moment(ends)) for starts, ends in self.spans(day)]

    def spans(self, day: dt.date) -> list[tuple[int, int]]:
        """As `intervals`, in microseconds since 1970."""
        merged: list[tuple[int, int]] = []
        for starts, ends in sorted(self._span(day, hours) for hours in self.hours_on(day)):
            if merged and starts <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(ends, merged[-1][1]))
            elif starts < ends:  # an interval inside the hour that summer time skips has no minutes
                merged.append((starts, ends))
        return merged

    def _span(self, day: dt.date, hours: Hours) -> tuple[int, int]:
        last = day + DAY if hours.ends == MIDNIGHT else day
        starts, ends = dt.datetime.combine(day, hours.starts), dt.datetime.combine(last, hours.ends)
        return self.micros(starts), self.micros(ends)

    def micros(self, wall: dt.datetime) -> int:
        """Microseconds since 1970 of a naive local time; the first of the two where clocks go back."""
        return (wall.replace(tzinfo=self.zone) - EPOCH) // MICROSECOND

    def midnight(self, day: dt.date) -> int:
        return self.micros(dt.datetime.combine(day, MIDNIGHT))

    def moment(self, micros: int) -> dt.datetime:
        """The aware local moment of microseconds since 1970."""
        return (EPOCH + dt.timedelta(microseconds=micros)).astimezone(self.zone)

    def table(self, first: int, last: int) -> WorkingTable:
        """The table over at least these moments (microseconds since 1970). It only ever grows: threads that
        build it at the same time do the same work twice, and each goes on with a right one.

        Raises ValueError where a moment lies outside the years 1900 to 2200.
        """
        table: WorkingTable | None = self.__dict__.get("_table")
        if table is None or first < table.covers[0] or last > table.covers[1]:
            from_year, to_year = self.moment(first - 2 * DAY // MICROSECOND).year, self.moment(last).year
            if table is not None:
                from_year, to_year = min(from_year, table.first_year), max(to_year, table.last_year)
            table = self._built(from_year, to_year)
        return table

    def longer(self, table: WorkingTable, *, forward: bool) -> WorkingTable:
        """A table that reaches further than the one given.

        Raises ValueError where the calendar has no working time there, so that no search goes on for ever.
        """
        more = min(16, table.last_year - table.first_year + 1)
        first, last = table.first_year, table.last_year
        first, last = (first, last + more) if forward else (first - more, last)
        longer = self._built(first, last)
        if more > BARREN_YEARS and longer.before[-1] == table.before[-1]:
            raise ValueError(f"hours: the calendar has none for {more} years on end ({first} to {last})")
        return longer

    def _built(self, first: int, last: int) -> WorkingTable:
        if first < FIRST_YEAR or last > LAST_YEAR:
            raise ValueError(f"{first} to {last}: counting leaves the years {FIRST_YEAR} to {LAST_YEAR}")
        worked = [day for year in range(first, last + 1) for day in self._worked_days(year)]
        spans = [span for day in worked for span in day]
        table = WorkingTable(
            first_year=first,
            last_year=last,
            # Not from 1 January: New Year's Eve may close at midnight, and belongs to the year before.
            covers=(self.midnight(dt.date(first, 1, 2)), self.midnight(dt.date(last + 1, 1, 1))),
            starts=[starts for starts, _ in spans],
            ends=[ends for _, ends in spans],
            before=list(accumulate((ends - starts for starts, ends in spans), initial=0)),
            days=[number for number, day in enumerate(worked) for _ in day],
            closings=[day[-1][1] for day in worked],
        )
        self.__dict__["_table"] = table
        return table

    def _worked_days(self, year: int) -> list[list[tuple[int, int]]]:
        """The spans of each day of the year that has any."""
        years: dict[int, list[list[tuple[int, int]]]] = self.__dict__.setdefault("_years", {})
        if year not in years:
            days = (dt.date(year, 1, 1) + number * DAY for number in range(366))
            years[year] = [spans for day in days if day.year == year and (spans := self.spans(day))]
        return years[year]


def micros(minutes: float) -> int:
    """Whole microseconds of an allowance: policies may name fractions of a minute."""
    return round(minutes * MINUTE)


def micros_of(moment: dt.datetime, name: str) -> int:
    """Microseconds since 1970 of an aware moment; ValueError that names the argument for a naive one."""
    if moment.utcoffset() is None:
        raise ValueError(f"{name}: {moment!r} has no time zone")
    return (moment - EPOCH) // MICROSECOND
