"""What waits for somebody stands on their page with the actions that are theirs, and is gone once it is dealt with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cases.actors import Actor
from portal.leaders.needs import read_needs
from tests.stories import Stories

pytestmark = pytest.mark.django_db


def waiting(user: Any) -> dict[str, list[tuple[str, list[str]]]]:
    """Number and actions of what waits, by group; groups where nothing does are left out."""
    return {
        one.group.name: [(need.case.number, [name for name, _label in need.actions]) for need in one.rows]
        for one in read_needs(user, "")
        if one.rows
    }


@pytest.mark.parametrize(
    ("ask", "answer", "group", "actions"),
    [
        ("request_extension", "decide_extension", "extension", ["decide_extension"]),
        ("request_suspension", "decide_suspension", "suspension", ["decide_suspension"]),
        ("whistle", "answer_whistle", "whistle", ["answer_whistle", "refuse_whistle"]),
    ],
)
def test_what_is_asked_of_the_level_above_waits_for_it_alone(
    stories: Stories, ask: str, answer: str, group: str, actions: list[str]
) -> None:
    cast, case = stories.cast, stories.bring("handling")
    stories.do(case, ask)
    assert waiting(cast.city_leader) == {group: [(case.number, actions)]}
    assert waiting(cast.county_leader) == waiting(cast.town_dispatcher) == {}
    stories.do(case, answer, Actor.person(cast.city_leader))
    assert waiting(cast.city_leader) == {}


def test_an_order_waits_for_who_must_answer_and_then_for_who_gave_it(stories: Stories) -> None:
    cast, case = stories.cast, stories.bring("accepted")
    stories.do(case, "supervise", listed=True)
    assert waiting(cast.county_leader)["order"] == [(case.number, ["answer_supervision"])]
    assert waiting(cast.county_leader)["listed"] == [(case.number, ["instruct", "supervise"])]
    assert "order" not in waiting(cast.supervisor)
    stories.do(case, "answer_supervision", stories.addressed(case))
    assert waiting(cast.supervisor)["order"] == [(case.number, ["check_supervision"])]
    stories.do(case, "check_supervision", Actor.person(cast.supervisor))
    assert "order" not in waiting(cast.supervisor) and "listed" not in waiting(cast.county_leader)


def test_a_dispute_waits_for_a_ruling_by_who_may_rule(stories: Stories) -> None:
    cast, case = stories.cast, stories.bring("dispatched")
    for _i in range(2):
        stories.do(case, "return", stories.actor("sign"))
        assert ("ruling" in waiting(cast.city_dispatcher)) == (_i == 1)
        if _i == 0:
            stories.do(case, "dispatch")
    assert waiting(cast.city_dispatcher)["ruling"] == [(case.number, ["rule"])]
    assert "ruling" not in waiting(cast.city_leader)  # the table lets a dispatcher rule
    assert "ruling" not in waiting(cast.county_dispatcher)


def test_what_is_late_with_ones_own_unit_can_be_pressed_at_once(stories: Stories) -> None:
    cast = stories.cast
    late = stories.submit(at=timezone.now() - timedelta(days=20))
    assert late.duty_unit_id == cast.village_authority.pk
    assert waiting(cast.county_leader) == {}
    stories.do(late, "accept")
    case = stories.do(late, "dispatch", lead=cast.county_authority, at=timezone.now() - timedelta(days=20))
    assert waiting(cast.county_leader)["late"] == [(case.number, ["instruct", "supervise"])]


def test_the_page_of_a_group_holds_all_of_it(stories: Stories, browser: Any) -> None:
    cases = [stories.bring("handling") for _i in range(6)]
    for case in cases:
        stories.do(case, "request_extension")
    found = next(one for one in read_needs(stories.cast.city_leader, "") if one.group.name == "extension")
    assert (len(found.rows), found.more) == (4, True)
    page = browser("city_leader").get("/leaders/needs/?group=extension").content.decode()
    assert all(case.number in page for case in cases)
    assert browser("city_leader").get("/leaders/needs/?group=none").status_code == 404
