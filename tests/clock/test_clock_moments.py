"""Single moments that are easily got wrong: closing time, seconds, seasons, summer time, bad input."""

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from cases.deadlines import (
    Calendar,
    Counting,
    DayRule,
    Hours,
    Pause,
    StillPaused,
    add,
    difference,
    due_at,
    due_many,
    elapsed,
    explain,
    last_working_moment,
    next_morning,
)

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
WORKING, CALENDAR = Counting.WORKING, Counting.CALENDAR


def at(text: str, zone: ZoneInfo = SHANGHAI) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=zone)


def test_an_allowance_used_up_at_closing_time_is_due_then_and_not_next_morning(langfang: Calendar):
    assert add(langfang, at("2026-11-16 08:30"), 480, WORKING) == at("2026-11-16 18:30")
    assert add(langfang, at("2026-11-16 10:00"), 120, WORKING) == at("2026-11-16 12:00")


def test_subtracting_ends_at_an_opening_and_not_at_the_closing_before(langfang: Calendar):
    assert add(langfang, at("2026-11-17 10:30"), -120, WORKING) == at("2026-11-17 08:30")
    assert add(langfang, at("2026-11-17 09:30"), -120, WORKING) == at("2026-11-16 17:30")


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-11-16 09:00", "2026-11-16 09:00"),
        ("2026-11-16 18:30", "2026-11-16 18:30"),
        ("2026-11-16 18:30:01", "2026-11-17 08:30"),
        ("2026-11-21 11:00", "2026-11-23 08:30"),
    ],
)
def test_a_clock_of_no_minutes_is_due_at_once_or_at_the_next_opening(langfang: Calendar, start: str, due: str):
    assert add(langfang, at(start), 0, WORKING) == at(due)
    assert explain(langfang, at(start), 0, WORKING).due_at == at(due)


def test_seconds_are_kept(langfang: Calendar):
    start = at("2026-11-16 15:10:37")
    assert add(langfang, start, 480, WORKING) == at("2026-11-17 15:10:37")
    told = explain(langfang, start, 480, WORKING).segments
    assert [segment.minutes for segment in told if segment.counted] == [199, 210, 71]
    assert told[0].duration == dt.timedelta(hours=3, minutes=19, seconds=23)


def test_a_moment_of_another_zone_is_answered_in_the_calendars(langfang: Calendar):
    due = add(langfang, dt.datetime(2026, 11, 16, 0, 30, tzinfo=dt.UTC), 60, WORKING)
    assert due == at("2026-11-16 09:30")
    assert due.tzinfo == SHANGHAI


def test_seasons_have_their_own_hours_and_a_season_may_wrap_the_new_year(seasons: Calendar):
    assert seasons.intervals(dt.date(2026, 7, 1))[1] == (at("2026-07-01 14:00"), at("2026-07-01 18:00"))
    assert seasons.intervals(dt.date(2026, 1, 6))[1] == (at("2026-01-06 13:30"), at("2026-01-06 17:30"))
    assert add(seasons, at("2026-09-30 17:00"), 120, WORKING) == at("2026-10-08 10:00")


def test_a_make_up_saturday_is_worked_in_full_though_saturdays_have_short_hours(seasons: Calendar):
    assert seasons.intervals(dt.date(2026, 10, 17)) == [(at("2026-10-17 09:00"), at("2026-10-17 11:00"))]
    assert [ends.hour for _, ends in seasons.intervals(dt.date(2026, 10, 10))] == [12, 17]


def test_overlapping_hours_count_once():
    hours = (
        Hours(dt.time(9), dt.time(12), frozenset({0})),
        Hours(dt.time(11), dt.time(13), frozenset({0})),
        Hours(dt.time(13), dt.time(14), frozenset({0})),
    )
    monday = dt.date(2026, 11, 16)
    calendar = Calendar("Asia/Shanghai", hours)
    assert calendar.intervals(monday) == [(at("2026-11-16 09:00"), at("2026-11-16 14:00"))]


def test_the_night_when_clocks_go_forward_is_an_hour_short_and_the_other_an_hour_long(berlin: Calendar):
    for day, minutes in (("2026-03-28", 180), ("2026-03-29", 120), ("2026-10-25", 240)):
        midnight = at(f"{day} 00:00", BERLIN)
        assert difference(berlin, midnight, at(f"{day} 12:00", BERLIN), WORKING) == minutes


def test_calendar_minutes_are_minutes_that_really_pass(berlin: Calendar):
    assert add(berlin, at("2026-03-28 12:00", BERLIN), 1440, CALENDAR) == at("2026-03-29 13:00", BERLIN)
    start, end = at("2026-10-24 12:00", BERLIN), at("2026-10-25 12:00", BERLIN)
    assert elapsed(berlin, start, end, CALENDAR) == dt.timedelta(hours=25)


