"""Every action over HTTP: what the table of moves says, the API does, and nothing else."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import connection

from cases.actors import Actor
from cases.choices import Status
from cases.models import Case, CaseEvent, IdempotencyKey
from cases.workflow import MOVES, TABLE, permitted
from tests.api.conftest import Caller, fields_of
from tests.stories import WAYS, Stories

REACHED = [status for status in Status if status in WAYS]


def body_of(stories: Stories, action: str) -> dict[str, Any]:
    """The inputs of the stories, as JSON names them."""
    said = stories.inputs(action)
    if "lead" in said:
        said["lead"] = said["lead"].pk
    if "unit" in said:
        said["unit"] = said["unit"].pk
    if "co_handlers" in said:
        said["co_handlers"] = [unit.pk for unit in said["co_handlers"]]
    if "into" in said:
        said["into"] = said["into"].number
    return said


def people_of(stories: Stories, case: Case) -> dict[str, Any]:
    """One who may do each kind of thing: on duty, as lead, from above, and one who may little."""
    cast = stories.cast
    return {
        "dispatcher": cast.county_dispatcher,
        "officer": cast.county_officer,
        "leader": cast.city_leader,
        "supervisor": cast.supervisor,
        "head": cast.village_head,
        "co_handler": cast.town_dispatcher,
        "stranger": cast.stranger,
    }


@pytest.mark.parametrize("status", REACHED)
def test_each_action_in_each_status_answers_as_the_table_says(stories: Stories, status: Status) -> None:
    template = stories.bring_for("rate_lead", status)
    for role, user in people_of(stories, template).items():
        actor, caller = Actor.person(user), Caller(user)
        seen = Case.objects.visible_to(user).filter(pk=template.pk).exists()
        for move in MOVES:
            refused = status not in move.sources or not permitted(template, move, actor)
            if seen and not refused:
                continue  # the other test takes this step
            expected = 404 if not seen else 409 if status not in move.sources else 403
            answer = caller.post(f"/cases/{template.number}/actions/{move.action}/", body_of(stories, move.action))
            assert answer.status_code == expected, (role, move.action, answer.content)
            assert answer["Content-Type"] == "application/problem+json"
    assert Case.objects.get(pk=template.pk).version == template.version


STEPS = [(status, move.action) for status in REACHED for move in MOVES if status in move.sources]


@pytest.mark.parametrize(("status", "action"), STEPS)
def test_who_may_take_a_step_takes_it_over_http(stories: Stories, status: Status, action: str) -> None:
    case = stories.bring_for(action, status)
    users = [*people_of(stories, case).values(), stories.cast.town_dispatcher, stories.cast.city_dispatcher]
    able = [user for user in users if permitted(case, TABLE[action], Actor.person(user))]
    if not able:
        assert action in ("withdraw", "rule"), f"nobody of the cast may {action}"
        return
    if action == "reveal_reporter":
        assert Caller(able[0]).post(url(case, action), {"reason": "回访"}).json()["phone"] == "+8613812345678"
        return
    answer = Caller(able[0]).post(url(case, action), body_of(stories, action))
    assert answer.status_code == 200, answer.content
    said, now = answer.json(), Case.objects.get(pk=case.pk)
    assert (said["status"], said["version"], answer["ETag"]) == (now.status, now.version, f'"{now.version}"')
    assert now.version > case.version
    assert not TABLE[action].targets or now.status in TABLE[action].targets


def url(case: Case, action: str) -> str:
    return f"/cases/{case.number}/actions/{action}/"


def test_a_ruling_comes_from_above(stories: Stories) -> None:
    case = stories.bring("accepted")
    answer = Caller(stories.cast.city_dispatcher).post(url(case, "rule"), body_of(stories, "rule"))
    assert answer.status_code == 200, answer.content
    assert answer.json()["lead_unit"]["id"] == stories.cast.urban_management.pk


@pytest.mark.parametrize(
    ("action", "body", "field"),
    [
        ("dispatch", {}, "lead"),
        ("dispatch", {"lead": "x"}, "lead"),
        ("dispatch", {"lead": 10**30}, "lead"),
        ("dispatch", {"lead": 987654}, "lead"),
        ("dispatch", {"lead": 1, "co_handlers": [987654]}, "co_handlers"),
        ("dispatch", {"led": 1}, "led"),
        ("escalate", {"reason": ""}, "reason"),
        ("escalate", {"reason": "a\0b"}, "reason"),
        ("escalate", {"reason": "x" * 2001}, "reason"),
        ("recategorise", {"category": "nothing", "reason": "x"}, "category"),
        ("recategorise", {"urgency": "now", "reason": "x"}, "urgency"),
        ("recategorise", {"reason": "x"}, "category"),
        ("merge", {"into": "1310-20260101-999999"}, "into"),
    ],
)
def test_a_bad_input_is_refused_by_name_and_changes_nothing(
    stories: Stories, dispatcher: Caller, action: str, body: dict[str, Any], field: str
) -> None:
    case = stories.bring("accepted")
    if body.get("lead") == 1:
        body = body | {"lead": stories.cast.urban_management.pk}
    answer = dispatcher.post(url(case, action), body)
    assert answer.status_code == 400, answer.content
    assert field in {name.split(".")[0] for name in fields_of(answer)}
    assert Case.objects.get(pk=case.pk).version == case.version


def test_units_and_cases_out_of_sight_cannot_be_named(stories: Stories) -> None:
    case = stories.do(stories.submit(), "accept", Actor.person(stories.cast.village_head))
    village = Caller(stories.cast.village_head)
    for unit in (stories.cast.other_village_authority, stories.cast.urban_management):
        answer = village.post(url(case, "dispatch"), {"lead": unit.pk})
        assert (answer.status_code, fields_of(answer)) == (400, {"lead"})
        assert unit.name not in answer.content.decode()
    far = stories.submit(lon=116.405, lat=39.435)
    case = stories.do(stories.submit(), "accept", Actor.person(stories.cast.town_dispatcher))
    answer = Caller(stories.cast.town_dispatcher).post(url(case, "merge"), {"into": far.number})
    assert (answer.status_code, fields_of(answer)) == (400, {"into"})


def test_half_a_character_is_refused_by_name(stories: Stories, dispatcher: Caller) -> None:
    case = stories.submit()
    body = b'{"note": "\\ud800"}'
    answer = dispatcher.client.post(f"/api/v1{url(case, 'urge')}", data=body, content_type="application/json")
    assert (answer.status_code, fields_of(answer)) == (400, {"note"})


def test_a_body_that_is_no_object_is_refused(stories: Stories, dispatcher: Caller) -> None:
    case = stories.bring("accepted")
    for body in (b"[1]", b'"x"', b"7"):
        answer = dispatcher.client.post(f"/api/v1{url(case, 'escalate')}", data=body, content_type="application/json")
        assert answer.status_code == 400, answer.content


def test_who_has_read_an_old_version_is_told_so(stories: Stories, dispatcher: Caller) -> None:
    case = stories.submit()
    read = dispatcher.get(f"/cases/{case.number}/")["ETag"]
    assert dispatcher.post(url(case, "urge"), {"note": "快办"}, **{"If-Match": read}).status_code == 200
    answer = dispatcher.post(url(case, "urge"), {"note": "快办"}, **{"If-Match": read})
    assert answer.status_code == 412
    assert Case.objects.get(pk=case.pk).urges == 1
    assert dispatcher.post(url(case, "urge"), {"note": "快办"}, **{"If-Match": "*"}).status_code == 200


@pytest.mark.parametrize(
    ("tag", "status"), [('"abc"', 412), ("abc", 400), ('"99"', 412), ('W/"1"', 200), ('"9", "1"', 200)]
)
def test_an_if_match_is_read_as_entity_tags(stories: Stories, dispatcher: Caller, tag: str, status: int) -> None:
    case = stories.submit()
    assert dispatcher.post(url(case, "urge"), {"note": "快办"}, **{"If-Match": tag}).status_code == status


def test_each_look_at_the_reporter_is_an_event_and_leaves_no_copy(stories: Stories, dispatcher: Caller) -> None:
    case = stories.bring("accepted")
    key = {"Idempotency-Key": "look"}
    for _ in range(2):
        answer = dispatcher.post(url(case, "reveal_reporter"), {"reason": "核实地点"}, **key)
        assert answer.json() == {"name": "何大年", "phone": "+8613812345678"}
        assert answer["Cache-Control"] == "no-store"
    looks = CaseEvent.objects.filter(case=case, kind="revealed")
    assert [look.actor for look in looks] == [stories.cast.county_dispatcher] * 2
    assert not IdempotencyKey.objects.exists()


def test_a_secret_reporter_is_shown_to_who_accepted_the_case_alone(stories: Stories, dispatcher: Caller) -> None:
    case = stories.bring("accepted", secret=True)
    other = Caller(stories.cast.city_dispatcher).post(url(case, "reveal_reporter"), {"reason": "看看"})
    assert other.status_code == 403
    assert "138" not in other.content.decode()
    assert dispatcher.post(url(case, "reveal_reporter"), {"reason": "核实"}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_case_that_somebody_holds_is_a_conflict_to_try_again(committed_stories: Stories) -> None:
    case = committed_stories.submit()
    caller = Caller(committed_stories.cast.county_dispatcher)
    now = connection.settings_dict
    host = now["HOST"] or now["OPTIONS"].get("host")
    with psycopg.connect(host=host, user=now["USER"], password=now["PASSWORD"], dbname=now["NAME"]) as other:
        other.execute("SELECT 1 FROM cases_case WHERE id = %s FOR UPDATE", [case.pk])
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '50ms'")
        answer = caller.post(url(case, "urge"), {"note": "快办"}, **{"Idempotency-Key": "k"})
    assert (answer.status_code, answer["Retry-After"]) == (409, "1")
    assert answer.json()["type"].endswith("busy")
    assert caller.post(url(case, "urge"), {"note": "快办"}, **{"Idempotency-Key": "k"}).status_code == 200
    connection.close()


def test_the_stories_reach_every_status_that_the_table_leaves() -> None:
    assert {source for move in MOVES for source in move.sources} - set(REACHED) <= {Status.SUSPENDED}
