"""The lead whistles, the level above sends departments or says why not, and nobody waits for what has no use."""

from __future__ import annotations

import pytest

from cases.actors import CLOCK, Actor
from cases.choices import Status
from cases.errors import BadInput, IllegalMove
from cases.models import Case, Deadline, Whistle
from cases.services.history import verify
from tests.api.conftest import Caller
from tests.notifications.receiving import Told
from tests.stories import Stories


def whistled(stories: Stories) -> Case:
    return stories.do(stories.bring(Status.HANDLING), "whistle")


def test_a_whistle_waits_for_the_authority_above_by_a_clock_of_its_own(stories: Stories, told: Told) -> None:
    case = whistled(stories)
    asked = Whistle.objects.get(case=case)
    assert (asked.state, asked.unit_id) == ("pending", stories.cast.urban_management.pk)
    assert asked.decider_id == stories.cast.city_authority.pk
    clock = case.deadlines.get(kind="whistle")
    assert (clock.state, clock.unit_id, clock.minutes) == ("running", stories.cast.city_authority.pk, 120)
    assert told(case, "whistled") == {"city_dispatcher": "above"}
    with pytest.raises(IllegalMove):
        stories.do(case, "whistle")


def test_the_answer_brings_co_handlers_with_their_clocks(stories: Stories, told: Told) -> None:
    case = stories.do(whistled(stories), "answer_whistle")
    assert case.co_unit_ids == [stories.cast.city_water.pk]
    share = case.assignments.running().get(part="co")
    assert set(share.deadlines.values_list("kind", "state")) == {("report_in", "running"), ("assist", "running")}
    assert Whistle.objects.get(case=case).state == "granted"
    assert case.deadlines.get(kind="whistle").state == "met"
    event = case.events.get(kind="whistle_answered").payload
    assert event["co_handler_names"] == [stories.cast.city_water.name] and event["granted"]
    assert told(case, "whistle_answered")["county_officer"] == "lead"
    with pytest.raises(IllegalMove):
        stories.do(case, "answer_whistle", co_handlers=[stories.cast.city_housing])
    assert list(verify(Case.objects.all())) == []


def test_a_refusal_has_a_reason_and_brings_nobody(stories: Stories) -> None:
    case = stories.do(whistled(stories), "refuse_whistle", reason="县里有同类队伍")
    asked = Whistle.objects.get(case=case)
    assert (asked.state, asked.note, asked.decided_by) == ("refused", "县里有同类队伍", stories.cast.city_dispatcher)
    assert case.co_unit_ids == [] and case.deadlines.get(kind="whistle").state == "met"
    assert stories.do(case, "whistle").version > case.version


def test_units_that_lead_or_help_already_or_lie_elsewhere_are_not_sent(stories: Stories) -> None:
    cast = stories.cast
    case = stories.do(stories.bring(Status.ACCEPTED), "dispatch", lead=cast.village_authority)
    case = stories.do(case, "sign", Actor.person(cast.village_head))
    case = stories.do(case, "whistle", Actor.person(cast.village_head))
    town = Actor.person(cast.town_dispatcher)
    for units in ([], [cast.village_authority], [cast.water]):
        with pytest.raises(BadInput) as refused:
            stories.do(case, "answer_whistle", town, co_handlers=units)
        assert "co_handlers" in refused.value.fields
    assert Whistle.objects.get(case=case).state == "pending"
    case = stories.do(case, "answer_whistle", Actor.person(cast.county_dispatcher), co_handlers=[cast.water])
    assert case.co_unit_ids == [cast.water.pk]


def test_at_the_top_there_is_nobody_to_whistle_for(stories: Stories) -> None:
    case = stories.bring(Status.HANDLING)
    city = Actor.person(stories.cast.city_dispatcher)
    case = stories.do(stories.do(case, "escalate", CLOCK), "sign", city)
    with pytest.raises(IllegalMove):
        stories.do(case, "whistle", city)


@pytest.mark.parametrize("action", ["finish", "escalate", "return", "merge", "withdraw", "dispatch"])
def test_an_unanswered_whistle_lapses_when_the_case_moves_on(stories: Stories, action: str) -> None:
    case = whistled(stories)
    stories.do(case, action, stories.actor("sign") if action == "return" else None)
    asked = Whistle.objects.get(case=case)
    assert (asked.state, asked.decided_by) == ("lapsed", None) and asked.decided_at is not None
    assert Deadline.objects.get(case=case, kind="whistle").state == "cancelled"


def test_what_touches_neither_status_nor_lead_leaves_it_waiting(stories: Stories) -> None:
    case = whistled(stories)
    for action in ("progress", "urge", "recategorise"):
        actor = stories.actor("sign") if action == "progress" else None
        case = stories.do(case, action, actor)
    assert Whistle.objects.get(case=case).state == "pending"
    assert case.deadlines.get(kind="whistle").state == "running"


def names(caller: Caller, case: Case) -> set[str]:
    said = caller.get(f"/cases/{case.number}/").json()["available_actions"]
    return {action["name"] for action in said}


def test_what_would_be_refused_is_not_on_offer(stories: Stories) -> None:
    lead, above = Caller(stories.cast.county_officer), Caller(stories.cast.city_dispatcher)
    case = stories.bring(Status.HANDLING)
    assert "whistle" in names(lead, case) and not {"waive", "rate_co_handler"} & names(lead, case)
    assert not {"answer_whistle", "refuse_whistle"} & names(above, case)
    answer = lead.post(f"/cases/{case.number}/actions/whistle/", {"wanted": "供水", "reason": "爆管"})
    assert answer.status_code == 200 and "whistle" not in answer.json()["available_actions"]
    assert names(above, case) >= {"answer_whistle", "refuse_whistle"}
    refused = above.post(f"/cases/{case.number}/actions/answer_whistle/", {"co_handlers": []})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "co_handlers")
    body = {"co_handlers": [stories.cast.city_water.pk, stories.cast.town_authority.pk]}
    answer = above.post(f"/cases/{case.number}/actions/answer_whistle/", body)
    assert answer.status_code == 200, answer.content
    helper = Caller(stories.cast.town_dispatcher)
    assert names(helper, case) >= {"report_in", "contribute"} and "rate_lead" not in names(helper, case)
    done = helper.post(f"/cases/{case.number}/actions/contribute/", {"note": "已断水抢修"}).json()["available_actions"]
    assert "rate_lead" in done and not {"report_in", "contribute"} & set(done)
    assert names(lead, case) >= {"waive", "rate_co_handler", "whistle"}
