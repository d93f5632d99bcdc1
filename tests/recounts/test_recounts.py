"""A calendar that changes moves the open clocks that it governs, each with a line of history, and no other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import connections

from cases.calendars import calendar_of
from cases.deadlines import Counting, due_at
from cases.models import Case, CaseEvent, CountedCalendar, Deadline
from cases.services import sweep
from cases.services.history import verify
from cases.services.publishing import publish, read_promises
from cases.services.recounts import recount
from grids.calendars import fill_calendar
from grids.models import CalendarDay
from tests.stories import DATA, Stories

SHANGHAI = ZoneInfo("Asia/Shanghai")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


MONDAY = local("2026-03-02T10:00")


@pytest.fixture
def early(stories: Stories) -> Stories:
    """The promises were in force before these tests' moments, and the city has a calendar."""
    text = (DATA / "policy.toml").read_text().replace("reopen_days = 30", "reopen_days = 31")
    publish(read_promises(text), at=local("2026-01-01T00:00"))
    fill_calendar(stories.cast.city, [2026])
    recount()
    return stories


def close(stories: Stories, day: str, kind: str = "closure") -> CalendarDay:
    calendar = stories.cast.city.calendar
    return CalendarDay.objects.create(calendar=calendar, date=day, kind=kind, name="防汛")


def test_the_first_run_of_all_notes_what_is_in_force_and_counts_nothing(stories: Stories) -> None:
    stories.submit(MONDAY)
    done = recount()
    assert (done.calendars, done.moved) == (0, 0)
    assert CountedCalendar.objects.filter(grid_path="").exists()


def test_an_announced_holiday_moves_what_is_due_and_says_so(early: Stories) -> None:
    case = early.submit(MONDAY.replace(hour=16))
    clock = case.deadlines.get(kind="accept")
    assert clock.due_at == local("2026-03-03T09:00")
    was, step = clock.due_at, clock.fire_at
    close(early, "2026-03-03", "holiday")
    done = recount(MONDAY.replace(hour=17))
    assert (done.calendars, done.moved) == (1, 1)
    clock.refresh_from_db()
    case.refresh_from_db()
    calendar = calendar_of(early.cast.cell.path)
    assert clock.due_at == due_at(calendar, clock.starts_at, clock.minutes, Counting.WORKING) == case.due_at
    assert clock.due_at == local("2026-03-04T09:00")
    assert clock.fire_at == step  # half of it is used up before the holiday
    event = case.events.last()
    assert (event.kind, event.actor_kind, event.at) == ("recounted", "clock", MONDAY.replace(hour=17))
    assert datetime.fromisoformat(event.payload["was"]) == was
    assert datetime.fromisoformat(event.payload["now"]) == clock.due_at
    assert (event.payload["deadline"], event.payload["reason"]) == (clock.pk, "calendar")
    assert not list(verify(Case.objects.all()))


def test_an_edit_that_changes_nothing_counts_nothing(early: Stories, django_assert_max_num_queries: object) -> None:
    early.submit(MONDAY)
    day = close(early, "2026-06-02")
    recount(MONDAY)
    CalendarDay.objects.filter(pk=day.pk).update(name="防汛演练")
    events = CaseEvent.objects.count()
    assert recount(MONDAY).calendars == 0
    assert CaseEvent.objects.count() == events
    recount()
    with django_assert_max_num_queries(7):  # type: ignore[operator]  # three of them read tokens, as tests do each time
        recount()


def test_a_clock_that_is_late_stays_late_and_its_further_steps_move(early: Stories) -> None:
    case = early.submit(MONDAY)
    clock = case.deadlines.get(kind="accept")
    sweep(clock.due_at)
    clock.refresh_from_db()
    assert clock.flagged_at is not None
    step = clock.fire_at
    close(early, "2026-03-02")
    done = recount(clock.flagged_at)
    flagged, due, clock = clock.flagged_at, clock.due_at, Deadline.objects.get(pk=clock.pk)
    assert (clock.flagged_at, clock.due_at) == (flagged, due)
    assert (done.moved, done.rescheduled) == (0, 1)
    assert step is not None and clock.fire_at is not None and clock.fire_at > step
    assert not case.events.filter(kind="recounted").exists()


def test_a_county_with_a_calendar_of_its_own_is_counted_by_that_alone(early: Stories) -> None:
    fill_calendar(early.cast.other_county, [2026])
    recount(MONDAY)
    here, there = early.submit(MONDAY), early.submit(MONDAY, grid_id=early.cast.other_county.pk)
    close(early, "2026-03-02")
    assert recount(MONDAY).moved == 1
    assert here.events.filter(kind="recounted").count() == 1
    assert not there.events.filter(kind="recounted").exists()
    CalendarDay.objects.create(
        calendar=early.cast.other_county.calendar, date="2026-03-02", kind="closure", name="停电"
    )
    assert recount(MONDAY).moved == 1
    early.cast.other_county.calendar.delete()
    assert recount(MONDAY).moved == 0  # the city's has the same day
    assert not CountedCalendar.objects.filter(grid_path=early.cast.other_county.path).exists()


def test_a_clock_begun_by_the_old_calendar_meanwhile_is_found_afterwards(early: Stories) -> None:
    close(early, "2026-03-02")
    recount(MONDAY)
    case = early.submit(MONDAY)
    clock = case.deadlines.get(kind="accept")
    right = clock.due_at
    Deadline.objects.filter(pk=clock.pk).update(due_at=local("2026-03-02T14:00"))  # by a process that had not read it
    assert recount(MONDAY.replace(second=30)).moved == 0
    assert recount(MONDAY.replace(hour=11)).moved == 1
    clock.refresh_from_db()
    assert clock.due_at == right
    assert CountedCalendar.objects.get(grid_path=early.cast.city.path).settled


@pytest.mark.django_db(transaction=True)
def test_several_at_once_move_a_clock_once(early: Stories) -> None:
    cases = [early.submit(MONDAY) for _ in range(6)]
    close(early, "2026-03-02")

    def run(_number: int) -> None:
        try:
            recount(MONDAY)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(run, range(4)))
    for case in cases:
        assert case.events.filter(kind="recounted").count() == 1
    assert not list(verify(Case.objects.all()))