def test_both_hours_named_two_oclock_can_be_due(berlin: Calendar):
    first = add(berlin, at("2026-10-25 01:00", BERLIN), 90, WORKING)
    second = add(berlin, at("2026-10-25 01:00", BERLIN), 150, WORKING)
    assert (first.hour, first.minute, first.fold) == (2, 30, 0)
    assert (second.hour, second.minute, second.fold) == (2, 30, 1)


def test_the_next_morning_skips_holidays_and_does_not_stay_on_its_day(langfang: Calendar):
    assert next_morning(langfang, at("2026-09-30 07:00")) == at("2026-10-08 08:30")
    assert next_morning(langfang, at("2026-10-09 20:00")) == at("2026-10-10 08:30")
    assert next_morning(langfang, at("2026-10-10 09:00")) == at("2026-10-12 08:30")


def test_the_last_working_moment_before_a_holiday_is_its_eve(langfang: Calendar):
    assert last_working_moment(langfang, at("2026-10-05 00:00")) == at("2026-09-30 18:30")
    assert last_working_moment(langfang, at("2026-11-16 13:00")) == at("2026-11-16 12:00")
    assert last_working_moment(langfang, at("2026-11-16 08:30")) == at("2026-11-16 08:30")


def test_naive_moments_are_refused_by_name(langfang: Calendar):
    naive, aware = dt.datetime(2026, 11, 16), at("2026-11-16 09:00")  # noqa: DTZ001
    with pytest.raises(ValueError, match=r"^start:"):
        add(langfang, naive, 1, WORKING)
    with pytest.raises(ValueError, match=r"^end:"):
        difference(langfang, aware, naive, WORKING)
    with pytest.raises(ValueError, match=r"^after:"):
        next_morning(langfang, naive)
    with pytest.raises(ValueError, match=r"^before:"):
        last_working_moment(langfang, naive)
    with pytest.raises(ValueError, match=r"^pauses:"):
        due_at(langfang, aware, 1, WORKING, [Pause(naive, None, "")])


def test_a_calendar_that_never_works_is_named_and_not_searched_for_ever():
    never, start = Calendar("Asia/Shanghai", ()), at("2026-11-16 09:00")
    for search in (
        lambda: add(never, start, 60, WORKING),
        lambda: add(never, start, 0, WORKING),
        lambda: add(never, start, -60, WORKING),
        lambda: next_morning(never, start),
        lambda: last_working_moment(never, start),
        lambda: explain(never, start, 60, WORKING),
        lambda: due_many(never, np.array(["2026-11-16"], "datetime64[s]"), np.array([90]), WORKING),
    ):
        with pytest.raises(ValueError, match=r"^hours: the calendar has none for 16 years on end"):
            search()
    assert add(never, start, 60, CALENDAR) == at("2026-11-16 10:00")


def test_an_allowance_or_a_moment_beyond_all_years_is_refused(langfang: Calendar):
    with pytest.raises(ValueError, match="leaves the years 1900 to 2200"):
        add(langfang, at("1026-11-16 09:00"), 60, WORKING)
    with pytest.raises(ValueError, match="negative"):
        due_at(langfang, at("2026-11-16 09:00"), 60, WORKING, added=-61)
    with pytest.raises(ValueError, match=r"^starts:"):
        due_many(langfang, np.array(["NaT"], "datetime64[s]"), np.array([1]), WORKING)


@pytest.mark.parametrize(
    ("build", "named"),
    [
        (lambda: Hours(dt.time(12), dt.time(9), frozenset({0})), "ends"),
        (lambda: Hours(dt.time(9), dt.time(9), frozenset({0})), "ends"),
        (lambda: Hours(dt.time(9), dt.time(12), frozenset({7})), "weekdays"),
        (lambda: Hours(dt.time(9), dt.time(12), frozenset()), "weekdays"),
        (lambda: Hours(dt.time(9), dt.time(12), frozenset({0}), (2, 30)), "from_md"),
        (lambda: Calendar("Asia/Langfang", ()), "timezone"),
        (
            lambda: Calendar("Asia/Shanghai", (), {dt.date(2026, 1, 1): DayRule(dt.date(2026, 1, 2), "closure")}),
            "days",
        ),
    ],
)
def test_a_calendar_that_contradicts_itself_is_refused(build, named: str):
    with pytest.raises(ValueError, match=rf"^{named}:"):
        build()


def test_a_clock_that_is_still_paused_has_no_due_moment(langfang: Calendar):
    pause = Pause(at("2026-11-16 10:00"), None, "待上级批复")
    with pytest.raises(StillPaused):
        due_at(langfang, at("2026-11-16 09:00"), 480, WORKING, [pause])
    told = explain(langfang, at("2026-11-16 09:00"), 480, WORKING, [pause])
    assert told.due_at is None
    assert (told.segments[-1].ends, told.segments[-1].detail) == (None, "待上级批复")
    assert due_at(langfang, at("2026-11-16 09:00"), 60, WORKING, [pause]) == at("2026-11-16 10:00")
