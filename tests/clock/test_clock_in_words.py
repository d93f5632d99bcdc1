"""A clock in one sentence: what a reader would not expect is said, what goes without saying is not."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import translation

from cases.deadlines import Calendar, Counting, Hours, Pause, explain
from cases.explaining import in_words
from grids.calendars import default_calendar

WEEK = frozenset(range(5))


@pytest.fixture(scope="module")
def china() -> Calendar:
    from cases.calendars import _calendar

    return _calendar(default_calendar(2026))


def said(calendar: Calendar, start: str, minutes: float, language: str = "en", **more: Any) -> str:
    begin = dt.datetime.fromisoformat(start).replace(tzinfo=calendar.zone)
    counting, pauses, added = more.get("counting", Counting.WORKING), more.get("pauses", ()), more.get("added", 0)
    told = explain(calendar, begin, minutes, counting, pauses, added)
    with translation.override(language):
        return in_words(told, calendar, start=begin, minutes=minutes, counting=counting, added=added)


def local(calendar: Calendar, text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=calendar.zone)


def test_over_the_national_day_of_2026(china: Calendar) -> None:
    pause = Pause(local(china, "2026-10-09T09:00"), local(china, "2026-10-09T11:00"), "等材料")
    words = said(china, "2026-09-30T15:10", 2100, pauses=[pause])
    assert words == (
        "5 working days from Wed 30 Sep 15:10 → Tue 13 Oct 17:10: 1–7 Oct National Day not counted, "
        "2 h suspended by “等材料”, Sat 10 Oct make-up day counted"
    )


def test_nights_and_weekends_go_without_saying(china: Calendar) -> None:
    assert said(china, "2026-11-13T16:30", 420) == "1 working day from Fri 13 Nov 16:30 → Mon 16 Nov 16:30"
    assert said(china, "2026-11-13T16:30", 90) == (
        "1 h 30 min of working time from Fri 13 Nov 16:30 → Mon 16 Nov 09:00"
    )


def test_calendar_time_is_told_in_hours_and_days(china: Calendar) -> None:
    first = said(china, "2026-10-01T08:00", 1440, counting=Counting.CALENDAR)
    assert first == "24 h from Thu 1 Oct 08:00 → Fri 2 Oct 08:00"
    assert said(china, "2026-10-01T08:00", 10080, counting=Counting.CALENDAR).startswith("7 days from")


def test_extensions_open_pauses_and_years_not_announced_are_told(china: Calendar) -> None:
    assert said(china, "2026-11-13T16:30", 420, added=420).endswith(
        "Tue 17 Nov 16:30: 1 working day added by extension"
    )
    resting = said(china, "2026-11-13T16:30", 420, pauses=[Pause(local(china, "2026-11-13T17:00"), None, "等材料")])
    assert "resting: suspended since Fri 13 Nov 17:00: 等材料" in resting
    unknown = Calendar("Asia/Shanghai", (Hours(dt.time(9), dt.time(17), WEEK),))
    assert said(unknown, "2031-12-31T16:00", 120) == (
        "2 h of working time from Wed 31 Dec 2031 16:00 → Thu 1 Jan 2032 10:00: "
        "holidays of 2031 not announced yet, counted by weekdays, "
        "holidays of 2032 not announced yet, counted by weekdays"
    )


def test_a_working_day_is_as_long_as_the_calendar_says(china: Calendar) -> None:
    seasons = Calendar(
        "Asia/Shanghai",
        (
            Hours(dt.time(9), dt.time(12), WEEK),
            Hours(dt.time(11), dt.time(18), WEEK, (5, 1), (9, 30)),
            Hours(dt.time(9), dt.time(11), frozenset({5})),
        ),
    )
    assert (seasons.usual_minutes(dt.date(2026, 6, 1)), seasons.usual_minutes(dt.date(2026, 12, 1))) == (540, 180)
    assert china.usual_minutes(dt.date(2026, 6, 1)) == 420
