"""Who may have a reporter shown, for which reason, and who finds cases by a reporter's phone."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from cases.actors import Actor
from cases.errors import BadInput, NotPermitted
from cases.models import Case, CaseEvent
from cases.reporter import Reporter
from cases.services.voice import reveal_reporter
from tests.api.conftest import Caller, fields_of
from tests.stories import Stories

PHONE = "+8613812345678"
MAY = {"county_dispatcher", "village_head", "county_officer", "county_leader", "city_leader", "supervisor"}
"""Of the cast, for a case in the county's hands: desks on duty, revisitors, and who handles it."""
EVERYBODY = MAY | {"worker", "neighbour", "town_dispatcher", "city_dispatcher", "administrator", "stranger"}


def by_phone(stories: Stories, who: str, phone: str = PHONE) -> list[str]:
    rows = Caller(getattr(stories.cast, who)).get("/cases/", {"reporter_phone": phone}).json()["results"]
    return [row["number"] for row in rows]


def may_reveal(stories: Stories, who: str, case: Case) -> bool:
    caller = Caller(getattr(stories.cast, who))
    path = f"/cases/{case.number}/actions/reveal_reporter/"
    return bool(caller.post(path, {"reason": "回访"}).status_code == 200)


def test_a_phone_finds_what_one_might_have_shown_and_nothing_else(stories: Stories) -> None:
    cases = {
        "open": stories.bring("handling"),
        "secret": stories.bring("handling", secret=True),
        "closed": stories.bring("closed"),
        "new": stories.submit(),
    }
    stories.submit(reporter=Reporter("别人", "+8613800000000"))
    found_by_somebody: set[str] = set()
    for who in sorted(EVERYBODY):
        found = set(by_phone(stories, who))
        assert found == {case.number for case in cases.values() if may_reveal(stories, who, case)}, who
        found_by_somebody |= {name for name, case in cases.items() if case.number in found}
        if who != "county_dispatcher":  # who accepted them all
            assert cases["secret"].number not in found, who
    assert found_by_somebody == set(cases)


def test_a_phone_may_be_spelled_as_people_do(stories: Stories) -> None:
    number = stories.submit().number
    for phone in ("13812345678", "138 1234 5678", "+86 138-1234-5678"):
        assert by_phone(stories, "village_head", phone) == [number]
    assert by_phone(stories, "village_head", "13812345679") == []
    refused = Caller(stories.cast.village_head).get("/cases/", {"reporter_phone": "1381234"})
    assert (refused.status_code, fields_of(refused)) == (400, {"reporter_phone"})


def test_the_administration_finds_by_phone_under_the_same_rule(stories: Stories) -> None:
    seen, secret = stories.submit(), stories.submit(secret=True)
    client = Client()
    for who, found in (("administrator", False), ("county_dispatcher", True)):
        user = getattr(stories.cast, who)
        user.is_staff = user.is_superuser = True
        user.save()
        client.force_login(user)
        text = client.get("/admin/cases/case/", {"q": "138 1234 5678"}).content.decode()
        assert (seen.number in text) == found, who
        assert secret.number not in text
    assert seen.number in client.get("/admin/cases/case/", {"q": seen.number}).content.decode()


def test_of_a_secret_reporter_nobody_but_who_accepted_sees_anything(stories: Stories) -> None:
    case = stories.bring("handling", secret=True)
    seen = set()
    for who in sorted(EVERYBODY):
        shown = Caller(getattr(stories.cast, who)).get(f"/cases/{case.number}/")
        if shown.status_code == 200:
            seen.add(who)
            assert shown.json()["reporter"] == {"name": "", "phone": "", "anonymous": False, "secret": True}
            offered = {action["name"] for action in shown.json()["available_actions"]}
            assert ("reveal_reporter" in offered) == (who == "county_dispatcher"), who
        assert may_reveal(stories, who, case) == (who == "county_dispatcher"), who
    assert seen > MAY


def test_each_look_is_an_event_with_its_reason(stories: Stories) -> None:
    case, who = stories.bring("handling"), stories.cast.county_dispatcher
    for reason in ("回访", "核实地点"):
        reveal_reporter(case, Actor.person(who), reason=reason)
    events = CaseEvent.objects.filter(case=case, kind="revealed")
    assert [(event.actor_id, event.payload) for event in events] == [
        (who.pk, {"reason": "回访"}),
        (who.pk, {"reason": "核实地点"}),
    ]


@pytest.mark.parametrize("reason", ["", "   "])
def test_without_a_reason_nothing_is_shown(stories: Stories, reason: str) -> None:
    case, who = stories.bring("handling"), stories.cast.county_dispatcher
    with pytest.raises(BadInput):
        reveal_reporter(case, Actor.person(who), reason=reason)
    answer = Caller(who).post(f"/cases/{case.number}/actions/reveal_reporter/", {"reason": reason})
    assert (answer.status_code, fields_of(answer)) == (400, {"reason"})
    assert not CaseEvent.objects.filter(kind="revealed").exists()


def test_a_refused_look_is_no_event(stories: Stories) -> None:
    case = stories.bring("handling", secret=True)
    with pytest.raises(NotPermitted):
        reveal_reporter(case, Actor.person(stories.cast.county_officer), reason="回访")
    assert not CaseEvent.objects.filter(kind="revealed").exists()


def test_a_list_by_phone_costs_one_query_more(stories: Stories, settings: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for _number in range(3):
        stories.submit()
    caller, counted = Caller(stories.cast.village_head), []
    caller.get("/cases/")
    settings.SNAPSHOT_CHECK_SECONDS = 3600
    for query in ({}, {"reporter_phone": PHONE}):
        with CaptureQueriesContext(connection) as captured:
            assert len(caller.get("/cases/", query).json()["results"]) == 3
        counted.append(len(captured))
    assert counted[1] == counted[0] + 1
