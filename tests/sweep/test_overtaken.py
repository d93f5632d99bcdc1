"""Somebody acts after a step of a clock was due and before the sweep has come: it was late all the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.actors import IMPORT, Actor
from cases.choices import Status
from cases.models import Case, Deadline, StepFiring
from cases.services import sweep
from cases.services.history import verify
from tests.stories import Stories

CHINA = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=CHINA)
AFTERNOON = MONDAY + timedelta(hours=5)  # three hours after the accepting clock, two after it should have climbed
HANDLE_DUE = datetime(2026, 11, 30, 9, 0, tzinfo=CHINA)


def kinds(case: Case) -> list[str]:
    return list(case.events.order_by("seq").values_list("kind", flat=True))


def clock(case: Case, kind: str) -> Deadline:
    return case.deadlines.filter(kind=kind).latest("pk")


def test_who_acts_before_the_sweep_comes_was_late_and_the_history_says_so_first(stories: Stories) -> None:
    case = stories.do(stories.submit(MONDAY), "accept", at=AFTERNOON)
    assert kinds(case) == ["submitted", "flagged", "accepted"]
    flagged, accepted = case.events.get(kind="flagged"), case.events.get(kind="accepted")
    late = clock(case, "accept")
    assert (late.state, late.flagged_at) == ("missed", AFTERNOON)
    assert (flagged.actor_kind, flagged.actor, flagged.at, flagged.due_at) == ("clock", None, AFTERNOON, late.due_at)
    said = {"deadline": late.pk, "deadline_kind": "accept", "unit": late.unit_id, "late_minutes": 180, "digest": True}
    assert said.items() <= flagged.payload.items()
    mark = StepFiring.objects.get(deadline=late)
    assert (mark.event_id, mark.due_at, mark.fired_at) == (flagged.pk, late.due_at, AFTERNOON)
    assert accepted.prev_hash == flagged.hash and case.version == 3
    assert list(verify(Case.objects.all())) == []


def test_the_sweep_finds_nothing_left_of_it_and_nothing_climbs_any_more(stories: Stories) -> None:
    case = stories.do(stories.submit(MONDAY), "accept", at=AFTERNOON)
    sweep(AFTERNOON)
    case.refresh_from_db()
    assert kinds(case) == ["submitted", "flagged", "accepted"]
    assert (case.escalations, case.urges, case.overdue_since) == (0, 0, None)


def test_a_reminder_that_was_overtaken_in_time_leaves_nothing(stories: Stories) -> None:
    case = stories.do(stories.submit(MONDAY), "accept", at=MONDAY + timedelta(minutes=100))
    assert kinds(case) == ["submitted", "accepted"]
    assert clock(case, "accept").state == "met" and not StepFiring.objects.exists()


def test_what_was_due_on_several_clocks_comes_in_due_order_and_whom_it_concerns_hears_of_it(stories: Stories) -> None:
    case = stories.do(stories.bring(Status.HANDLING, at=MONDAY), "request_extension", at=HANDLE_DUE - timedelta(days=3))
    later = HANDLE_DUE + timedelta(hours=1)
    case = stories.do(case, "finish", at=later)
    lines = case.events.filter(at=later).order_by("seq")
    told = [(e.kind, e.payload.get("deadline_kind"), e.payload.get("role")) for e in lines]
    assert told[:4] == [
        ("flagged", "extension", None),
        ("role_notified", "extension", "leader"),
        ("flagged", "handle", None),
        ("finished", None, None),
    ]
    assert list(verify(Case.objects.all())) == []


def test_where_a_late_clock_runs_on_after_the_check_it_climbs_but_reminds_of_nothing_any_more(
    stories: Stories,
) -> None:
    later = HANDLE_DUE + timedelta(days=2)
    case = stories.do(stories.bring(Status.HANDLING, at=MONDAY), "finish", at=later)
    case = stories.do(case, "send_back", at=later + timedelta(minutes=30))
    assert clock(case, "handle").due_at == HANDLE_DUE
    sweep(later + timedelta(minutes=30))
    assert kinds(case)[-5:] == ["flagged", "finished", "sent_back", "urged", "escalated"]
    assert "reminded" not in kinds(case)


def test_a_clock_that_was_late_before_it_rested_is_late_after_it(stories: Stories) -> None:
    case = stories.do(stories.bring(Status.HANDLING, at=MONDAY), "request_suspension", at=MONDAY + timedelta(days=1),
                      review_on=HANDLE_DUE.date() + timedelta(days=30))  # fmt: skip
    case = stories.do(case, "decide_suspension", at=HANDLE_DUE + timedelta(hours=2))
    handle = clock(case, "handle")
    assert (handle.state, handle.flagged_at) == ("paused", HANDLE_DUE + timedelta(hours=2))
    assert case.events.get(kind="flagged", payload__deadline=handle.pk).due_at == HANDLE_DUE
    case = stories.do(case, "resume", at=HANDLE_DUE + timedelta(days=3))
    sweep(HANDLE_DUE + timedelta(days=3))
    assert case.events.filter(kind="flagged", payload__deadline=handle.pk).count() == 1


def test_an_act_that_stops_no_clock_leaves_what_is_due_to_the_sweep(stories: Stories) -> None:
    case = stories.submit(MONDAY)
    case = stories.do(case, "note", Actor.person(stories.cast.village_head), at=AFTERNOON)
    assert kinds(case) == ["submitted", "noted"]
    sweep(AFTERNOON)
    assert kinds(case)[:5] == ["submitted", "noted", "reminded", "reminded", "flagged"]


def test_a_replayed_ledger_says_what_was_late_and_tells_nobody(stories: Stories) -> None:
    case = stories.do(
        stories.submit(MONDAY, by=IMPORT, channel="mailbox"), "accept", IMPORT, at=MONDAY + timedelta(days=2)
    )
    assert kinds(case) == ["submitted", "flagged", "accepted"]
    assert case.events.get(kind="flagged").quiet


def test_who_acts_in_time_asks_the_database_for_no_steps(stories: Stories) -> None:
    case = stories.submit(MONDAY)
    with CaptureQueriesContext(connection) as asked:
        stories.do(case, "accept", at=MONDAY + timedelta(minutes=10))
    assert not [query["sql"] for query in asked if "cases_stepfiring" in query["sql"]]


def test_the_database_says_what_time_it_is_and_not_the_host(stories: Stories, monkeypatch: pytest.MonkeyPatch) -> None:
    right = timezone.now()
    monkeypatch.setattr("django.utils.timezone.now", lambda: right + timedelta(hours=3))
    case = stories.submit()
    accepted = stories.do(case, "accept")
    moments: list[Any] = [case.submitted_at, accepted.accepted_at]
    assert moments == list(case.events.order_by("seq").values_list("at", flat=True))
    assert right <= moments[0] < moments[1] < right + timedelta(hours=1)
