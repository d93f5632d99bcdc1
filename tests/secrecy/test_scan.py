"""What is secret is planted everywhere, and looked for in everything that leaves the platform: answers, tables, pages,
the administration, mail, logs, reports of faults, the queue, sessions, history, and what lies on the disk.

The addresses come from the URL conf: a new one is looked through from its first day."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils.log import AdminEmailHandler
from rest_framework.test import APIClient

from cases.actors import RESIDENT
from cases.models import Case, CaseEvent, IdempotencyKey
from cases.services import sweep
from govgrid.celery import app
from notifications.services import dispatch_events, send_deliveries
from tests.secrecy.addresses import all_addresses
from tests.secrecy.planting import Planted, found_in, plant, text_of
from tests.stories import Stories
from tests.telling import tell_at_once

FILE = re.compile(r"/api/v1/files/[A-Za-z0-9_:-]+/")
OF_ONE_CASE = {"case", "case-page", "case-events", "inbox-list", "cases", "desk", "look-back", "inbox-page"}
"""Where somebody who sees a case reads the resident's own words."""
WITH_PLACE = {"case", "case-page"}
WITH_PHONES_OF_COLLEAGUES = ("admin:grids_user_",)
LOOKS_AROUND = ("worker", "county_dispatcher", "county_officer", "supervisor", "stranger")


@pytest.fixture
def planted(stories: Stories, settings: Any) -> Planted:
    tell_at_once(stories.cast)
    found = plant(stories)
    dispatch_events()
    settings.SNAPSHOT_CHECK_SECONDS = 3600
    return found


