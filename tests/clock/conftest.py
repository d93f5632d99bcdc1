"""The calendars that the clock is tried on: with a lunch break, seasonal, with summer time, never closing."""

import datetime as dt

import pytest

from cases.deadlines import Calendar, DayRule, Hours
from grids.holidays_cn import announced_days, announced_years

YEARS = range(2010, 2027)
WEEKDAYS = frozenset(range(5))
RULES = {row.date: DayRule(row.date, row.kind, row.name) for row in announced_days(YEARS)}


def china(*hours: Hours) -> Calendar:
    return Calendar("Asia/Shanghai", hours, RULES, announced_years(YEARS))


CALENDARS = {
    # Eight hours a day, as most offices of northern China keep them: 2,400 minutes are five days.
    "china": china(Hours(dt.time(8, 30), dt.time(12), WEEKDAYS), Hours(dt.time(14), dt.time(18, 30), WEEKDAYS)),
    "seasons": china(
        Hours(dt.time(9), dt.time(12), WEEKDAYS),
        Hours(dt.time(14), dt.time(18), WEEKDAYS, (5, 1), (9, 30)),
        Hours(dt.time(13, 30), dt.time(17, 30), WEEKDAYS, (10, 1), (4, 30)),
        Hours(dt.time(9), dt.time(11), frozenset({5})),
    ),
    "berlin": Calendar("Europe/Berlin", (Hours(dt.time(1), dt.time(4), frozenset(range(7))),)),
    "always": Calendar("Europe/Berlin", (Hours(dt.time(0), dt.time(0), frozenset(range(7))),)),
}


@pytest.fixture(scope="session", params=CALENDARS)
def calendar(request: pytest.FixtureRequest) -> Calendar:
    return CALENDARS[request.param]


@pytest.fixture(scope="session")
def langfang() -> Calendar:
    return CALENDARS["china"]


@pytest.fixture(scope="session")
def seasons() -> Calendar:
    return CALENDARS["seasons"]


@pytest.fixture(scope="session")
def berlin() -> Calendar:
    return CALENDARS["berlin"]
