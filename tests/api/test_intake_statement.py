"""A report is written by one statement, so that it is there as a whole or not at all, and costs little."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from cases.actors import RESIDENT, Actor
from cases.models import Case, CaseEvent, Deadline, IdempotencyKey, PendingEvent
from cases.services import Report
from cases.services.history import verify
from cases.services.intake import draw_up
from tests.api.conftest import Caller
from tests.stories import Stories

REPORT = {"text": "路灯不亮", "lon": 116.305, "lat": 39.435, "coordinate_source": "wgs84"}
PLACE: dict[str, Any] = {"lon": 116.305, "lat": 39.435, "coordinate_source": "wgs84"}
KEY = {"Idempotency-Key": "f0a7c1c2-8a34-4b55-9a7e-3b1f0f5d9c11"}


def test_a_report_takes_a_number_and_one_statement(stories: Stories, settings: Any) -> None:
    Caller().post("/public/cases/", REPORT)
    settings.SNAPSHOT_CHECK_SECONDS = 60  # what is kept in the process is as of now
    with CaptureQueriesContext(connection) as captured:
        assert Caller().post("/public/cases/", REPORT, **KEY).status_code == 201
    own = [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]  # of the test's transaction
    assert len(own) == 2, own
    assert own[1].count("INSERT INTO") == 4


def test_what_is_written_is_whole_and_verifies(stories: Stories) -> None:
    case = draw_up(Report(title="", text="路灯不亮", **PLACE), RESIDENT).write()
    assert not case._state.adding
    assert list(verify(Case.objects.filter(pk=case.pk))) == []
    event = CaseEvent.objects.get(case=case)
    assert PendingEvent.objects.filter(event=event).exists()
    assert event.recorded_at is not None
    read = Case.objects.get(pk=case.pk)
    for field in Case._meta.concrete_fields:
        assert getattr(read, field.attname) == getattr(case, field.attname), field.attname
    assert Deadline.objects.get(case=case).due_at == case.due_at


def test_lines_of_a_case_are_numbered_in_their_order(stories: Stories) -> None:
    intake = draw_up(Report(title="", text="路灯不亮", **PLACE), Actor.person(stories.cast.village_head))
    case = intake.write()
    kinds = CaseEvent.objects.filter(case=case).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["submitted", "accepted"]


def test_what_stands_beside_a_case_falls_with_it(stories: Stories) -> None:
    key = {"scope": "public", "key": "k", "fingerprint": "f", "status": 201, "body": {}}
    draw_up(Report(title="", text="路灯不亮", **PLACE), RESIDENT).write(IdempotencyKey(**key))
    with pytest.raises(IntegrityError):
        draw_up(Report(title="", text="井盖坏了", **PLACE), RESIDENT).write(IdempotencyKey(**key))
    assert Case.objects.count() == CaseEvent.objects.count() == Deadline.objects.count() == 1


def test_a_repeat_is_answered_alike_also_where_the_report_would_be_refused_today(
    stories: Stories, nobody: Caller, lights: Any
) -> None:
    said = REPORT | {"category": lights.code}
    first = nobody.post("/public/cases/", said, **KEY)
    lights.active = False
    lights.save()
    assert nobody.post("/public/cases/", said).status_code == 400
    again = nobody.post("/public/cases/", said, **KEY)
    assert (again.status_code, again.json()) == (201, first.json())
