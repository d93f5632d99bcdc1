"""When the steps of a ladder fire: reminders by day, flags on the minute, urging on the next morning."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from cases.deadlines import Calendar, Counting, Pause, due_at, fire_at

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.fixture
def fires(langfang: Calendar):
    def fires(
        anchor: str,
        value: int,
        start: str,
        minutes: int,
        counting: Counting = Counting.WORKING,
        *,
        any_hour: bool = False,
        pauses: tuple[Pause, ...] = (),
        added: int = 0,
    ) -> dt.datetime:
        due = due_at(langfang, at(start), minutes, counting, pauses, added)
        return fire_at(
            langfang,
            anchor=anchor,
            value=value,
            start=at(start),
            allowance_minutes=minutes,
            counting=counting,
            due=due,
            any_hour=any_hour,
            pauses=pauses,
            added=added,
        )

    return fires


def test_a_reminder_one_hour_before_goes_back_across_the_night_by_working_time(fires):
    assert fires("before", 60, "2026-11-16 08:30", 510) == at("2026-11-16 18:00")


def test_a_reminder_before_a_due_moment_at_night_comes_in_the_last_working_moments(fires):
    day = Counting.CALENDAR
    assert fires("before", 60, "2026-11-16 02:00", 1440, day) == at("2026-11-16 17:30")
    assert fires("before", 60, "2026-11-16 02:00", 1440, day, any_hour=True) == at("2026-11-17 01:00")


def test_per_cents_are_of_working_time(fires):
    assert fires("percent", 50, "2026-09-30 15:10", 2400) == at("2026-10-10 09:10")
    assert fires("percent", 100, "2026-09-30 15:10", 2400) == at("2026-10-13 15:10")
    assert fires("percent", 50, "2026-11-16 08:30", 15) == at("2026-11-16 08:37:30")


def test_per_cents_respect_extensions_and_suspensions(fires):
    pause = Pause(at("2026-11-16 09:00"), at("2026-11-16 10:00"), "材料")
    assert fires("percent", 50, "2026-11-16 08:30", 120, pauses=(pause,)) == at("2026-11-16 10:30")
    assert fires("percent", 50, "2026-11-16 08:30", 120, added=60) == at("2026-11-16 10:00")


def test_a_percentage_at_night_moves_back_into_the_day(fires):
    assert fires("percent", 50, "2026-11-16 16:00", 1440, Counting.CALENDAR) == at("2026-11-16 18:30")


def test_a_reminder_never_moves_to_before_its_clock_began(fires):
    """Begun on Monday at 20:00: half of it is at 04:00; the last working moment before that is too early."""
    assert fires("percent", 50, "2026-11-16 20:00", 960, Counting.CALENDAR) == at("2026-11-17 08:30")


def test_a_reminder_without_any_working_moment_before_the_deadline_comes_with_the_flag(fires):
    assert fires("percent", 50, "2026-11-20 20:00", 1440, Counting.CALENDAR) == at("2026-11-21 20:00")
    assert fires("percent", 50, "2026-11-20 20:00", 1440, Counting.CALENDAR, any_hour=True) == at("2026-11-21 08:00")


def test_a_reminder_longer_before_than_the_whole_allowance_comes_at_the_start(fires):
    assert fires("before", 480, "2026-11-16 10:00", 120) == at("2026-11-16 10:00")


def test_a_reminder_that_falls_into_a_suspension_waits_for_its_end(fires):
    pause = Pause(at("2026-11-16 09:00"), at("2026-11-16 11:30"), "材料")
    assert fires("before", 60, "2026-11-16 08:30", 40, pauses=(pause,)) == at("2026-11-16 11:30")


def test_a_flag_is_on_the_minute_even_at_night(fires):
    assert fires("after", 0, "2026-11-16 02:00", 1440, Counting.CALENDAR) == at("2026-11-17 02:00")
    assert fires("before", 0, "2026-11-16 02:00", 1440, Counting.CALENDAR) == at("2026-11-17 02:00")
    assert fires("percent", 100, "2026-11-16 02:00", 1440, Counting.CALENDAR) == at("2026-11-17 02:00")


def test_a_grace_of_working_time_does_not_run_through_a_holiday(fires):
    assert fires("after", 240, "2026-09-30 08:30", 480) == at("2026-10-08 14:30")
    assert fires("after", 240, "2026-10-01 08:30", 480, Counting.CALENDAR) == at("2026-10-08 14:30")


def test_at_any_hour_a_grace_of_calendar_time_runs_on(fires):
    assert fires("after", 240, "2026-10-01 16:30", 480, Counting.CALENDAR, any_hour=True) == at("2026-10-02 04:30")


def test_urging_comes_on_the_first_working_morning_after_a_holiday(fires):
    assert fires("next_morning", 0, "2026-09-30 08:30", 480) == at("2026-10-08 08:30")
    assert fires("next_morning", 30, "2026-09-30 08:30", 480) == at("2026-10-08 09:00")


def test_what_makes_no_sense_is_refused_by_name(fires):
    with pytest.raises(ValueError, match=r"^value:"):
        fires("before", -1, "2026-11-16 08:30", 60)
    with pytest.raises(ValueError, match=r"^anchor:"):
        fires("someday", 1, "2026-11-16 08:30", 60)
