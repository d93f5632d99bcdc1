"""A merger that is undone leaves every clock where it stood: it takes nobody's time and gives nobody any."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cases.actors import RESIDENT
from cases.calendars import calendar_of
from cases.choices import DeadlineState, EventKind, Status
from cases.deadlines import Counting, difference
from cases.models import Adjustment, Case, Deadline
from cases.services.change import changing
from cases.services.clocks import explanation_of
from cases.services.history import verify
from tests.stories import Stories

MORNING = datetime(2026, 3, 4, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))  # a Wednesday
SPANS = [
    (timedelta(minutes=45), timedelta(minutes=20)),
    (timedelta(hours=3), timedelta(hours=20)),  # begins in the noon break
    (timedelta(hours=30), timedelta(days=4)),  # over a weekend
    (timedelta(days=3, hours=1), timedelta(hours=5)),  # within a weekend
    (timedelta(hours=12), timedelta(0)),
]


def left(case: Case, at: datetime) -> dict[str, int]:
    """Minutes that each running clock still counts at this moment, as it counts them; 0 where it is late."""
    calendar = calendar_of(case.grid_path)
    running = case.deadlines.filter(state="running")
    return {d.kind: max(0, round(difference(calendar, at, d.due_at, Counting(d.counting)))) for d in running}


def away_and_back(stories: Stories, case: Case, gone: datetime, back: datetime) -> Case:
    case = stories.do(case, "merge", into=stories.submit(gone), at=gone)
    assert not case.deadlines.filter(state__in=("running", "paused")).exists()
    return stories.do(case, "unmerge", at=back)


def sums_up(deadline: Deadline) -> bool:
    counted = sum(s.minutes for s in explanation_of(deadline).segments if s.counted)
    return counted == pytest.approx(deadline.minutes + deadline.added_minutes)


@pytest.mark.parametrize(("before", "away"), SPANS)
def test_lead_and_co_handlers_have_as_much_time_left_as_before(
    stories: Stories, before: timedelta, away: timedelta
) -> None:
    case = stories.bring(Status.ACCEPTED, MORNING)
    case = stories.do(case, "dispatch", co_handlers=[stories.cast.town_authority], at=MORNING)
    case = stories.do(case, "sign", at=MORNING)
    gone = MORNING + before
    expected, clocks = left(case, gone), set(case.deadlines.values_list("pk", "kind", "state"))
    late = set(case.deadlines.filter(state="running", due_at__lt=gone).values_list("kind", "due_at"))
    assert set(expected) == {"handle", "report_in", "assist"}
    case = away_and_back(stories, case, gone, gone + away)
    assert left(case, gone + away) == expected
    assert set(case.deadlines.values_list("pk", "kind", "state")) == clocks
    assert late <= set(case.deadlines.values_list("kind", "due_at"))  # what was late is late since the same moment
    assert all(sums_up(deadline) for deadline in case.deadlines.filter(state="running"))
    assert case.status == "handling" and case.due_at == case.deadlines.get(kind="handle").due_at
    assert list(verify(Case.objects.all())) == []


def test_twice_merged_and_back_is_as_never_merged(stories: Stories) -> None:
    case = stories.bring(Status.HANDLING, MORNING)
    due = case.deadlines.get(kind="handle").due_at
    at = MORNING
    for _time in range(2):
        case = away_and_back(stories, case, at + timedelta(hours=1), at + timedelta(hours=2))
        at += timedelta(hours=2)
    calendar = calendar_of(case.grid_path)
    later = case.deadlines.get(kind="handle").due_at
    assert difference(calendar, due, later, Counting.WORKING) == pytest.approx(
        sum(difference(calendar, p.starts_at, p.ends_at, Counting.WORKING) for p in pauses(case))
    )
    assert len(pauses(case)) == 2


def pauses(case: Case) -> list[Adjustment]:
    return list(case.deadlines.get(kind="handle").adjustments.order_by("pk"))


def test_clocks_that_ended_at_the_moment_of_the_merger_stay_ended(stories: Stories) -> None:
    case = stories.bring(Status.HANDLING, MORNING)
    case = away_and_back(stories, case, MORNING, MORNING + timedelta(hours=1))
    states = dict(case.deadlines.values_list("kind", "state"))
    assert states == {"accept": "met", "dispatch": "met", "sign": "met", "handle": "running"}
    assert case.deadlines.get(kind="sign").ended_at == MORNING


def rest(case: Case, at: datetime) -> Case:
    """Suspended, as to its clocks."""
    with changing(case, "note", RESIDENT, at=at) as change:
        event = change.record(EventKind.SUSPENDED)
        handle = next(d for d in change.clocks.running if d.kind == "handle")
        change.enter_in_ledger(change.clocks.pause(handle, "waits for a permit"), event)
        change.enter(Status.SUSPENDED)
    return change.case


def go_on(case: Case, at: datetime) -> Case:
    with changing(case, "note", RESIDENT, at=at) as change:
        change.record(EventKind.RESUMED)
        for deadline in [d for d in change.clocks.running if d.state == DeadlineState.PAUSED]:
            change.clocks.unpause(deadline)
        change.enter(Status.HANDLING)
    return change.case


@pytest.mark.parametrize(("before", "away"), SPANS)
def test_a_clock_that_rested_rests_again_and_has_as_much_left_when_it_goes_on(
    stories: Stories, before: timedelta, away: timedelta
) -> None:
    case = stories.bring(Status.HANDLING, MORNING)
    rested = MORNING + timedelta(hours=1)
    expected = left(case, rested)["handle"]
    case = rest(case, rested)
    gone = rested + before
    case = away_and_back(stories, case, gone, gone + away)
    handle = case.deadlines.get(kind="handle")
    assert (case.status, handle.state, handle.fire_at) == ("suspended", "paused", None)
    assert handle.adjustments.get(ends_at=None).reason == "waits for a permit"
    on = gone + away + timedelta(days=2)
    case = go_on(case, on)
    assert left(case, on)["handle"] == expected
    assert sums_up(case.deadlines.get(kind="handle"))
