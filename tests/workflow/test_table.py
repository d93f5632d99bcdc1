"""The table of moves, row by row: every action in every status, and every action by everybody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cases.actors import CLOCK, RESIDENT, Actor
from cases.choices import OPEN, Status
from cases.errors import IllegalMove, NotPermitted
from cases.models import Case
from cases.services import ACTIONS
from cases.workflow import MOVES, TABLE, Relation, available, check, permitted
from tests.stories import WAYS, Stories

PEOPLE = (
    "worker", "neighbour", "village_head", "town_dispatcher", "county_dispatcher", "city_dispatcher",
    "county_officer", "county_leader", "city_leader", "supervisor", "stranger",
)  # fmt: skip


def actor_for(stories: Stories, case: Case, action: str) -> Actor:
    """Somebody whom the table lets take this action; where nobody stands to the case like that, a dispatcher."""
    if action in ("check_supervision", "look_back"):  # who gave it, or watches above
        return Actor.person(stories.cast.supervisor)
    people = [Actor.person(getattr(stories.cast, name)) for name in PEOPLE]
    fitting = (actor for actor in (*people, RESIDENT, CLOCK) if permitted(case, TABLE[action], actor))
    return next(fitting, Actor.person(stories.cast.city_dispatcher))


def test_every_action_has_a_service_and_every_service_a_row() -> None:
    assert ACTIONS.keys() == TABLE.keys()


def test_every_status_that_a_case_can_reach_is_left_by_some_move_or_is_an_end() -> None:
    left = {source for move in MOVES for source in move.sources if move.targets}
    assert set(OPEN) <= left


@pytest.mark.parametrize("status", list(WAYS))
def test_an_action_succeeds_where_the_table_names_the_status_and_is_illegal_elsewhere(
    stories: Stories, status: Status
) -> None:
    for action, move in TABLE.items():
        case = stories.bring_for(action, status)
        assert case.status == status
        if status not in move.sources:
            with pytest.raises(IllegalMove):
                stories.do(case, action, actor_for(stories, case, action))
            case.refresh_from_db()
            assert case.status == status
            continue
        result = stories.do(case, action, actor_for(stories, case, action))
        after = Case.objects.get(pk=case.pk)
        assert after.status in (move.targets or (status,)), (action, after.status)
        assert after.version > case.version
        if isinstance(result, Case):
            assert result.status == after.status


@pytest.mark.parametrize("name", [*PEOPLE, "resident", "clock"])
def test_an_action_is_refused_to_whom_the_table_does_not_name(stories: Stories, name: str) -> None:
    actor = {"resident": RESIDENT, "clock": CLOCK}.get(name) or Actor.person(getattr(stories.cast, name))
    for status in WAYS:
        for kept in ("accept", "rate_lead"):  # a case of one unit, and one with a co-handler that has done its part
            case = stories.bring_for(kept, status)
            for action, move in TABLE.items():
                if status not in move.sources or permitted(case, move, actor):
                    continue
                with pytest.raises(NotPermitted):
                    stories.do(case, action, actor)
            assert Case.objects.get(pk=case.pk).version == case.version


@pytest.mark.parametrize(
    ("action", "may", "may_not"),
    [
        (
            "accept",
            {"village_head", "town_dispatcher", "county_dispatcher", "city_dispatcher"},
            {"worker", "supervisor"},
        ),
        ("reject", {"village_head", "town_dispatcher"}, {"worker", "county_officer", "city_leader"}),
        ("solve_on_spot", {"worker", "village_head"}, {"neighbour", "town_dispatcher"}),
        ("escalate", {"village_head", "town_dispatcher"}, {"worker", "county_leader"}),
        ("merge", {"town_dispatcher", "city_dispatcher"}, {"village_head", "worker"}),
        ("urge", {"town_dispatcher", "county_leader", "supervisor"}, {"worker", "village_head"}),
        ("instruct", {"county_leader", "city_leader"}, {"town_dispatcher", "supervisor"}),
    ],
)
def test_who_may_act_on_a_submitted_case(stories: Stories, action: str, may: set[str], may_not: set[str]) -> None:
    case = stories.submit()
    for name in may | may_not | {"stranger"}:
        actor = Actor.person(getattr(stories.cast, name))
        assert permitted(case, TABLE[action], actor) is (name in may), name


@pytest.mark.parametrize(
    ("action", "may", "may_not"),
    [
        ("report_in", {"town_dispatcher"}, {"county_officer", "county_dispatcher", "village_head", "city_leader"}),
        ("contribute", {"town_dispatcher"}, {"county_officer", "county_dispatcher"}),
        ("waive", {"county_officer", "county_dispatcher", "city_leader"}, {"town_dispatcher", "supervisor"}),
        ("whistle", {"county_officer"}, {"town_dispatcher", "county_dispatcher", "city_dispatcher"}),
        ("answer_whistle", {"city_dispatcher", "city_leader"}, {"county_officer", "county_dispatcher", "supervisor"}),
        ("refuse_whistle", {"city_dispatcher", "city_leader"}, {"county_leader", "town_dispatcher"}),
        ("rate_co_handler", {"county_officer"}, {"town_dispatcher", "county_dispatcher"}),
        ("rate_lead", {"town_dispatcher"}, {"county_officer", "county_leader"}),
    ],
)
def test_who_may_act_on_a_case_with_a_co_handler(
    stories: Stories, action: str, may: set[str], may_not: set[str]
) -> None:
    case = stories.bring_for("report_in", Status.HANDLING)
    for name in may | may_not | {"stranger"}:
        actor = Actor.person(getattr(stories.cast, name))
        assert permitted(case, TABLE[action], actor) is (name in may), name


def test_a_level_below_the_one_that_has_the_case_no_longer_decides(stories: Stories) -> None:
    case = stories.do(stories.submit(), "escalate", Actor.person(stories.cast.village_head))
    assert case.level == "town"
    with pytest.raises(NotPermitted):
        stories.do(case, "accept", Actor.person(stories.cast.village_head))
    assert stories.do(case, "accept", Actor.person(stories.cast.town_dispatcher)).status == "accepted"


def test_wrong_state_is_told_before_wrong_person(stories: Stories) -> None:
    case = stories.bring(Status.CLOSED)
    with pytest.raises(IllegalMove):
        check(case, "accept", Actor.person(stories.cast.stranger))


def test_available_names_exactly_what_check_allows(stories: Stories) -> None:
    for status in WAYS:
        case = stories.bring(status)
        for name in PEOPLE:
            actor = Actor.person(getattr(stories.cast, name))
            offered = {move.action for move in available(case, actor)}
            allowed = {action for action in TABLE if _passes(case, action, actor)}
            assert offered == allowed, (status, name)


def _passes(case: Any, action: str, actor: Actor) -> bool:
    try:
        check(case, action, actor)
    except (IllegalMove, NotPermitted):
        return False
    return True


def test_every_relation_is_used_by_some_row() -> None:
    used = {who.relation for move in MOVES for who in move.who}
    assert used == set(Relation)


def test_no_service_touches_a_case_without_locking_it_first() -> None:
    folder = Path(__file__).resolve().parents[2] / "cases" / "services"
    for name in ("desk.py", "handling.py", "joint.py", "look_backs.py", "merging.py", "requests.py", "rulings.py",
                 "supervision.py", "suspensions.py", "voice.py"):  # fmt: skip
        text = (folder / name).read_text()
        assert text.count("with changing(") >= text.count("version: int | None = None"), name
