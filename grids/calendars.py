"""By which calendar a grid works: the nearest ancestor's, else what most of China's offices keep. Plain rows,
because what they mean for a deadline is decided elsewhere."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version

from django.db import transaction
from django.utils import timezone

from .holidays_cn import DayRow as AnnouncedDay
from .holidays_cn import announced_days, announced_years
from .models import CalendarDay, Grid, WorkingCalendar, WorkingHours
from .snapshots import Snapshot
from .tree import STEP

LIBRARY = f"holidays {version('holidays')}"
"""The `source` of days from the library; rows with another source are an administrator's and stay."""

FIRST_YEAR = 2008
"""The default calendar knows holidays from here on: the present set of holidays was first announced for
2008."""


@dataclass(frozen=True, slots=True)
class HoursRow:
    """A span of a working day. `weekdays` are digits, 1 is Monday; the season is month-day, both
    inclusive."""

    weekdays: str
    starts: dt.time
    ends: dt.time
    season_from: str = "01-01"
    season_to: str = "12-31"


@dataclass(frozen=True, slots=True)
class DayRow:
    """A day that differs from its weekday; `kind` as in `CalendarDay.Kind`."""

    date: dt.date
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class CalendarRows:
    """One calendar. `key` is the same as long as it is the same calendar; `announced_years` are the years
    whose holidays are known, so that others are counted by their weekdays alone."""

    key: str
    timezone: str
    hours: tuple[HoursRow, ...]
    days: tuple[DayRow, ...]
    announced_years: frozenset[int] = frozenset()

    @property
    def digest(self) -> str:
        """SHA-256 over all that decides when something is due: the same as long as every clock is."""
        said = (self.timezone, self.hours, sorted((day.date, day.kind) for day in self.days))
        return hashlib.sha256(repr(said).encode()).hexdigest()


DEFAULT_HOURS = (
    HoursRow("12345", dt.time(8, 30), dt.time(12, 0)),
    HoursRow("12345", dt.time(14, 0), dt.time(17, 30)),
)
"""Eight and a half to half past five with the noon break: an administrator adds a city's winter hours."""


def calendar_for(grid_path: str) -> CalendarRows:
    """The calendar in force at the grid of this tree path: its own, the nearest ancestor's, else the
    default."""
    calendars = _calendars.get()
    for end in range(len(grid_path), 0, -STEP):
        if (rows := calendars.get(grid_path[:end])) is not None:
            return rows
    return default_calendar(timezone.localdate().year + 1)


def calendars_in_force() -> dict[str, CalendarRows]:
    """All calendars by the tree path of their grid; the default stands at the empty path."""
    return {"": default_calendar(timezone.localdate().year + 1), **_calendars.get()}


@cache
def default_calendar(last_year: int) -> CalendarRows:
    """Monday to Friday with the holidays that the library knows up to that year."""
    years = range(FIRST_YEAR, last_year + 1)
    days = tuple(DayRow(day.date, day.kind, day.name) for day in announced_days(years))
    return CalendarRows("default", "Asia/Shanghai", DEFAULT_HOURS, days, announced_years(years))


def _build() -> dict[str, CalendarRows]:
    calendars = WorkingCalendar.objects.select_related("grid").prefetch_related("hours", "days")
    return {calendar.grid.path: _rows(calendar) for calendar in calendars}


def _rows(calendar: WorkingCalendar) -> CalendarRows:
    days = tuple(DayRow(day.date, day.kind, day.name) for day in calendar.days.all())
    hours = tuple(
        HoursRow(row.weekdays, row.starts, row.ends, row.season_from, row.season_to) for row in calendar.hours.all()
    )
    announced = frozenset(day.date.year for day in days if day.kind == CalendarDay.Kind.HOLIDAY)
    return CalendarRows(f"calendar {calendar.pk}", calendar.timezone, hours, days, announced)


# A grid that moves takes its calendar to another path
_calendars = Snapshot(("calendars", "grids"), _build)


@dataclass(frozen=True, slots=True)
class Filled:
    """What `fill_calendar` did, in days."""

    created: int
    updated: int
    removed: int
    unchanged: int
    kept_manual: int
    unannounced_years: tuple[int, ...]


@transaction.atomic
def fill_calendar(grid: Grid, years: Iterable[int]) -> Filled:
    """Bring the announced holidays and make-up workdays of some years into a grid's calendar.

    Makes the calendar with the default hours where the grid has none. Days that an administrator entered
    stay; days of the library that it no longer knows (an announcement was corrected) go. Does the same
    when called again.
    """
    years = sorted(set(years))
    calendar = _calendar_of(grid)
    announced = announced_years(years)
    wanted = {day.date: day for day in announced_days(years)}
    present = {day.date: day for day in calendar.days.select_for_update()}
    by_hand = {date for date, day in present.items() if not day.source.startswith("holidays ")}
    new = [_day(calendar, day) for date, day in wanted.items() if date not in present]
    differing = [
        _day(calendar, wanted[date], pk=day.pk)
        for date, day in present.items()
        if date in wanted and date not in by_hand and (day.kind, day.name) != (wanted[date].kind, wanted[date].name)
    ]
    gone = [
        day.pk for date, day in present.items() if date not in by_hand and date not in wanted and date.year in announced
    ]
    CalendarDay.objects.bulk_create(new)
    CalendarDay.objects.bulk_update(differing, ["kind", "name", "source"])
    CalendarDay.objects.filter(pk__in=gone).delete()
    manual = len(by_hand & wanted.keys())
    unchanged = len(wanted) - len(new) - len(differing) - manual
    unannounced = tuple(year for year in years if year not in announced)
    return Filled(len(new), len(differing), len(gone), unchanged, manual, unannounced)


def _day(calendar: WorkingCalendar, day: AnnouncedDay, pk: int | None = None) -> CalendarDay:
    return CalendarDay(pk=pk, calendar=calendar, date=day.date, kind=day.kind, name=day.name, source=LIBRARY)


def _calendar_of(grid: Grid) -> WorkingCalendar:
    calendar, made = WorkingCalendar.objects.get_or_create(grid=grid)
    if made:
        WorkingHours.objects.bulk_create(
            WorkingHours(calendar=calendar, weekdays=row.weekdays, starts=row.starts, ends=row.ends)
            for row in DEFAULT_HOURS
        )
    return calendar
