"""Clocks of cases that come under another calendar, because their grid moves or is merged, are counted anew."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from cases.choices import Status
from cases.models import Case, Deadline, MovedCase
from cases.services.history import verify
from cases.services.publishing import publish, read_promises
from cases.services.recounts import Recounted, recount
from grids.calendars import fill_calendar
from grids.models import CalendarDay
from grids.services import merge_grids, move_grid
from tests.stories import DATA, Stories


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))


AFTERNOON = local("2026-03-02T16:00")
AFTER = AFTERNOON.replace(hour=17)
TUESDAY, WEDNESDAY = local("2026-03-03T09:00"), local("2026-03-04T09:00")


@pytest.fixture
def two_calendars(stories: Stories) -> Stories:
    """The city is closed on Tuesday; the other county has a calendar of its own and works."""
    text = (DATA / "policy.toml").read_text().replace("reopen_days = 30", "reopen_days = 31")
    publish(read_promises(text), at=local("2026-01-01T00:00"))
    for grid in (stories.cast.city, stories.cast.other_county):
        fill_calendar(grid, [2026])
    CalendarDay.objects.create(calendar=stories.cast.city.calendar, date="2026-03-03", kind="closure", name="防汛")
    recount(AFTERNOON)
    return stories


def accept_clock(case: Case) -> Deadline:
    return Deadline.objects.get(case=case, kind="accept")


def test_a_grid_that_moves_under_another_calendar_takes_its_clocks_along(two_calendars: Stories) -> None:
    cast = two_calendars.cast
    moving = two_calendars.submit(AFTERNOON)
    staying = two_calendars.submit(AFTERNOON, grid_id=cast.far_village.pk)
    assert accept_clock(moving).due_at == accept_clock(staying).due_at == WEDNESDAY
    move_grid(cast.town, cast.other_county)
    assert recount(AFTER) == Recounted(moved=1)
    moving.refresh_from_db()
    assert (accept_clock(moving).due_at, accept_clock(staying).due_at) == (TUESDAY, WEDNESDAY)
    assert moving.due_at == TUESDAY
    event = moving.events.latest("seq")
    assert (event.kind, event.at, datetime.fromisoformat(event.payload["was"])) == ("recounted", AFTER, WEDNESDAY)
    assert not staying.events.filter(kind="recounted").exists()
    assert recount(AFTER) == Recounted() and not MovedCase.objects.exists()
    assert not list(verify(Case.objects.all()))


def test_a_grid_that_is_merged_with_one_under_another_calendar_does_too(two_calendars: Stories) -> None:
    cast = two_calendars.cast
    move_grid(cast.other_town, cast.other_county)
    case = two_calendars.submit(AFTERNOON)
    for name in ("town", "other_town"):
        getattr(cast, name).refresh_from_db()
    merge_grids(cast.town, cast.other_town, at=AFTERNOON)
    assert recount(AFTER) == Recounted(moved=1)
    assert accept_clock(case).due_at == TUESDAY
    assert [event.kind for event in case.events.order_by("seq")][-1:] == ["recounted"]
    assert not list(verify(Case.objects.all()))


def test_a_clock_that_rests_is_counted_by_its_new_calendar_when_it_goes_on(two_calendars: Stories) -> None:
    case = two_calendars.bring(Status.SUSPENDED, AFTERNOON)
    clock = case.deadlines.get(kind="handle")
    move_grid(two_calendars.cast.town, two_calendars.cast.other_county)
    assert recount(AFTER).moved == 1
    was, clock = clock.due_at, Deadline.objects.get(pk=clock.pk)
    assert clock.state == "paused" and clock.due_at < was


def test_where_the_calendar_moves_along_nothing_is_counted_otherwise(two_calendars: Stories) -> None:
    cast = two_calendars.cast
    fill_calendar(cast.town, [2026])
    recount(AFTERNOON)
    case = two_calendars.submit(AFTERNOON)
    assert accept_clock(case).due_at == TUESDAY
    move_grid(cast.town, cast.city, skips_levels=True)
    done = recount(AFTER)
    assert (done.moved, done.rescheduled) == (0, 0)
    assert not case.events.filter(kind="recounted").exists() and not MovedCase.objects.exists()


def test_only_cases_with_a_running_clock_are_looked_at(two_calendars: Stories) -> None:
    two_calendars.bring(Status.CLOSED, AFTERNOON)
    open_case = two_calendars.submit(AFTERNOON)
    move_grid(two_calendars.cast.town, two_calendars.cast.other_county)
    assert [moved.case_id for moved in MovedCase.objects.all()] == [open_case.pk]
