"""More time: asked for before the clock expires, given by the level above, counted in the clock's own ledger."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from cases.actors import Actor
from cases.choices import Status
from cases.errors import BadInput, IllegalMove, NotPermitted
from cases.models import Case, Deadline
from cases.services import sweep
from cases.services.clocks import explanation_of
from cases.services.history import verify
from grids.models import Post
from tests.stories import Stories

CHINA = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=CHINA)


def handle_clock(case: Case) -> Deadline:
    return case.deadlines.filter(kind="handle").latest("pk")


def decision_clock(case: Case) -> Deadline:
    return case.deadlines.filter(kind="extension").latest("pk")


@pytest.fixture
def handling(stories: Stories) -> Case:
    """In handling at the county since Monday 9:00: 10 working days, until Monday 30 November 9:00."""
    return stories.bring(Status.HANDLING, at=MONDAY)


def test_two_more_days_are_two_more_working_days_and_the_ledger_and_the_story_of_the_clock_say_so(
    stories: Stories, handling: Case
) -> None:
    before = handle_clock(handling).due_at.astimezone(CHINA)
    case = stories.do(handling, "request_extension", at=MONDAY + timedelta(days=1))
    asked = case.events.get(kind="extension_requested").payload
    assert (asked["days"], asked["minutes"], asked["decider_name"]) == ("2", 840, "廊坊市社会治理中心")
    case = stories.do(case, "decide_extension", at=MONDAY + timedelta(days=1, hours=1))
    clock = handle_clock(case)
    assert clock.due_at.astimezone(CHINA) == before + timedelta(days=2)
    assert (case.extensions, case.due_at, clock.added_minutes) == (1, clock.due_at, 840)
    entry = clock.adjustments.get()
    assert (entry.kind, entry.minutes, entry.reason) == ("extension", 840, "廊坊市社会治理中心: 等配件到货")
    decided = case.events.get(kind="extension_decided")
    assert entry.event_id == decided.pk
    assert (decided.payload["decision"], decided.payload["granted_minutes"]) == ("granted", 840)
    told = explanation_of(clock)
    assert sum(s.minutes for s in told.segments if s.reason == "extension") == 840
    assert decision_clock(case).state == "met"
    assert list(verify(Case.objects.all())) == []


def test_a_clock_that_never_rests_gets_days_of_24_hours(stories: Stories) -> None:
    case = stories.bring(Status.HANDLING, at=MONDAY, urgency="urgent")
    before = handle_clock(case).due_at
    case = stories.do(case, "request_extension", days=Decimal("0.5"), at=MONDAY + timedelta(minutes=5))
    case = stories.do(case, "decide_extension", at=MONDAY + timedelta(minutes=10))
    assert handle_clock(case).due_at == before + timedelta(hours=12)


def test_the_level_above_may_grant_other_days_than_those_asked_for(stories: Stories, handling: Case) -> None:
    case = stories.do(handling, "request_extension", at=MONDAY + timedelta(hours=1))
    case = stories.do(case, "decide_extension", days=Decimal(1), at=MONDAY + timedelta(hours=2))
    row = case.extension_requests.get()
    assert (row.state, row.minutes, row.granted_minutes) == ("granted", 840, 420)


def test_a_refusal_leaves_the_clock_as_it_was_and_another_request_may_follow(stories: Stories, handling: Case) -> None:
    before = handle_clock(handling).due_at
    case = stories.do(handling, "request_extension", at=MONDAY + timedelta(hours=1))
    case = stories.do(case, "decide_extension", granted=False, note="时间充足", at=MONDAY + timedelta(hours=2))
    assert (handle_clock(case).due_at, case.extensions) == (before, 0)
    assert case.extension_requests.get().state == "refused"
    stories.do(case, "request_extension", at=MONDAY + timedelta(hours=3))


def test_one_request_waits_at_a_time_and_the_policy_says_how_many_are_granted(stories: Stories, handling: Case) -> None:
    case = stories.do(handling, "request_extension", at=MONDAY + timedelta(hours=1))
    with pytest.raises(IllegalMove, match="asked already"):
        stories.do(case, "request_extension", at=MONDAY + timedelta(hours=1))
    case = stories.do(case, "decide_extension", at=MONDAY + timedelta(hours=2))
    with pytest.raises(IllegalMove, match="allows 1"):
        stories.do(case, "request_extension", at=MONDAY + timedelta(hours=3))


def test_after_expiry_more_time_is_neither_asked_for_nor_given_and_the_miss_stays(stories: Stories) -> None:
    case = stories.bring(Status.HANDLING, at=MONDAY, urgency="consultation")  # one working day
    due = handle_clock(case).due_at
    case = stories.do(case, "request_extension", at=due - timedelta(minutes=30))
    assert decision_clock(case).due_at == due, "the answer is due no later than the clock itself"
    with pytest.raises(IllegalMove, match="over"):
        stories.do(case, "decide_extension", at=due)
    sweep(due)
    case.refresh_from_db()
    assert case.overdue_since == due
    case = stories.do(case, "decide_extension", granted=False, at=due + timedelta(minutes=1))
    with pytest.raises(IllegalMove, match="over"):
        stories.do(case, "request_extension", at=due + timedelta(minutes=2))
    assert (case.overdue_since, decision_clock(case).state) == (due, "missed")


def test_a_request_that_nobody_answers_is_flagged_at_the_level_above_and_lapses(
    stories: Stories, handling: Case
) -> None:
    case = stories.do(handling, "request_extension", at=MONDAY)
    sweep(MONDAY + timedelta(days=2))
    case.refresh_from_db()
    row = case.extension_requests.get()
    assert (row.state, row.decided_by) == ("lapsed", None)
    kinds = list(case.events.order_by("seq").values_list("kind", flat=True))
    assert kinds[-4:] == ["reminded", "flagged", "role_notified", "extension_decided"]
    flagged, lapsed = case.events.get(kind="flagged"), case.events.get(kind="extension_decided")
    assert flagged.payload["unit_name"] == "廊坊市社会治理中心"
    # 240 working minutes to 15:00, and a working day more
    assert lapsed.due_at.astimezone(CHINA) == datetime(2026, 11, 17, 15, 0, tzinfo=CHINA)
    assert (lapsed.payload["decision"], lapsed.payload["lapse"]) == ("lapsed", "unanswered")
    assert case.overdue_since is None, "the lead is not late for what the level above owes"
    with pytest.raises(IllegalMove, match="nothing has been asked"):
        stories.do(case, "decide_extension", at=MONDAY + timedelta(days=2))


@pytest.mark.parametrize(
    ("action", "why"),
    [
        ("finish", "moved_on"),
        ("escalate", "other_lead"),
        ("return", "other_lead"),
        ("dispatch", "other_lead"),
        ("withdraw", "ended"),
        ("merge", "ended"),
    ],
)
def test_a_request_lapses_with_the_stage_it_was_asked_in_and_the_history_says_why(
    stories: Stories, handling: Case, action: str, why: str
) -> None:
    case = stories.do(handling, "request_extension", at=MONDAY + timedelta(hours=1))
    said = {"lead": stories.cast.housing} if action == "dispatch" else {}
    officer = Actor.person(stories.cast.county_officer)
    actor = officer if action in ("finish", "escalate", "return") else stories.actor(action)
    case = stories.do(case, action, actor, at=MONDAY + timedelta(hours=2), **said)
    assert case.extension_requests.get().state == "lapsed"
    assert decision_clock(case).state == "cancelled"
    payload = case.events.get(kind="extension_decided").payload
    assert (payload["decision"], payload["lapse"], payload["unit_name"]) == ("lapsed", why, "固安县城市管理局")
    assert list(verify(Case.objects.all())) == []


def test_another_dispatch_to_the_same_lead_keeps_the_request(stories: Stories, handling: Case) -> None:
    case = stories.do(handling, "request_extension", at=MONDAY + timedelta(hours=1))
    case = stories.do(case, "dispatch", at=MONDAY + timedelta(hours=2))
    assert case.extension_requests.get().state == "pending"


def test_the_level_above_decides_not_the_own_level_nor_the_one_who_asked(stories: Stories, handling: Case) -> None:
    cast = stories.cast
    case = stories.do(handling, "request_extension", at=MONDAY + timedelta(hours=1))
    for name in ("county_dispatcher", "county_leader", "county_officer", "supervisor", "stranger"):
        with pytest.raises(NotPermitted):
            stories.do(case, "decide_extension", Actor.person(getattr(cast, name)), at=MONDAY + timedelta(hours=2))
    stories.do(case, "decide_extension", Actor.person(cast.city_leader), at=MONDAY + timedelta(hours=2))


def test_at_the_top_its_leader_decides_but_never_on_what_they_asked_themselves(
    stories: Stories, handling: Case
) -> None:
    cast = stories.cast
    case = stories.do(handling, "escalate", Actor.person(cast.county_officer), at=MONDAY + timedelta(hours=1))
    leader, dispatcher = Actor.person(cast.city_leader), Actor.person(cast.city_dispatcher)
    case = stories.do(case, "request_extension", leader, at=MONDAY + timedelta(hours=2))
    with pytest.raises(NotPermitted, match="somebody else"):
        stories.do(case, "decide_extension", leader, at=MONDAY + timedelta(hours=3))
    with pytest.raises(NotPermitted):
        stories.do(case, "decide_extension", dispatcher, at=MONDAY + timedelta(hours=3))
    Post.objects.create(
        user=cast.administrator,
        unit=cast.city_authority,
        role="leader",
        starts_on=cast.city_leader.posts.get().starts_on,
    )
    case = stories.do(case, "decide_extension", Actor.person(cast.administrator), at=MONDAY + timedelta(hours=3))
    assert case.extensions == 1


@pytest.mark.parametrize("days", ["0", "-1", "90.1"])
def test_days_that_are_none_are_refused_by_name(stories: Stories, handling: Case, days: str) -> None:
    with pytest.raises(BadInput) as refused:
        stories.do(handling, "request_extension", days=Decimal(days), at=MONDAY)
    assert "days" in refused.value.fields
