"""A suspended case: its clocks rest and say so, a day is set, and it comes back."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cases.actors import Actor
from cases.choices import Status
from cases.errors import BadInput, IllegalMove, NotPermitted
from cases.models import Case, Deadline, Suspension
from cases.services import sweep
from cases.services.clocks import explanation_of
from cases.services.history import verify
from tests.stories import Stories, publish_default_policy

CHINA = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=CHINA)
REVIEW = date(2026, 12, 5)  # a Saturday: looked at again by the close of Monday


def clock(case: Case, kind: str) -> Deadline:
    return case.deadlines.filter(kind=kind).latest("pk")


def suspended_at(stories: Stories, at: datetime, **said: object) -> Case:
    case = stories.bring(Status.HANDLING, at=MONDAY, **said)
    case = stories.do(case, "request_suspension", review_on=REVIEW, at=at - timedelta(minutes=5))
    return stories.do(case, "decide_suspension", at=at)


def test_the_clock_rests_and_goes_on_with_what_was_left_of_it(stories: Stories) -> None:
    case = stories.bring(Status.HANDLING, at=MONDAY)
    before = clock(case, "handle").due_at
    case = stories.do(case, "request_suspension", review_on=REVIEW, at=MONDAY + timedelta(hours=1))
    assert clock(case, "handle").state == "running", "asking stops no clock"
    case = stories.do(case, "decide_suspension", at=MONDAY + timedelta(days=1))
    assert (case.status, clock(case, "handle").state) == ("suspended", "paused")
    assert sweep(MONDAY + timedelta(days=13)).fired == 0
    case = stories.do(case, "resume", note="批复已到", at=MONDAY + timedelta(days=8))
    handle = clock(case, "handle")
    assert (case.status, handle.state, case.suspended_until) == ("handling", "running", None)
    assert handle.due_at == before + timedelta(days=7)
    assert case.due_at == handle.due_at
    assert clock(case, "resume").state == "met"
    assert list(verify(Case.objects.all())) == []


def test_the_story_of_the_clock_names_who_suspended_it_and_why(stories: Stories) -> None:
    case = suspended_at(stories, MONDAY + timedelta(hours=2))
    still = explanation_of(clock(case, "handle"))
    assert still.due_at is None
    assert still.segments[-1].reason == "suspended: 廊坊市社会治理中心: 待规划批复"
    case = stories.do(case, "resume", at=MONDAY + timedelta(days=1, hours=2))
    told = explanation_of(clock(case, "handle"))
    rested = [s for s in told.segments if s.code == "suspended"]
    assert [(s.minutes, s.detail) for s in rested] == [(24 * 60, "廊坊市社会治理中心: 待规划批复")]
    assert told.due_at == clock(case, "handle").due_at


def test_co_handlers_clocks_rest_too_and_an_order_s_does_not(stories: Stories) -> None:
    case = stories.bring(Status.HANDLING, at=MONDAY)
    case = stories.do(case, "dispatch", co_handlers=[stories.cast.housing], at=MONDAY)
    case = stories.do(case, "sign", at=MONDAY)
    case = stories.do(case, "supervise", at=MONDAY)
    case = stories.do(case, "request_suspension", review_on=REVIEW, at=MONDAY)
    case = stories.do(case, "decide_suspension", at=MONDAY + timedelta(minutes=1))
    states = {d.kind: d.state for d in case.deadlines.exclude(state__in=("met", "cancelled"))}
    assert {k: s for k, s in states.items() if k in ("handle", "assist", "report_in")}.items() <= {
        ("handle", "paused"),
        ("assist", "paused"),
        ("report_in", "paused"),
    }
    assert (states["supervise"], states["resume"]) == ("running", "running")


def test_it_is_looked_at_again_by_the_close_of_the_review_day_or_the_next_that_is_worked(stories: Stories) -> None:
    case = suspended_at(stories, MONDAY + timedelta(hours=1))
    monday = datetime(2026, 12, 7, 17, 30, tzinfo=CHINA)
    resume = clock(case, "resume")
    assert (resume.due_at, case.suspended_until, case.due_at) == (monday, monday, monday)
    assert resume.unit_id == stories.cast.city_authority.pk
    sweep(monday)
    case.refresh_from_db()
    assert case.overdue_since == monday
    assert case.events.filter(kind="flagged").get().due_at == monday
    assert case.status == "suspended"


def test_the_level_above_may_leave_it_suspended_until_another_day(stories: Stories) -> None:
    case = suspended_at(stories, MONDAY + timedelta(hours=1))
    case = stories.do(
        case,
        "review_suspension",
        Actor.person(stories.cast.city_dispatcher),
        review_on=date(2026, 12, 31),
        at=MONDAY + timedelta(days=10),
    )
    clocks = list(case.deadlines.filter(kind="resume").order_by("pk"))
    assert [c.state for c in clocks] == ["met", "running"]
    assert clocks[1].due_at == datetime(2026, 12, 31, 17, 30, tzinfo=CHINA) == case.suspended_until
    assert Suspension.objects.get().review_at == case.suspended_until
    with pytest.raises(NotPermitted):
        stories.do(case, "review_suspension", Actor.person(stories.cast.county_officer))


def test_a_clock_that_was_late_already_stays_late(stories: Stories) -> None:
    case = stories.bring(Status.HANDLING, at=MONDAY, urgency="consultation")
    due = clock(case, "handle").due_at
    sweep(due)
    case = stories.do(case, "request_suspension", review_on=REVIEW, at=due + timedelta(minutes=5))
    case = stories.do(case, "decide_suspension", at=due + timedelta(minutes=10))
    case = stories.do(case, "resume", at=due + timedelta(days=5))
    assert (clock(case, "handle").due_at, case.overdue_since) == (due, due)


@pytest.mark.parametrize("day", [date(2026, 11, 15), date(2026, 11, 16), date(2027, 11, 18)])
def test_the_review_day_lies_in_the_next_twelve_months(stories: Stories, day: date) -> None:
    case = stories.bring(Status.HANDLING, at=MONDAY)
    with pytest.raises(BadInput) as refused:
        stories.do(case, "request_suspension", review_on=day, at=MONDAY)
    assert refused.value.fields == {"review_on": "a day from 2026-11-17 to 2027-11-17"}


def test_a_refusal_is_on_record_and_no_clock_has_rested(stories: Stories) -> None:
    case = stories.bring(Status.HANDLING, at=MONDAY)
    before = clock(case, "handle")
    case = stories.do(case, "request_suspension", review_on=REVIEW, at=MONDAY)
    case = stories.do(case, "decide_suspension", granted=False, note="可先行处置", at=MONDAY + timedelta(hours=1))
    after = clock(case, "handle")
    assert (case.status, after.due_at, after.adjustments.count()) == ("handling", before.due_at, 0)
    assert case.events.get(kind="suspension_refused").payload["note"] == "可先行处置"
    assert Suspension.objects.get().state == "refused"


def test_a_request_for_more_time_lapses_when_the_clock_rests(stories: Stories) -> None:
    case = stories.bring(Status.HANDLING, at=MONDAY)
    case = stories.do(case, "request_extension", at=MONDAY)
    case = stories.do(case, "request_suspension", review_on=REVIEW, at=MONDAY)
    case = stories.do(case, "decide_suspension", at=MONDAY + timedelta(hours=1))
    assert case.extension_requests.get().state == "lapsed"


def test_a_new_policy_forgets_no_pause(stories: Stories) -> None:
    from cases.services.publishing import publish, read_promises
    from tests.stories import DATA

    case = suspended_at(stories, MONDAY + timedelta(hours=2))
    text = (DATA / "policy.toml").read_text().replace("working = 4200", "working = 420")
    publish(read_promises(text), at=MONDAY + timedelta(days=1))
    publish_default_policy()
    case = stories.do(case, "resume", at=MONDAY + timedelta(days=7, hours=2))
    assert clock(case, "handle").due_at.astimezone(CHINA) == datetime(2026, 12, 7, 9, 0, tzinfo=CHINA)


def test_an_undone_merger_brings_the_suspension_back_with_its_day_and_its_pause(stories: Stories) -> None:
    case = suspended_at(stories, MONDAY + timedelta(hours=1))
    until = case.suspended_until
    dispatcher = Actor.person(stories.cast.county_dispatcher)
    other = stories.submit(MONDAY)
    case = stories.do(case, "merge", dispatcher, into=other, at=MONDAY + timedelta(days=1))
    case = stories.do(case, "unmerge", dispatcher, at=MONDAY + timedelta(days=2))
    until += timedelta(days=1)  # as long as it was merged, its day moved too
    assert (case.status, case.suspended_until) == ("suspended", until)
    assert Suspension.objects.get(resumed_at=None).review_at == until
    states = {d.kind: d.state for d in case.deadlines.filter(ended_at=None)}
    assert states == {"handle": "paused", "resume": "running"}
    case = stories.do(case, "resume", at=MONDAY + timedelta(days=7, hours=1))
    assert clock(case, "handle").due_at.astimezone(CHINA) == datetime(2026, 12, 7, 9, 0, tzinfo=CHINA)


def test_what_is_not_suspended_cannot_be_resumed(stories: Stories) -> None:
    with pytest.raises(IllegalMove):
        stories.do(stories.bring(Status.HANDLING), "resume")
