"""China's holidays and make-up workdays (调休) as plain rows for working calendars: the State
Council announces them each year (国务院办公厅关于…部分节假日安排的通知), and the `holidays` library keeps the
announcements."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from holidays.countries.china import China

DAY = dt.timedelta(days=1)

# The notices announce the eve, and 2020's prolongation, as days of the Spring Festival.
FESTIVAL_OF = {"农历除夕": "春节", "春节延长假期": "春节"}


@dataclass(frozen=True, order=True)
class DayRow:
    """A day that differs from its weekday. `name` is Chinese: 国庆节 for a holiday, 国庆节调休 for a make-up
    day."""

    date: dt.date
    kind: Literal["holiday", "makeup"]
    name: str


def announced_years(years: Iterable[int]) -> frozenset[int]:
    """Those of the years whose notice the library holds.

    The library computes statutory holidays for any year, but which weekends are worked in return is only
    known from the notice, and it keeps these exchanges by year of the notice; every notice since 2001 has
    some. A year without them is therefore not announced, whatever holidays the library computes for it.
    """
    return frozenset(year for year in years if _exchanges(year))


def announced_days(years: Iterable[int]) -> list[DayRow]:
    """The holidays (weekend days inside or beside them included, as the notices do) and make-up workdays of
    the announced years, in order. A year not yet announced has no rows: it is counted by its weekdays.

    A row belongs to the year of its notice: that of 2012 made 31 December 2011 a workday.
    """
    return sorted({row for year in announced_years(years) for row in _rows(year)})


def _rows(year: int) -> Iterator[DayRow]:
    exchanges = _exchanges(year)
    festivals = _festivals(year)
    name_of: dict[dt.date, str] = {}
    for run in _runs(set(festivals) | set(exchanges), worked=set(exchanges.values())):
        named = dict.fromkeys(name for day in run for name in festivals.get(day, ()))
        for day in run:
            name_of[day] = "、".join(named)
            yield DayRow(day, "holiday", name_of[day])
    for free, worked in exchanges.items():
        if worked.weekday() >= 5:
            yield DayRow(worked, "makeup", f"{name_of[free]}调休")


def _runs(free: set[dt.date], worked: set[dt.date]) -> Iterator[list[dt.date]]:
    """The free days in unbroken runs, with the free weekends that lie inside or beside them."""

    def joins(day: dt.date) -> bool:
        return day in free or (day.weekday() >= 5 and day not in worked)

    done: set[dt.date] = set()
    for day in sorted(free):
        if day in done:
            continue
        first = last = day
        while joins(first - DAY):
            first -= DAY
        while joins(last + DAY):
            last += DAY
        run = [first + number * DAY for number in range((last - first).days + 1)]
        done.update(run)
        yield run


def _festivals(year: int) -> dict[dt.date, list[str]]:
    """The festivals that each free day of the year belongs to; none for a day that is exchanged for a
    weekend."""
    exchanged = set(_exchanges(year))
    label = _library(year).observed_label.partition("%s")
    found: dict[dt.date, list[str]] = {}
    for day, names in _library(year).items():
        if day not in exchanged:
            plain = [name.removeprefix(label[0]).removesuffix(label[2]) for name in names.split("; ")]
            found[day] = [FESTIVAL_OF.get(name, name) for name in plain]
    eve, new_year = dt.date(year, 12, 31), dt.date(year + 1, 1, 1)
    if eve in exchanged:  # as in 2018: the old year's notice already frees the new year's holiday
        found[new_year] = [_library(year + 1)[new_year]]
    return found


def _exchanges(year: int) -> dict[dt.date, dt.date]:
    """Free day → day worked for it, by the year's notice."""
    entries = _library(year).special_public_holidays.get(year, ())
    entries = entries if entries and isinstance(entries[0], tuple) else (entries,)
    found = {}
    for entry in entries:
        if len(entry) >= 4:  # month and day that are free, month and day (and year) that are worked
            month, day, worked_month, worked_day, *other_year = entry
            worked_year = other_year[0] if other_year else year
            found[dt.date(year, month, day)] = dt.date(worked_year, worked_month, worked_day)
    return found


@cache
def _library(year: int) -> China:
    return China(years=year, expand=False, language="zh_CN")
