"""A request that is sent again under its key acts once and is answered alike."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from cases.models import Case, CaseEvent, IdempotencyKey
from cases.services.idempotency import forget_keys
from tests.api.conftest import Caller, fields_of
from tests.stories import Stories

KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
REPORT = {"text": "路灯不亮", "lon": 116.305, "lat": 39.435, "coordinate_source": "wgs84"}


def urge(caller: Caller, case: Case, note: str = "快办", **headers: str) -> Any:
    return caller.post(f"/cases/{case.number}/actions/urge/", {"note": note}, **headers)


def test_a_repeated_action_acts_once_and_is_answered_alike(stories: Stories, dispatcher: Caller) -> None:
    case = stories.submit()
    first, second = urge(dispatcher, case, **KEY), urge(dispatcher, case, **KEY)
    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()
    assert first["ETag"] == second["ETag"]
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert Case.objects.get(pk=case.pk).urges == 1


def test_a_repeat_is_answered_alike_also_when_the_step_is_no_longer_possible(
    stories: Stories, dispatcher: Caller
) -> None:
    case = stories.submit()
    accept = f"/cases/{case.number}/actions/accept/"
    assert dispatcher.post(accept, **KEY).status_code == 200
    assert dispatcher.post(accept, **KEY).status_code == 200
    assert dispatcher.post(accept).status_code == 409


def test_a_key_with_another_request_is_refused(stories: Stories, dispatcher: Caller) -> None:
    case, other = stories.submit(), stories.submit()
    urge(dispatcher, case, **KEY)
    for answer in (urge(dispatcher, case, "再催", **KEY), urge(dispatcher, other, **KEY)):
        assert answer.status_code == 422
        assert answer.json()["type"].endswith("idempotency_key_reused")
    assert Case.objects.get(pk=other.pk).urges == 0


def test_a_refused_request_may_be_mended_under_its_key(stories: Stories, dispatcher: Caller) -> None:
    case = stories.submit()
    assert urge(dispatcher, case, "", **KEY).status_code == 400
    assert not IdempotencyKey.objects.exists()
    assert urge(dispatcher, case, "快办", **KEY).status_code == 200


def test_keys_of_two_people_do_not_meet(stories: Stories, dispatcher: Caller) -> None:
    case = stories.submit()
    urge(dispatcher, case, **KEY)
    assert "Idempotent-Replayed" not in urge(Caller(stories.cast.city_dispatcher), case, **KEY)
    assert Case.objects.get(pk=case.pk).urges == 2


@pytest.mark.parametrize("key", ["x" * 81, "two words", "钥匙"])
def test_a_key_that_is_none_is_refused_by_name(stories: Stories, dispatcher: Caller, key: str) -> None:
    answer = urge(dispatcher, stories.submit(), **{"Idempotency-Key": key})
    assert (answer.status_code, fields_of(answer)) == (400, {"Idempotency-Key"})


def test_a_repeated_report_gives_the_same_slip(stories: Stories, nobody: Caller) -> None:
    first, second = (nobody.post("/public/cases/", REPORT, **KEY) for _ in range(2))
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert Case.objects.count() == 1
    assert nobody.post("/public/cases/", REPORT | {"text": "另一件事"}, **KEY).status_code == 422


def test_who_lacks_the_code_gets_no_kept_reply(stories: Stories, nobody: Caller) -> None:
    case = stories.submit()
    path = f"/public/cases/{case.number}/note/"
    assert nobody.post(path, {"note": "补充"}, **KEY, **{"X-Case-Code": case.lookup_code}).status_code == 200
    assert nobody.post(path, {"note": "补充"}, **KEY, **{"X-Case-Code": "2222222222"}).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_at_once_with_one_key_act_once(committed_stories: Stories) -> None:
    case = committed_stories.submit()
    starting = Barrier(4)

    def send(_number: int) -> Any:
        caller = Caller(committed_stories.cast.county_dispatcher)
        starting.wait()
        try:
            return urge(caller, case, **KEY)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert all(answer.json() == answers[0].json() for answer in answers)
    assert sum("Idempotent-Replayed" in answer for answer in answers) == 3
    assert CaseEvent.objects.filter(case=case, kind="urged").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_reports_at_once_with_one_key_are_one_case(committed_stories: Stories) -> None:
    starting = Barrier(4)

    def send(_number: int) -> Any:
        starting.wait()
        try:
            return Caller().post("/public/cases/", REPORT, **KEY).json()["number"]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(send, range(4)))) == 1
    assert Case.objects.count() == 1


def test_old_keys_are_forgotten(stories: Stories, dispatcher: Caller) -> None:
    urge(dispatcher, stories.submit(), **KEY)
    assert forget_keys() == 0
    assert forget_keys(timezone.now() + timedelta(days=14, seconds=1)) == 1
