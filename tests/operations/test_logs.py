"""Log lines: one JSON object each, with the ids of request, task and case, and never what somebody wrote."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from celery.signals import task_postrun, task_prerun
from django.db import IntegrityError, connection, transaction
from django.test import Client

from cases.actors import Actor
from cases.services.change import changing
from govgrid.logs import formatter
from govgrid.tasks import record_heartbeat
from tests.cast import Cast
from tests.stories import Stories

SECRET = "张三的电话是13812345678"


class Kept:
    """What the log said, written as in production or for a terminal."""

    def __init__(self, as_json: bool) -> None:
        self.stream = io.StringIO()
        self.handler = logging.StreamHandler(self.stream)
        self.handler.setFormatter(formatter(as_json))

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture(params=[True])
def kept(request: pytest.FixtureRequest) -> Iterator[Kept]:
    log, root = Kept(request.param), logging.getLogger()
    level, loud = root.level, logging.getLogger("govgrid.requests")
    root.addHandler(log.handler)
    loud.setLevel(logging.INFO)
    yield log
    root.removeHandler(log.handler)
    root.setLevel(level)
    loud.setLevel(logging.NOTSET)


def test_a_request_leaves_a_line_with_its_route_and_not_its_address(kept: Kept, client: Client) -> None:
    answer = client.get("/healthz", {"search": SECRET}, headers={"X-Request-ID": "proxy-00001"})
    (line,) = kept.lines
    assert answer["X-Request-ID"] == line["request_id"] == "proxy-00001"
    assert (line["event"], line["method"], line["route"], line["status"]) == ("request", "GET", "healthz", 200)
    assert line["ms"] > 0
    assert SECRET not in kept.text


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "with blank 00", '"},{"', "换行\u2028换行换行"])
def test_an_id_that_is_none_is_replaced(kept: Kept, client: Client, given: str) -> None:
    answer = client.get("/healthz", headers={"X-Request-ID": given.encode().decode("latin-1")})
    assert answer["X-Request-ID"] == kept.lines[0]["request_id"] != given
    assert len(answer["X-Request-ID"]) == 16


def test_each_request_has_an_id_of_its_own(kept: Kept, client: Client) -> None:
    assert client.get("/healthz")["X-Request-ID"] != client.get("/healthz")["X-Request-ID"]


@pytest.mark.django_db
def test_a_refused_address_is_not_repeated(kept: Kept, client: Client) -> None:
    client.get(f"/api/v1/cases/{SECRET}/")
    assert {line["status"] for line in kept.lines if "status" in line} <= {401, 403, 404}
    assert len(kept.lines) == 2, "Django's own line, and the request's"
    assert "13812345678" not in kept.text, kept.text


@pytest.mark.django_db
@pytest.mark.parametrize("kept", [True, False], indirect=True)
def test_what_the_database_refuses_is_named_and_not_quoted(kept: Kept) -> None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("INSERT INTO cases_case (title) VALUES (%s)", [SECRET])
    except IntegrityError:
        logging.getLogger("cases").exception("refused")
    assert SECRET not in kept.text
    assert "IntegrityError: sqlstate=23502 table_name=cases_case" in kept.text
    assert "test_logs.py" in kept.text


def test_an_exceptions_words_stay_out_and_its_way_is_told(kept: Kept) -> None:
    try:
        try:
            int(SECRET)
        except ValueError as error:
            raise LookupError(SECRET) from error
    except LookupError:
        logging.getLogger("cases").exception("deadline %s is set aside", 7)
    (line,) = kept.lines
    assert (line["event"], line["level"]) == ("deadline 7 is set aside", "error")
    assert [error["error"] for error in line["exception"]] == ["LookupError", "ValueError"]
    assert line["exception"][0]["at"][0].startswith("tests/operations/test_logs.py:")
    assert SECRET not in kept.text


def test_a_line_within_a_change_names_its_case(kept: Kept, stories: Stories, cast: Cast) -> None:
    case = stories.submit()
    with pytest.raises(RuntimeError), changing(case, "note", Actor.person(cast.county_dispatcher)):
        logging.getLogger("cases").warning("in the midst")
        raise RuntimeError
    logging.getLogger("cases").warning("afterwards")
    assert [line.get("case") for line in kept.lines] == [case.pk, None]


def test_a_task_names_itself(kept: Kept) -> None:
    task_prerun.send(sender=record_heartbeat, task_id="t-1", task=record_heartbeat, args=(), kwargs={})
    logging.getLogger("cases").warning("within")
    task_postrun.send(sender=record_heartbeat, task_id="t-1", task=record_heartbeat, args=(), kwargs={})
    logging.getLogger("cases").warning("after")
    within, after = kept.lines
    assert (within["task"], within["task_id"]) == ("govgrid.tasks.record_heartbeat", "t-1")
    assert "task" not in after


def test_what_a_task_has_raised_is_not_quoted_in_celerys_own_line(kept: Kept) -> None:
    try:
        int(SECRET)
    except ValueError as error:
        said = {"name": "cases.tasks.sweep_deadlines", "exc": repr(error)}
        line = "Task %(name)s raised unexpected: %(exc)s"
        logging.getLogger("celery.app.trace").error(line, said, exc_info=True, extra={"data": said})
    assert kept.lines[0]["event"] == "Task cases.tasks.sweep_deadlines raised unexpected: ValueError"
    assert SECRET not in kept.text
