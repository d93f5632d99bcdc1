"""Life at risk is told at once; what asks something in waking hours; news when the person's window ends."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.choices import EventKind, Urgency
from notifications.choices import Pace, Reason
from notifications.timing import ASKS, REMINDERS, RINGS, WakingHours, Wishes, moment_for, pace_of, window_end

CHINA = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
USUAL = WakingHours()
NO_WISHES = Wishes()


def at(text: str, zone: ZoneInfo = CHINA) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("now", "wishes", "told"),
    [
        ("2026-11-16 10:00", NO_WISHES, "2026-11-16 10:00"),
        ("2026-11-16 20:59", NO_WISHES, "2026-11-16 20:59"),
        ("2026-11-16 21:00", NO_WISHES, "2026-11-17 07:30"),
        ("2026-11-17 02:00", NO_WISHES, "2026-11-17 07:30"),
        ("2026-11-17 07:29", NO_WISHES, "2026-11-17 07:30"),
        ("2026-11-21 10:00", NO_WISHES, "2026-11-21 10:00"),  # a Saturday: telling is no working time
        ("2026-11-16 12:30", Wishes(quiet_from=time(12), quiet_to=time(14)), "2026-11-16 14:00"),
        ("2026-11-16 20:00", Wishes(quiet_from=time(19), quiet_to=time(8, 15)), "2026-11-17 08:15"),
        ("2026-11-17 06:00", Wishes(quiet_from=time(19), quiet_to=time(8, 15)), "2026-11-17 08:15"),
        ("2026-11-17 06:00", Wishes(quiet_from=time(23), quiet_to=time(6, 30)), "2026-11-17 07:30"),
        ("2026-11-16 10:00", Wishes(undisturbed_until=at("2026-11-18 09:00")), "2026-11-18 09:00"),
        ("2026-11-16 10:00", Wishes(undisturbed_until=at("2026-11-17 23:00")), "2026-11-18 07:30"),
        ("2026-11-16 10:00", Wishes(undisturbed_until=at("2026-11-15 23:00")), "2026-11-16 10:00"),
        ("2026-11-16 06:00", Wishes(quiet_from=time(6), quiet_to=time(22)), "2026-11-16 07:30"),
    ],
)
def test_what_asks_something_is_told_in_waking_hours(now: str, wishes: Wishes, told: str) -> None:
    assert moment_for(Pace.SOON, at(now), USUAL, wishes, CHINA) == at(told)


@pytest.mark.parametrize(
    ("now", "wishes", "told"),
    [
        ("2026-11-16 10:00", NO_WISHES, "2026-11-16 10:30"),
        ("2026-11-16 10:01", NO_WISHES, "2026-11-16 10:30"),
        ("2026-11-16 10:29", NO_WISHES, "2026-11-16 10:30"),
        ("2026-11-16 20:45", NO_WISHES, "2026-11-17 07:30"),
        ("2026-11-17 02:00", NO_WISHES, "2026-11-17 07:30"),
        ("2026-11-16 10:01", Wishes(digest_minutes=120), "2026-11-16 12:00"),
        ("2026-11-16 10:01", Wishes(digest_minutes=0), "2026-11-16 10:01"),
        ("2026-11-16 10:01", Wishes(digest_minutes=1440), "2026-11-17 08:00"),
        ("2026-11-16 11:45", Wishes(quiet_from=time(12), quiet_to=time(14)), "2026-11-16 14:00"),
    ],
)
def test_news_wait_for_the_end_of_the_window(now: str, wishes: Wishes, told: str) -> None:
    assert moment_for(Pace.LATER, at(now), USUAL, wishes, CHINA) == at(told)


def test_a_flood_is_gathered_although_it_asks_something() -> None:
    assert moment_for(Pace.SOON, at("2026-11-16 10:01"), USUAL, NO_WISHES, CHINA, gathered=True) == at(
        "2026-11-16 10:30"
    )


@pytest.mark.parametrize("now", ["2026-11-17 02:00", "2026-11-16 12:30"])
def test_life_at_risk_is_told_at_once_against_every_wish(now: str) -> None:
    wishes = Wishes(quiet_from=time(12), quiet_to=time(8), undisturbed_until=at("2026-12-01 00:00"))
    assert moment_for(Pace.NOW, at(now), USUAL, wishes, CHINA, gathered=True) == at(now)


def test_the_city_may_wake_over_midnight_and_in_its_own_zone() -> None:
    late = WakingHours(wakes_at=time(18), sleeps_at=time(2))
    assert moment_for(Pace.SOON, at("2026-11-16 01:00"), late, NO_WISHES, CHINA) == at("2026-11-16 01:00")
    assert moment_for(Pace.SOON, at("2026-11-16 03:00"), late, NO_WISHES, CHINA) == at("2026-11-16 18:00")
    night = at("2026-03-29 01:30", BERLIN)  # summer time begins in half an hour
    assert moment_for(Pace.SOON, night, USUAL, NO_WISHES, BERLIN) == at("2026-03-29 07:30", BERLIN)


MINUTES = st.integers(0, 24 * 60 - 1).map(lambda minute: time(minute // 60, minute % 60))
FIRST, LAST = datetime(2026, 1, 1), datetime(2027, 1, 1)  # noqa: DTZ001  # hypothesis wants them bare
MOMENTS = st.datetimes(FIRST, LAST, timezones=st.just(UTC))
ZONES = st.sampled_from([CHINA, BERLIN, ZoneInfo("UTC"), ZoneInfo("America/Lima")])
HOURS = st.tuples(MINUTES, MINUTES).filter(lambda two: two[0] != two[1]).map(lambda two: WakingHours(*two))
WISHES = st.builds(
    Wishes,
    quiet_from=st.none() | MINUTES,
    quiet_to=st.none() | MINUTES,
    undisturbed_until=st.none() | MOMENTS,
    digest_minutes=st.integers(0, 1440),
)


def wakes(hours: WakingHours, wall: time) -> bool:
    """Asked minute by minute, in another way than the code does."""
    minute, first, last = (t.hour * 60 + t.minute for t in (wall, hours.wakes_at, hours.sleeps_at))
    return (minute - first) % 1440 < (last - first) % 1440


@given(st.sampled_from([Pace.SOON, Pace.LATER]), MOMENTS, HOURS, WISHES, ZONES, st.booleans())
def test_nothing_lands_at_night_nor_in_the_past(
    pace: Pace, now: datetime, hours: WakingHours, wishes: Wishes, zone: ZoneInfo, gathered: bool
) -> None:
    told = moment_for(pace, now, hours, wishes, zone, gathered=gathered)
    assert told >= now
    assert wakes(hours, told.astimezone(zone).time())
    if wishes.undisturbed_until:
        assert told >= wishes.undisturbed_until or told >= now >= wishes.undisturbed_until


@given(st.sampled_from(list(Pace)), MOMENTS, st.timedeltas(timedelta(0), timedelta(3)), HOURS, WISHES, ZONES)
def test_what_happens_later_is_never_told_earlier(
    pace: Pace, now: datetime, after: timedelta, hours: WakingHours, wishes: Wishes, zone: ZoneInfo
) -> None:
    first, second = (moment_for(pace, moment, hours, wishes, zone) for moment in (now, now + after))
    assert first <= second


@given(MOMENTS, HOURS, WISHES, ZONES)
def test_the_more_urgent_is_never_told_after_the_less_urgent(
    now: datetime, hours: WakingHours, wishes: Wishes, zone: ZoneInfo
) -> None:
    moments = [moment_for(pace, now, hours, wishes, zone) for pace in (Pace.NOW, Pace.SOON, Pace.LATER)]
    assert moments == sorted(moments)
    assert moments[0] == now


@given(MOMENTS, WISHES)
def test_all_moments_of_a_window_name_the_same_end(now: datetime, wishes: Wishes) -> None:
    end = window_end(now, wishes)
    assert now <= end <= now + timedelta(minutes=wishes.digest_minutes)
    assert window_end(now + (end - now) / 2, wishes) == end or wishes.digest_minutes == 0


def test_only_kinds_that_ask_something_can_ring() -> None:
    assert RINGS <= set(ASKS) <= set(EventKind)
    assert set(ASKS) >= REMINDERS


@pytest.mark.parametrize(
    ("kind", "urgency", "reason", "pace"),
    [
        ("submitted", "ordinary", "duty", "soon"),
        ("submitted", "emergency", "duty", "now"),
        ("dispatched", "urgent", "lead", "soon"),
        ("dispatched", "emergency", "co_handler", "now"),
        ("dispatched", "emergency", "relieved", "later"),
        ("progressed", "emergency", "lead", "later"),
        ("finished", "emergency", "dispatching", "soon"),
        ("flagged", "ordinary", "owes", "soon"),
        ("flagged", "ordinary", "above", "later"),
        ("closed", "ordinary", "logged_by", "later"),
    ],
)
def test_how_urgently_somebody_is_told(kind: str, urgency: str, reason: str, pace: str) -> None:
    assert pace_of(kind, urgency, reason) == pace


def test_an_emergency_that_is_over_wakes_nobody() -> None:
    assert pace_of(EventKind.SUBMITTED, Urgency.EMERGENCY, Reason.DUTY, waiting=False) == Pace.SOON
