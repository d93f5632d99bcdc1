"""A case that everybody leaves alone, with real worker and beat processes and no false clock: it is reminded,
flagged and climbs from the village to the city, and those whom it concerns are told."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cases.choices import Status
from cases.models import Case
from cases.services.history import verify
from cases.services.publishing import publish, read_promises, sped_up
from notifications.models import InboxItem
from tests.cast import Cast
from tests.stories import DATA, Stories

TIMES = 3600
"""Two hours to accept become two seconds, the hour of grace one."""

PATIENCE_SECONDS = 150
"""How long a loaded machine may take; a test that passes waits for none of it."""


@contextmanager
def running(environment: dict[str, str], folder: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Celery process on the test's database; its output is kept in the folder, to be read when a test fails."""
    log = (folder / f"{arguments[0]}.log").open("wb")
    command = [sys.executable, "-m", "celery", "-A", "govgrid", *arguments, "--loglevel", "INFO"]
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)
        log.close()


def await_that(condition: Callable[[], bool]) -> bool:
    """Whether it came true while patience lasted: what another process does can only be looked for."""
    end = time.monotonic() + PATIENCE_SECONDS
    pause = threading.Event()
    while not condition():
        if time.monotonic() > end:
            return False
        pause.wait(0.2)
    return True


@pytest.fixture
def hurried(committed_cast: Cast) -> Stories:
    """The cast under promises of seconds."""
    publish(sped_up(read_promises((DATA / "policy.toml").read_text()), TIMES))
    return Stories(committed_cast)


def test_what_nobody_handles_climbs_to_the_city_by_worker_and_beat(
    process_environment: dict[str, str], hurried: Stories, tmp_path: Path
) -> None:
    environment = process_environment | {"SWEEP_SECONDS": "0.3", "DISPATCH_SECONDS": "0.3"}
    beat = ("beat", "--schedule", str(tmp_path / "schedule"), "--pidfile=")
    with (
        running(environment, tmp_path, "worker", "--concurrency", "1", "--pool", "prefork"),
        running(environment, tmp_path, *beat),
    ):
        left = hurried.submit()
        handled = hurried.bring(Status.HANDLING, urgency="emergency")
        told = lambda: InboxItem.objects.filter(event__case=left, event__kind="listed").exists()  # noqa: E731
        done = await_that(lambda: _listed(left) and _listed(handled) and told())
    logs = (tmp_path / "worker.log").read_text()
    assert done, logs[-5000:]

    left.refresh_from_db()
    assert (left.status, left.level, left.escalations) == ("submitted", "city", 3)
    kinds = list(left.events.order_by("seq").values_list("kind", flat=True))
    assert kinds[:5] == ["submitted", "reminded", "reminded", "flagged", "escalated"]
    assert kinds.count("escalated") == 3 and kinds.count("flagged") == 4 and kinds.count("listed") == 1
    handled.refresh_from_db()
    assert (handled.status, handled.level) == ("dispatched", "city")
    assert all(event.at >= event.due_at for event in left.events.exclude(due_at=None))
    assert list(verify(Case.objects.all())) == []

    cast = hurried.cast
    assert {"reminded", "flagged"} <= _told(cast.village_head.pk, left)
    assert "escalated" in _told(cast.town_dispatcher.pk, left)
    assert "escalated" in _told(cast.county_dispatcher.pk, left)
    assert "listed" in _told(cast.city_dispatcher.pk, left) | _told(cast.city_leader.pk, left)
    assert _told(cast.stranger.pk, left) == set()


def _listed(case: Case) -> bool:
    return Case.objects.filter(pk=case.pk, listed_at__isnull=False).exists()


def _told(user_id: int, case: Case) -> set[str]:
    return set(InboxItem.objects.filter(user=user_id, event__case=case).values_list("event__kind", flat=True))
