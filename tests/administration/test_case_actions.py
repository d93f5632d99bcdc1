"""In the administration a case changes by the actions of the table of moves, and by nothing else."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from cases.actors import Actor
from cases.api.offers import offered
from cases.choices import Status
from cases.models import Case
from cases.workflow import TABLE
from grids.models import User
from tests.administration.conftest import signed_in, staff
from tests.cast import Cast
from tests.stories import Stories

pytestmark = pytest.mark.django_db


@pytest.fixture
def dispatcher(cast: Cast) -> User:
    """The county's dispatcher, who may look into the administration."""
    return staff(cast.county_dispatcher)


@pytest.fixture
def desk(dispatcher: User) -> Client:
    return signed_in(dispatcher)


def page_of(case: Case) -> str:
    return reverse("admin:cases_case_change", args=[case.pk])


def action_of(case: Case, action: str) -> str:
    return reverse("admin:cases_case_act", args=[case.pk, action])


def test_the_buttons_are_what_the_table_offers_and_each_opens_its_form(
    desk: Client, dispatcher: User, stories: Stories
) -> None:
    opened = set()
    for status in (Status.SUBMITTED, Status.ACCEPTED, Status.HANDLING, Status.REVIEW, Status.CLOSED):
        case = stories.bring(status)
        text = desk.get(page_of(case)).content.decode()
        shown = set(re.findall(rf"/cases/case/{case.pk}/act/(\w+)/", text))
        assert shown == {move.action for move in offered(case, Actor.person(dispatcher))}, status
        for action in shown - opened:
            answer = desk.get(action_of(case, action))
            assert answer.status_code == 200
            asked = {f'name="{one.name}"' for one in TABLE[action].inputs}
            assert {name for name in asked if name not in answer.content.decode()} == set(), action
        opened |= shown
    assert opened >= {"accept", "dispatch", "reject", "approve", "merge", "urge"}


def test_a_form_calls_the_service_and_leads_back(desk: Client, dispatcher: User, stories: Stories) -> None:
    case = stories.submit()
    said = {"version": case.version, "urgency": "urgent", "note": "停电", "category": ""}
    answer = desk.post(action_of(case, "accept"), said, follow=True)
    case.refresh_from_db()
    assert (case.status, case.urgency, case.accepted_by) == (Status.ACCEPTED, "urgent", dispatcher)
    assert case.events.latest("seq").payload["note"] == "停电"
    assert "停电" in answer.content.decode()


def test_units_and_categories_are_chosen_from_ones_own_territory(desk: Client, cast: Cast, stories: Stories) -> None:
    case = stories.bring(Status.ACCEPTED)
    text = desk.get(action_of(case, "dispatch")).content.decode()
    assert cast.urban_management.name in text
    assert cast.other_county_authority.name not in text
    assert cast.city_housing.name not in text
    desk.post(action_of(case, "dispatch"), {"version": case.version, "lead": cast.urban_management.pk})
    case.refresh_from_db()
    assert (case.status, case.lead_unit) == (Status.DISPATCHED, cast.urban_management)


def test_what_is_wrong_is_said_beside_the_field_and_what_was_typed_stays(desk: Client, stories: Stories) -> None:
    case = stories.submit()
    answer = desk.post(
        action_of(case, "merge"), {"version": case.version, "into": "1310-20260101-999999", "note": "同"}
    )
    text = answer.content.decode()
    assert "no case has the number 1310-20260101-999999" in text
    assert 'value="1310-20260101-999999"' in text
    case.refresh_from_db()
    assert case.status == Status.SUBMITTED


def test_a_case_that_somebody_changed_meanwhile_is_refused_in_a_sentence(desk: Client, stories: Stories) -> None:
    case = stories.submit()
    first = {"version": case.version}
    assert desk.post(action_of(case, "accept"), first).status_code == 302
    for action in ("urge", "accept"):
        answer = desk.post(action_of(case, action), first | {"note": "快办"}, follow=True)
        text = answer.content.decode()
        assert "Somebody changed this matter in the meantime" in text or "is not possible while the case is" in text
    case.refresh_from_db()
    assert case.version == 2


def test_what_is_not_up_to_somebody_leads_back_with_a_sentence(desk: Client, stories: Stories) -> None:
    case = stories.bring(Status.HANDLING)
    text = desk.get(action_of(case, "finish"), follow=True).content.decode()
    assert "is not up to you in this case" in text
    assert desk.get(action_of(case, "no_such_action")).status_code == 404


def test_a_case_outside_ones_territory_has_no_actions(cast: Cast, stories: Stories) -> None:
    case = stories.submit()
    stranger = signed_in(staff(cast.stranger))
    assert stranger.get(action_of(case, "accept")).status_code == 404
    assert stranger.post(action_of(case, "accept"), {"version": case.version}).status_code == 404
    assert stranger.get(page_of(case)).status_code == 302
    case.refresh_from_db()
    assert case.status == Status.SUBMITTED


def test_who_may_not_look_at_cases_may_not_act_on_them_here(cast: Cast, stories: Stories) -> None:
    case = stories.submit()
    User.objects.filter(pk=cast.county_dispatcher.pk).update(is_staff=True)
    assert signed_in(cast.county_dispatcher).get(action_of(case, "accept")).status_code == 403


def test_a_reporter_is_shown_on_the_answer_alone_and_the_look_is_an_event(desk: Client, stories: Stories) -> None:
    case = stories.bring(Status.ACCEPTED)
    assert "13812345678" not in desk.get(page_of(case)).content.decode()
    answer = desk.post(action_of(case, "reveal_reporter"), {"version": case.version, "reason": "回电核实"})
    assert "+8613812345678" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert case.events.latest("seq").kind == "revealed"
    assert "13812345678" not in desk.get(page_of(case)).content.decode()


def test_nothing_of_a_case_can_be_edited_by_hand(admin: Client, stories: Stories) -> None:
    case = stories.submit()
    text = admin.get(page_of(case)).content.decode()
    assert 'name="_save"' not in text and 'name="status"' not in text
    assert admin.post(page_of(case), {"status": "closed"}).status_code == 403
    case.refresh_from_db()
    assert case.status == Status.SUBMITTED
