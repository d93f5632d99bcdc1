"""With the broker gone, a report is answered as quickly as ever, and what follows happens once it is back."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from cases.models import Case, CaseEvent, PendingEvent, StepFiring
from cases.services.publishing import publish, read_promises
from govgrid.embedded_servers import ValkeyServer
from govgrid.local import BASE_DIR
from grids import counters
from notifications.models import InboxItem
from notifications.roster import recipients
from tests.stories import DATA, Stories

PATIENCE_SECONDS = 120
REPORTS = 6
TIMES_AS_LONG = 4
"""What a machine that does other things besides may add; one attempt to publish a task would take a hundred times as
long."""


@pytest.fixture
def broker(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[ValkeyServer]:
    """A Valkey of the test's own, which the web counts requests in too."""
    server = ValkeyServer(tmp_path)
    settings.REDIS_URL = server.url
    monkeypatch.setattr(counters, "_away_until", float("-inf"))
    server.launch()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def running(folder: Path, environment: dict[str, str]) -> Iterator[Path]:
    """A worker and a beat as `serve` starts them; their log. Ended with the block."""
    celery, log = [sys.executable, "-m", "celery", "-A", "govgrid"], folder / "celery.log"
    worker = [*celery, "worker", "--loglevel=WARNING", "--concurrency", "1", "--without-gossip", "--without-mingle"]
    beat = [*celery, "beat", "--loglevel=WARNING", "--pidfile=", "--schedule", str(folder / "schedule")]
    with log.open("ab") as out:
        started = [
            subprocess.Popen(command, cwd=BASE_DIR, env=environment, stdout=out, stderr=out, start_new_session=True)
            for command in (beat, worker)
        ]
    try:
        yield log
    finally:
        for process in started:
            process.terminate()
        for process in started:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def await_that(condition: Callable[[], bool], log: Path) -> None:
    """Fails with what the processes said where it does not come true while patience lasts."""
    ends, pause = time.monotonic() + PATIENCE_SECONDS, threading.Event()
    while not condition():
        assert time.monotonic() < ends, log.read_text()
        pause.wait(0.1)


def report(url: str) -> str:
    """Somebody reports something over HTTP; the number that they get."""
    said = {"text": "路灯不亮", "lon": 116.305, "lat": 39.435, "coordinate_source": "wgs84"}
    body, headers = json.dumps(said).encode(), {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/api/v1/public/cases/", body, headers)  # noqa: S310  # our own address
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310
        assert answer.status == 201
        slip: dict[str, Any] = json.load(answer)
        return str(slip["number"])


def report_some(url: str) -> tuple[set[str], float]:
    """Their numbers, and the seconds of all but the slowest one: that may have found the broker gone."""
    numbers, seconds = set(), []
    for _one in range(REPORTS):
        began = time.monotonic()
        numbers.add(report(url))
        seconds.append(time.monotonic() - began)
    return numbers, sum(sorted(seconds)[:-1])


def told() -> set[tuple[int, int]]:
    """Who was told of what: a person and an event stand there twice at no time, or the list would be longer."""
    lines = list(InboxItem.objects.values_list("event_id", "user_id"))
    assert len(lines) == len(set(lines))
    return set(lines)


def test_without_a_broker_reports_come_in_as_quickly_and_all_else_follows_once_it_is_back(
    committed_stories: Stories,
    broker: ValkeyServer,
    process_environment: dict[str, str],
    live_server: Any,
    tmp_path: Path,
) -> None:
    promises = (DATA / "policy.toml").read_text().replace("reopen_days = 30", "reopen_days = 31")
    publish(read_promises(promises), at=timezone.now() - timedelta(days=40))
    report(live_server.url)  # what the first one alone has to read
    with running(tmp_path, process_environment | {"REDIS_URL": broker.url}) as log:
        await_that(lambda: not PendingEvent.objects.exists(), log)
        with_broker, usual = report_some(live_server.url)
        await_that(lambda: not PendingEvent.objects.exists(), log)
        broker.stop()
        late = committed_stories.submit(timezone.now() - timedelta(days=30))
        without, seconds = report_some(live_server.url)
        assert seconds < TIMES_AS_LONG * usual
        waiting = set(PendingEvent.objects.values_list("event__case__number", flat=True))
        assert without | {late.number} <= waiting and not with_broker & waiting
        broker.launch()
        await_that(lambda: not PendingEvent.objects.exists() and late.events.filter(kind="flagged").exists(), log)
        await_that(lambda: not PendingEvent.objects.exists(), log)
    events = CaseEvent.objects.select_related("case").order_by("case_id", "seq")
    named = {(one.event_id, one.user_id) for one in recipients(list(events), timezone.localdate())}
    assert told() == named and {event.case.number for event in events} >= with_broker | without
    assert late.events.filter(kind="flagged").count() == 1
    fired = StepFiring.objects.filter(deadline__case=late)
    assert fired.count() == fired.values("event").distinct().count() > 1
    assert Case.objects.count() == 2 * REPORTS + 2
