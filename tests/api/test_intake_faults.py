"""What a resident's report meets when something else is held or away: it is heard, or refused with a word when to come
again, and never lost in between."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection
from django.test import Client

from cases.actors import Actor
from cases.errors import is_busy
from cases.models import Case, CaseEvent, Deadline, IdempotencyKey
from cases.services import ACTIONS
from grids import counters
from tests.api.conftest import Caller
from tests.stories import Stories

REPORT = {"text": "路灯不亮", "lon": 116.305, "lat": 39.435, "coordinate_source": "wgs84"}
KEY = {"Idempotency-Key": "2c1b7a4e-63a8-4f0e-9d5c-0f2f4b1f8f5d"}


@contextmanager
def held(statement: str, *values: Any) -> Iterator[None]:
    """Somebody else holds what the statement locks; here nobody waits for it longer than a moment."""
    now = connection.settings_dict
    host = now["HOST"] or now["OPTIONS"].get("host")
    with psycopg.connect(host=host, user=now["USER"], password=now["PASSWORD"], dbname=now["NAME"]) as other:
        other.execute(statement, values)  # type: ignore[arg-type]  # our own words
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '20ms'")
        yield
        other.rollback()
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_every_action_on_a_held_case_is_refused_as_busy(committed_stories: Stories) -> None:
    case = committed_stories.bring("dispatched")
    actor = Actor.person(committed_stories.cast.city_leader)
    with held("SELECT 1 FROM cases_case WHERE id = %s FOR UPDATE", case.pk):
        for action, service in ACTIONS.items():
            with pytest.raises(OperationalError) as raised:
                service(case, actor, **committed_stories.inputs(action))
            assert is_busy(raised.value), action
    assert CaseEvent.objects.filter(case=case).count() == case.version


@pytest.mark.django_db(transaction=True)
def test_a_report_whose_grid_is_held_is_to_be_sent_again_and_leaves_nothing(committed_stories: Stories) -> None:
    grid = committed_stories.submit().grid_id
    had = [model.objects.count() for model in (Case, CaseEvent, Deadline, IdempotencyKey)]
    with held("SELECT 1 FROM grids_grid WHERE id = %s FOR UPDATE", grid):
        answer = Caller().post("/public/cases/", REPORT, **KEY)
        assert (answer.status_code, answer["Retry-After"]) == (409, "1")
    assert [model.objects.count() for model in (Case, CaseEvent, Deadline, IdempotencyKey)] == had
    assert Caller().post("/public/cases/", REPORT, **KEY).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_a_page_that_waited_too_long_is_a_conflict_too(committed_stories: Stories, client: Client) -> None:
    """Also one that catches nothing itself, as the admin's do."""
    admin = committed_stories.cast.city_leader
    admin.is_staff = admin.is_superuser = True
    admin.save()
    client.force_login(admin)
    with held("LOCK TABLE grids_unit"):
        answer = client.get("/admin/grids/unit/")
    assert (answer.status_code, answer["Retry-After"]) == (409, "1")


@pytest.fixture
def no_redis(settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis is not there, and nobody has noticed yet."""
    settings.REDIS_URL = f"unix://{tmp_path}/none.sock"
    monkeypatch.setattr(counters, "_away_until", float("-inf"))


def test_without_redis_residents_are_heard_and_it_is_said_once(
    stories: Stories, no_redis: None, caplog: pytest.LogCaptureFixture
) -> None:
    codes = [Caller().post("/public/cases/", REPORT).status_code for _ in range(3)]
    assert codes == [201] * 3
    said = [record for record in caplog.records if record.name == "grids.counters"]
    assert len(said) == 1  # who comes after the first does not wait for Redis


def test_once_redis_is_back_requests_are_counted_again(no_redis: None, settings: Any, monkeypatch: Any) -> None:
    assert counters.take("somebody", 1, 60) is None
    settings.REDIS_URL = os.environ["REDIS_URL"]
    monkeypatch.setattr(counters, "_away_until", float("-inf"))  # the rest is over
    assert counters.take("somebody", 1, 60) is None
    wait = counters.take("somebody", 1, 60)
    assert wait is not None
    assert 59 < wait <= 60