@pytest.fixture(params=[logging.DEBUG])
def log(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What our handlers write from a level up, with each statement heard by who logs statements."""
    lines, root = io.StringIO(), logging.getLogger()
    ours = [handler for handler in root.handlers if handler.name in configured.LOGGING["handlers"]]
    assert ours, "the handlers of the settings hang on the root logger"
    streams, level = [handler.setStream(lines) for handler in ours], root.level
    root.setLevel(request.param)
    connection.force_debug_cursor = request.param == logging.DEBUG
    yield lines
    connection.force_debug_cursor = False
    root.setLevel(level)
    for handler, stream in zip(ours, streams, strict=True):
        handler.setStream(stream)


def as_somebody(stories: Stories, who: str | None) -> Client:
    client = Client(raise_request_exception=False)
    if who:
        client.force_login(getattr(stories.cast, who))
    return client


def forbidden(name: str, planted: Planted, who: str | None, kind: str) -> dict[str, str]:
    """What may not be in this answer."""
    table = not kind.startswith(("text/html", "application/json", "application/problem+json"))
    asked = dict(planted.sealed)
    if name not in WITH_PLACE or table:
        asked |= planted.place
    own = name == "me" and who == "county_officer"
    if not own and not name.startswith(WITH_PHONES_OF_COLLEAGUES):
        asked |= planted.officers
    within = name in OF_ONE_CASE or name.startswith("admin:cases_") or name in REGISTERS
    return asked if within and not table and who not in (None, "stranger") else asked | planted.words


REGISTERS = {"suspensions", "supervision-orders", "simulation-cases"}


def leaks(stories: Stories, planted: Planted, who: str | None, addresses: list[tuple[str, str]]) -> list[Any]:
    """Name, path and secret of each find; the files that answers lead to are opened too."""
    client, found, answered = as_somebody(stories, who), [], 0
    for name, path in addresses:
        answer = client.get(path)
        assert answer.status_code < 500 or name == "readyz", (who, path)
        answered += answer.status_code == 200
        text = text_of(answer)
        said = forbidden(name, planted, who, answer.headers.get("Content-Type", ""))
        found += [(who, name, path, secret) for secret in found_in(text, said)]
        for address in set(FILE.findall(text)):
            found += [(who, address, secret) for secret in found_in(text_of(client.get(address)), said)]
    assert answered > (3 if who is None else 20), "the scan gets through to answers"
    return found


@pytest.mark.parametrize("log", [logging.INFO], indirect=True)
def test_no_answer_of_api_and_pages_tells_a_secret(stories: Stories, planted: Planted, log: io.StringIO) -> None:
    addresses = [(name, path) for name, path in all_addresses(stories, planted) if not name.startswith("admin:")]
    assert {"cases-export", "suspensions-export", "case-page", "inbox-list", "attachment"} <= {n for n, _p in addresses}
    for who in (*LOOKS_AROUND, None):
        assert leaks(stories, planted, who, addresses) == []
    assert len(log.getvalue()) > 0
    assert found_in(log.getvalue(), planted.sealed | planted.words | planted.officers) == []


def test_no_page_of_the_administration_tells_a_secret_to_a_superuser(stories: Stories, planted: Planted) -> None:
    every = [(name, path) for name, path in all_addresses(stories, planted) if name.startswith("admin:")]
    # What a page of deletion shows, names of rows, is on the pages of the rows too, and costs little there
    addresses = [(name, path) for name, path in every if not name.endswith("_delete")]
    for phrase in (planted.secret_case.number, planted.reporters[1].name[1:]):
        addresses.append(("admin:cases_case_changelist", f"/admin/cases/case/?q={phrase}"))
    found = leaks(stories, planted, "administrator", addresses)
    # What was typed stands in the search box
    typed = f"name of {planted.secret_case.number}"
    assert [leak for leak in found if not (leak[-1] == typed and "?q=" in leak[2])] == []


def test_the_scan_finds_what_there_is(stories: Stories, planted: Planted) -> None:
    """A scan that finds nothing must be able to: what may be seen by the one who accepted is found."""
    client = APIClient()
    client.force_login(stories.cast.county_dispatcher)
    case = planted.secret_case
    answer = client.post(f"/api/v1/cases/{case.number}/actions/reveal_reporter/", {"reason": "回访"}, format="json")
    said = {f"name of {case.number}", f"phone of {case.number}"}
    assert set(found_in(text_of(answer), planted.sealed)) == said
    page = Client().post("/t/", {"number": case.number, "code": case.lookup_code})
    assert found_in(text_of(page), planted.sealed) == [f"code of {case.number}"]
    listed = text_of(as_somebody(stories, "county_dispatcher").get(f"/cases/{case.number}"))
    assert set(found_in(listed, planted.words)) == set(planted.words)


def test_nothing_that_is_kept_or_told_holds_a_secret(stories: Stories, planted: Planted, settings: Any) -> None:
    send_deliveries()
    sweep()
    for task in configured.CELERY_BEAT_SCHEDULE.values():
        app.send_task(task["task"])
    try:
        queued = _all_of_redis()
    finally:
        app.control.purge()
    assert "cases.tasks.sweep_deadlines" in queued
    for who in ("county_dispatcher", "administrator"):
        as_somebody(stories, who).get("/cases/")
    told = "\n".join(f"{message.subject}\n{message.body}\n{message.extra_headers}" for message in mail.outbox)
    assert len(mail.outbox) > 3  # each gathers what one person is told
    kept = {
        "mail": told,
        "redis": queued,
        "sessions": repr([session.get_decoded() for session in Session.objects.all()]),
        "history": repr(list(CaseEvent.objects.values_list("payload", flat=True))),
    }
    everything = planted.sealed | planted.words | planted.place | planted.officers
    assert {name: found for name, text in kept.items() if (found := found_in(text, everything))} == {}


def _all_of_redis() -> str:
    client = cache._cache.get_client()
    read = {
        b"string": client.get, b"hash": client.hgetall, b"set": client.smembers,
        b"list": lambda key: client.lrange(key, 0, -1), b"zset": lambda key: client.zrange(key, 0, -1),
    }  # fmt: skip
    return "\n".join(f"{key!r} {read[client.type(key)](key)!r}" for key in client.scan_iter())


def test_neither_database_nor_disk_show_who_spoke_up(stories: Stories, planted: Planted, settings: Any) -> None:
    asked = {name: secret for name, secret in planted.sealed.items() if not name.startswith("code")}
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT t::text FROM "{table}" t')  # noqa: S608 - names of our own tables
            text = "\n".join(row for (row,) in cursor.fetchall())
            found += [(table, secret) for secret in found_in(text, asked)]
    assert found == []
    files = [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]
    assert len(files) == 8
    assert not [path for path in files if b"HIDDEN-IN-THE-FILE" in path.read_bytes()]


SAID: dict[str, Any] = {"text": "路灯不亮", "reporter": {}, "address": ""}


@pytest.mark.parametrize("way", ["api", "page"])
def test_the_report_of_a_fault_and_the_log_tell_where_and_not_who(
    stories: Stories, planted: Planted, log: io.StringIO, settings: Any, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """The worst that can happen: every exception on the way has quoted the resident, and so has PostgreSQL."""
    settings.ADMINS = [("operator", "operator@example.org")]
    operator = AdminEmailHandler(include_html=True)
    logging.getLogger("django.request").addHandler(operator)
    person, words, case = planted.reporters[0], planted.words, planted.cases[0]

    def fail(report: Any, actor: Any) -> None:
        quoted = f"{report.reporter.name} {report.reporter.phone} {report.text}"
        try:
            raise KeyError(quoted)
        except KeyError as first:
            try:
                with transaction.atomic():
                    Case.objects.filter(pk=planted.secret_case.pk).update(status="closed")
            except IntegrityError as second:
                raise ValueError(quoted + str(second)) from first
            raise AssertionError("PostgreSQL takes a closed case without its moment") from None

    for module in ("cases.api.views", "portal.resident"):
        monkeypatch.setattr(f"{module}.draw_up", fail)
    client = as_somebody(stories, "county_officer")
    try:
        if way == "api":
            body = {"text": words["text"], "reporter": {"name": person.name, "phone": person.phone}}
            headers = {"X-Case-Code": case.lookup_code}
            answer = client.post(
                f"/api/v1/public/cases/?code={case.lookup_code}", body, "application/json", headers=headers
            )
        else:
            form = {"text": words["text"], "name": person.name, "phone": person.phone}
            answer = client.post(f"/s/{stories.cast.intake_point.token}?name={person.name}", form)
    finally:
        logging.getLogger("django.request").removeHandler(operator)
    assert answer.status_code == 500
    (report,) = mail.outbox
    reported = f"{report.subject}{report.body}{report.alternatives}"
    for text in (reported, log.getvalue()):
        assert "ValueError" in text and "KeyError" in text and " fail" in text
        assert found_in(text, planted.sealed | planted.words | planted.officers) == []
    assert found_in(text_of(answer), planted.sealed | planted.words) == []


def test_kept_replies_hold_nothing_of_the_reporter(stories: Stories, planted: Planted) -> None:
    person, client = planted.reporters[0], APIClient()
    lon, lat = stories.cast.inside
    body = {"text": planted.words["text"], "lon": lon, "lat": lat, "coordinate_source": "wgs84"}
    body["reporter"] = {"name": person.name, "phone": person.phone}
    key = {"Idempotency-Key": "one"}
    first, second = (client.post("/api/v1/public/cases/", body, format="json", headers=key) for _number in range(2))
    assert first.json() == second.json() and Case.objects.count() == 4
    kept = repr(list(IdempotencyKey.objects.values()))
    assert found_in(kept, planted.sealed | planted.words) == []
    assert RESIDENT.user is None
