"""A beat whose host's clock was wrong: once it is right again, beat calls as often as ever."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from bench.chaos.crew import SKEW

PATIENCE_SECONDS = 90
AHEAD_SECONDS = 3600
QUEUE = "celery"


@contextmanager
def beat(folder: Path, **environment: str) -> Iterator[None]:
    """A beat with a file in the folder, until the block ends: killed, as a host that goes down kills it."""
    command = [sys.executable, "-m", "celery", "-A", "govgrid", "beat", "--pidfile=", "--loglevel=INFO"]
    with (folder / "beat.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, "--schedule", str(folder / "schedule")], env=os.environ | environment, stdout=log, stderr=log
        )
    try:
        yield
    finally:
        process.kill()
        process.wait()


def await_that(condition: Callable[[], bool]) -> bool:
    """Whether it came true while patience lasted."""
    ends, pause = time.monotonic() + PATIENCE_SECONDS, threading.Event()
    while not condition():
        if time.monotonic() > ends:
            return False
        pause.wait(0.2)
    return True


def test_beat_goes_on_after_its_clock_was_an_hour_ahead(tmp_path: Path) -> None:
    broker = redis.Redis.from_url(os.environ["REDIS_URL"])
    broker.delete(QUEUE)
    ahead = {"PYTHONPATH": str(SKEW), "CHAOS_CLOCK_SHIFT_SECONDS": str(AHEAD_SECONDS)}
    with beat(tmp_path, **ahead):
        assert await_that(lambda: broker.llen(QUEUE) >= 5), (tmp_path / "beat.log").read_text()
    broker.delete(QUEUE)
    with beat(tmp_path):
        came = await_that(lambda: broker.llen(QUEUE) >= 5)
    broker.delete(QUEUE)
    assert came, (tmp_path / "beat.log").read_text()
