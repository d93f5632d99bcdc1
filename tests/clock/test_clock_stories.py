"""Deadlines that explain themselves, told with the true dates of 2026."""

import datetime as dt
from zoneinfo import ZoneInfo

from cases.deadlines import Calendar, Counting, DayRule, Pause, Reason, due_at, explain

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def told(calendar: Calendar, *args, **kwargs) -> list[tuple[str, str, str]]:
    """(from, to, reason) of each segment that is not plain working time or the hours around it."""
    plain = (Reason.WORKING, Reason.OUTSIDE)
    segments = explain(calendar, *args, **kwargs).segments
    return [(f"{s.starts:%m-%d %H:%M}", f"{s.ends:%m-%d %H:%M}", s.reason) for s in segments if s.code not in plain]


def test_five_working_days_across_the_national_day(langfang: Calendar):
    """In 2026 the holiday is 1 to 7 October, and Saturday the 10th is worked for it."""
    assert explain(langfang, at("2026-09-30 15:10"), 2400, Counting.WORKING).due_at == at("2026-10-13 15:10")
    assert told(langfang, at("2026-09-30 15:10"), 2400, Counting.WORKING) == [
        ("10-01 00:00", "10-08 00:00", "holiday: 国庆节"),
        ("10-10 08:30", "10-10 12:00", "make-up day"),
        ("10-10 14:00", "10-10 18:30", "make-up day"),
        ("10-11 00:00", "10-12 00:00", "weekend"),
    ]


def test_two_hours_of_suspension_make_it_two_working_hours_later(langfang: Calendar):
    pauses = [Pause(at("2026-10-09 10:00"), at("2026-10-09 12:00"), "等待鉴定")]
    told = explain(langfang, at("2026-09-30 15:10"), 2400, Counting.WORKING, pauses)
    assert told.due_at == at("2026-10-13 17:10")
    assert [s.minutes for s in told.segments if s.code == Reason.SUSPENDED] == [120]
    assert [s.detail for s in told.segments if s.code == Reason.SUSPENDED] == ["等待鉴定"]


def test_a_suspension_over_a_weekend_is_one_segment_and_stops_the_clock_whatever_the_hour(langfang: Calendar):
    pauses = [Pause(at("2026-11-13 17:30"), at("2026-11-16 09:30"), "等待鉴定")]
    assert told(langfang, at("2026-11-13 17:00"), 60, Counting.WORKING, pauses) == [
        ("11-13 17:30", "11-16 09:30", "suspended: 等待鉴定")
    ]
    assert due_at(langfang, at("2026-11-13 17:00"), 60, Counting.WORKING, pauses) == at("2026-11-16 10:00")
    calendar_minutes = due_at(langfang, at("2026-11-13 17:00"), 60, Counting.CALENDAR, pauses)
    assert calendar_minutes == at("2026-11-16 10:00")


def test_an_extension_comes_last_and_is_called_so(langfang: Calendar):
    segments = explain(langfang, at("2026-11-16 08:30"), 480, Counting.WORKING, added=240).segments
    assert [(s.minutes, s.reason) for s in segments if s.counted] == [
        (210, "working hours"),
        (270, "working hours"),
        (210, "extension"),
        (30, "extension"),
    ]
    assert segments[-1].ends == at("2026-11-17 14:30")


def test_overlapping_suspensions_are_counted_once(langfang: Calendar):
    pauses = [
        Pause(at("2026-11-16 10:00"), at("2026-11-16 11:00"), "一"),
        Pause(at("2026-11-16 09:00"), at("2026-11-16 10:30"), "二"),
        Pause(at("2026-11-16 09:10"), at("2026-11-16 09:20"), "三"),
    ]
    told = explain(langfang, at("2026-11-16 08:30"), 60, Counting.WORKING, pauses)
    assert told.due_at == at("2026-11-16 11:30")
    assert [s.detail for s in told.segments if not s.counted] == ["二", "一"]


def test_a_citys_own_closure_is_named(langfang: Calendar):
    day = dt.date(2026, 11, 17)
    calendar = Calendar("Asia/Shanghai", langfang.hours, {day: DayRule(day, "closure", "暴雪停工")})
    assert told(calendar, at("2026-11-16 15:00"), 480, Counting.WORKING) == [
        ("11-17 00:00", "11-18 00:00", "closure: 暴雪停工")
    ]


def test_calendar_time_is_one_segment_through_nights_and_holidays(langfang: Calendar):
    segments = explain(langfang, at("2026-10-01 22:00"), 1440, Counting.CALENDAR).segments
    assert [(s.minutes, s.reason) for s in segments] == [(1440, "calendar time")]


def test_a_year_not_yet_announced_is_counted_by_weekdays_and_said_so(langfang: Calendar):
    told = explain(langfang, at("2026-12-31 15:00"), 480, Counting.WORKING)
    assert told.due_at == at("2027-01-01 15:00")
    assert told.unannounced_years == (2027,)
    assert explain(langfang, at("2026-11-16 15:00"), 480, Counting.WORKING).unannounced_years == ()
    assert explain(langfang, at("2026-12-31 15:00"), 1440, Counting.CALENDAR).unannounced_years == ()
