"""A co-handler's share has two clocks of its own, and the lead finishes only when every part is done or released."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from cases.actors import CLOCK, Actor
from cases.choices import Status
from cases.errors import BadInput, IllegalMove
from cases.models import Assignment, Case, Deadline
from cases.services import sweep
from cases.services.history import verify
from grids.services import merge_grids
from tests.notifications.receiving import Told
from tests.stories import Stories


def joint(stories: Stories, at: datetime | None = None) -> Case:
    """In handling, with the town's authority as co-handler."""
    case = stories.bring(Status.ACCEPTED, at)
    case = stories.do(case, "dispatch", co_handlers=[stories.cast.town_authority], at=at)
    return stories.do(case, "sign", at=at)


def share_of(case: Case, unit: object) -> Assignment:
    return case.assignments.running().get(unit=unit)


def clocks_of(share: Assignment) -> dict[str, str]:
    return dict(share.deadlines.values_list("kind", "state"))


def test_a_dispatch_starts_two_clocks_for_each_co_handler(stories: Stories) -> None:
    case = joint(stories)
    share = share_of(case, stories.cast.town_authority)
    clocks = {d.kind: d for d in share.deadlines.all()}
    assert set(clocks) == {"report_in", "assist"}
    assert {d.unit_id for d in clocks.values()} == {stories.cast.town_authority.pk}
    assert (clocks["report_in"].minutes, clocks["assist"].minutes) == (120, 2100)
    assert case.due_at == case.deadlines.get(kind="handle").due_at  # a co-handler's clock is not the case's


def test_who_reports_in_meets_the_first_clock_and_whose_part_is_done_the_second(stories: Stories) -> None:
    case = stories.do(joint(stories), "report_in")
    share = share_of(case, stories.cast.town_authority)
    assert share.reported_in_at is not None and share.reported_at is None
    assert clocks_of(share) == {"report_in": "met", "assist": "running"}
    case = stories.do(case, "contribute", note="已疏通排水沟")
    share.refresh_from_db()
    assert share.reported_at is not None and share.contribution == "已疏通排水沟"
    assert clocks_of(share) == {"report_in": "met", "assist": "met"}
    event = case.events.get(kind="contributed").payload
    assert (event["unit"], event["note"]) == (stories.cast.town_authority.pk, "已疏通排水沟")


def test_whose_part_is_done_has_reported_in_thereby_and_does_neither_again(stories: Stories) -> None:
    case = stories.do(joint(stories), "contribute")
    share = share_of(case, stories.cast.town_authority)
    assert share.reported_in_at == share.reported_at
    assert clocks_of(share) == {"report_in": "met", "assist": "met"}
    for action in ("report_in", "contribute"):
        with pytest.raises(IllegalMove):
            stories.do(case, action)


def test_progress_is_no_contribution(stories: Stories) -> None:
    case = stories.do(joint(stories), "progress", Actor.person(stories.cast.town_dispatcher))
    assert share_of(case, stories.cast.town_authority).reported_at is None


def test_the_lead_cannot_finish_while_a_part_is_open_and_is_told_whose(stories: Stories) -> None:
    case = joint(stories)
    with pytest.raises(IllegalMove) as refused:
        stories.do(case, "finish")
    assert stories.cast.town_authority.name in refused.value.detail
    case = stories.do(case, "contribute")
    assert stories.do(case, "finish").status == "review"


def test_a_co_handler_that_is_released_owes_nothing_and_still_sees_the_case(stories: Stories) -> None:
    case = stories.do(joint(stories), "waive")
    share = share_of(case, stories.cast.town_authority)
    assert share.waived_at is not None
    assert clocks_of(share) == {"report_in": "cancelled", "assist": "cancelled"}
    with pytest.raises(IllegalMove):
        stories.do(case, "waive")
    with pytest.raises(BadInput) as refused:
        stories.do(case, "waive", unit=stories.cast.housing)
    assert "unit" in refused.value.fields
    assert stories.do(case, "finish").status == "review"


def test_a_late_part_is_missed_and_presses_its_own_unit_but_not_the_case(stories: Stories) -> None:
    start = timezone.now()
    case = joint(stories, start)
    late = share_of(case, stories.cast.town_authority).deadlines.get(kind="report_in")
    sweep(late.due_at + timedelta(seconds=1))
    late.refresh_from_db()
    assert late.flagged_at is not None
    flagged = case.events.get(kind="flagged")
    assert flagged.payload["unit"] == stories.cast.town_authority.pk
    case.refresh_from_db()
    assert case.overdue_since is None and case.escalations == 0
    stories.do(case, "report_in", at=late.due_at + timedelta(hours=1))
    late.refresh_from_db()
    assert late.state == "missed"


def test_who_loses_the_lead_by_escalation_stays_and_owes_nothing(stories: Stories) -> None:
    case = stories.do(joint(stories), "escalate", CLOCK)
    former = share_of(case, stories.cast.urban_management)
    assert former.part == "co" and former.waived_at is not None and not former.deadlines.exists()
    helping = share_of(case, stories.cast.town_authority)
    assert clocks_of(helping) == {"report_in": "running", "assist": "running"}


def test_a_unit_that_owed_nothing_owes_again_once_it_is_called_by_name(stories: Stories) -> None:
    cast = stories.cast
    case = stories.do(stories.bring(Status.HANDLING), "escalate", CLOCK)
    city = Actor.person(cast.city_dispatcher)
    case = stories.do(case, "dispatch", city, lead=cast.city_housing, co_handlers=[cast.urban_management])
    share = share_of(case, cast.urban_management)
    assert share.waived_at is None and clocks_of(share) == {"report_in": "running", "assist": "running"}
    assert case.co_unit_ids.count(cast.urban_management.pk) == 1


def test_another_dispatch_keeps_a_share_and_its_clocks(stories: Stories) -> None:
    case = stories.do(joint(stories), "report_in")
    before = share_of(case, stories.cast.town_authority)
    case = stories.do(case, "dispatch", lead=stories.cast.housing, co_handlers=[stories.cast.town_authority])
    after = share_of(case, stories.cast.town_authority)
    assert after.pk == before.pk and clocks_of(after) == {"report_in": "met", "assist": "running"}


def test_a_return_ends_shares_and_their_clocks(stories: Stories) -> None:
    case = stories.do(joint(stories), "return", stories.actor("sign"))
    assert not case.assignments.running().exists()
    assert not Deadline.objects.filter(case=case, assignment__isnull=False, state="running").exists()


def test_the_heir_of_a_dissolved_unit_takes_over_its_share_with_its_clocks(stories: Stories) -> None:
    cast = stories.cast
    case = stories.bring(Status.ACCEPTED)
    case = stories.do(case, "dispatch", co_handlers=[cast.village_authority])
    case = stories.do(case, "report_in", Actor.person(cast.village_head))
    assist = share_of(case, cast.village_authority).deadlines.get(kind="assist")
    merge_grids(cast.village, cast.other_village)
    heir = share_of(case, cast.other_village_authority)
    assert heir.reported_in_at is not None
    running = heir.deadlines.get(state="running")
    assert (running.pk, running.unit_id) == (assist.pk, cast.other_village_authority.pk)
    assert list(verify(Case.objects.all())) == []


def test_those_whom_it_concerns_are_told(stories: Stories, told: Told) -> None:
    case = stories.do(joint(stories), "report_in")
    assert told(case, "reported_in") == {"county_officer": "lead"}
    case = stories.do(case, "contribute")
    assert told(case, "contributed") == {"county_officer": "lead"}
    other = stories.do(joint(stories), "waive")
    assert told(other, "waived") == {"town_dispatcher": "owes"}
