"""A worker that holds a message while Valkey is killed lives on, and goes on once it is back: nothing restarts it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from govgrid.celery import app
from govgrid.embedded_servers import ValkeyServer, await_end, running_process
from govgrid.local import BASE_DIR
from govgrid.settings import broker_url
from tests.chaos.errands import FOLDER

PATIENCE_SECONDS = 180


def await_that(condition: Callable[[], bool], log: Path) -> None:
    """Fails with what the worker said where it does not come true while patience lasts."""
    ends, pause = time.monotonic() + PATIENCE_SECONDS, threading.Event()
    while not condition():
        assert time.monotonic() < ends, log.read_text()
        pause.wait(0.1)


@contextmanager
def worker(broker: ValkeyServer, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker as `serve` starts it, with errands of this test; killed at the end."""
    command = [sys.executable, "-m", "celery", "-A", "govgrid", "worker", "--loglevel=INFO", "--concurrency", "2"]
    command += ["--without-gossip", "--without-mingle", "--include", "tests.chaos.errands"]
    environment = os.environ | {"REDIS_URL": broker.url, FOLDER: str(folder)}
    with (folder / "worker.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=BASE_DIR, env=environment, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def send(broker: ValkeyServer, errand: str, *arguments: str) -> None:
    """Puts an errand into the queue, by a connection of its own."""
    with app.connection_for_write(broker_url(broker.url)) as link:
        app.send_task(f"tests.chaos.errands.{errand}", arguments, connection=link, ignore_result=True)


def test_a_worker_that_holds_a_message_outlives_its_broker(tmp_path: Path) -> None:
    broker, log = ValkeyServer(tmp_path), tmp_path / "worker.log"
    broker.ensure_running()
    try:
        with worker(broker, tmp_path) as process:
            send(broker, "hold")
            await_that((tmp_path / "held").exists, log)
            server = running_process(broker.folder / "valkey.pid", "valkey")
            assert server is not None
            server.kill()
            assert await_end(server, seconds=10)
            await_that(lambda: "Trying again" in log.read_text() or process.poll() is not None, log)
            (tmp_path / "released").touch()
            broker.launch()
            send(broker, "mark", "back")
            await_that(lambda: (tmp_path / "back").exists() or process.poll() is not None, log)
            assert process.poll() is None, log.read_text()
    finally:
        broker.stop()
