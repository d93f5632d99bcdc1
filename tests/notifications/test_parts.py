"""The replay of a history agrees with what the services wrote on the case, after every step of every way."""

from __future__ import annotations

from typing import Any

import pytest

from cases.actors import CLOCK, Actor
from cases.choices import Status
from cases.models import Case, CaseEvent
from notifications.parts import replay
from notifications.services import dispatch_events
from tests.notifications.receiving import Told
from tests.stories import Stories

LEAD_UNITS = {"dispatch": "urban_management", "rule": "urban_management"}
UNHAPPY = {"solved": False, "satisfaction": "unsatisfied"}

WAYS: dict[str, list[str]] = {
    "plain": ["accept", "dispatch", "sign", "finish", "approve", "rate"],
    "returned and ruled": ["accept", "dispatch", "return", "rule", "sign", "finish"],
    "handed on": ["accept", "dispatch", "help", "elsewhere", "escalate", "sign"],
    "climbs before it is accepted": ["escalate", "escalate", "accept", "dispatch"],
    "climbs while it is checked": ["accept", "dispatch", "sign", "finish", "escalate", "send_back", "escalate"],
    "reopened twice": ["accept", "dispatch", "help", "sign", "waive", "waive_housing", "finish", "approve", "unhappy",
                       "finish", "approve", "unhappy"],
    "on the spot": ["solve_on_spot", "unhappy"],
    "to the city": ["accept", "dispatch", "escalate", "escalate", "escalate"],
    "merged and back": ["accept", "dispatch", "help", "merge", "unmerge", "return"],
    "whistled for": ["accept", "dispatch", "sign", "whistle", "answer_whistle", "waive_water", "finish"],
    "whistled in vain": ["accept", "dispatch", "sign", "whistle", "refuse_whistle", "return"],
    "withdrawn": ["accept", "dispatch", "help", "withdraw"],
}  # fmt: skip


def step(stories: Stories, case: Case, name: str) -> Case:
    """One step of a way."""
    cast = stories.cast
    special: dict[str, tuple[str, Actor | None, dict[str, Any]]] = {
        "help": ("dispatch", None, {"co_handlers": [cast.housing, cast.town_authority]}),
        "elsewhere": ("dispatch", None, {"lead": cast.housing}),
        "unhappy": ("rate", None, UNHAPPY),
        "waive_water": ("waive", None, {"unit": cast.city_water}),
        "waive_housing": ("waive", None, {"unit": cast.housing}),
        "escalate": ("escalate", CLOCK, {}),
        "return": ("return", stories.actor("sign"), {}),
        "rule": ("rule", Actor.person(cast.city_dispatcher), {}),
        "solve_on_spot": ("solve_on_spot", Actor.person(cast.worker), {}),
        "sign": ("sign", signer(stories, case), {}),
        "finish": ("finish", signer(stories, case), {}),
        "approve": ("approve", Actor.person(cast.city_dispatcher), {}),
        "send_back": ("send_back", Actor.person(cast.city_dispatcher), {}),
        "dispatch": ("dispatch", Actor.person(cast.county_dispatcher), {}),
    }
    action, actor, inputs = special.get(name, (name, None, {}))
    return stories.do(case, action, actor, **inputs)


def signer(stories: Stories, case: Case) -> Actor:
    """Somebody of the unit that leads now."""
    people = {
        stories.cast.urban_management.pk: stories.cast.county_officer,
        stories.cast.county_authority.pk: stories.cast.county_dispatcher,
        stories.cast.city_authority.pk: stories.cast.city_dispatcher,
    }
    case.refresh_from_db()
    return Actor.person(people.get(case.lead_unit_id, stories.cast.county_officer))


@pytest.mark.parametrize("way", WAYS)
def test_the_replay_agrees_with_the_case(stories: Stories, way: str) -> None:
    case = stories.submit()
    for name in WAYS[way]:
        case = step(stories, case, name)
        case.refresh_from_db()
        events = list(CaseEvent.objects.filter(case=case).select_related("case"))
        *_before, (_event, _parts, parts) = replay(events)
        (_event, _parts, alone) = next(replay([events[-1]]))
        assert parts == alone
        assert parts.duty == case.duty_unit_id, name
        assert parts.lead == case.lead_unit_id, name
        assert parts.dispatching == case.dispatching_unit_id, name
        assert sorted(parts.co_handlers) == sorted(case.co_unit_ids), name


def test_however_late_the_same_people_are_told(stories: Stories, told: Told) -> None:
    prompt, late = stories.submit(), stories.submit()
    for action in ("accept", "dispatch", "sign", "finish", "approve", "rate"):
        stories.do(prompt, action)
        dispatch_events()
    for action in ("accept", "dispatch", "sign", "finish", "approve", "rate"):
        stories.do(late, action)
    for event in prompt.events.all():
        assert told(prompt, event.kind) == told(late, event.kind)


def test_a_withdrawal_reaches_all_who_worked_on_it(stories: Stories, told: Told) -> None:
    case = stories.bring(Status.DISPATCHED)
    stories.do(case, "dispatch", co_handlers=[stories.cast.town_authority])
    stories.do(case, "withdraw")
    assert told(case, "withdrawn") == {"county_officer": "duty", "town_dispatcher": "co_handler"}
