"""The embedded servers: shared by processes, stopped by the last, unharmed by killed ones, from any path.

They have a data directory of their own, at a path that is too long for a socket."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from govgrid.embedded_servers import await_end, running_process

ROOT = Path(__file__).resolve().parents[2]
VARIABLES = ("DATABASE_URL", "REDIS_URL")
USER = """
import os, sys
from govgrid import embedded
embedded.ensure()
print(os.environ["DATABASE_URL"], os.environ["REDIS_URL"], flush=True)
sys.stdin.read()
"""


class User:
    """A process that uses the embedded servers until its input ends."""

    def __init__(self, data: Path) -> None:
        environment = {name: text for name, text in os.environ.items() if name not in VARIABLES}
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER],
            cwd=ROOT,
            env=environment | {"GOVGRID_DATA": str(data)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def urls(self) -> tuple[str, str]:
        """The addresses, as soon as the servers run."""
        assert self.process.stdout is not None
        database, broker = self.process.stdout.readline().split()
        return database, broker

    def leave(self) -> int:
        """End in order; the exit status."""
        self.process.communicate(timeout=60)
        return self.process.returncode


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data directory at a long path; nothing runs in it before and after each test."""
    folder = tmp_path_factory.mktemp("embedded") / ("a-path-that-is-too-long-for-a-socket-" * 4) / "data"
    yield folder
    for process in servers_of(folder):
        process.kill()


def servers_of(data: Path) -> list[psutil.Process]:
    """The servers that run over a data directory, by their own pid files."""
    files = {"postgres": data / "postgres" / "postmaster.pid", "valkey": data / "valkey" / "valkey.pid"}
    found = (running_process(path, name) for name, path in files.items())
    return [process for process in found if process is not None]


def works(urls: tuple[str, str]) -> bool:
    """Whether both servers serve."""
    with psycopg.connect(urls[0]) as link, redis.from_url(urls[1]) as broker:
        return link.execute("SELECT 1").fetchone() == (1,) and bool(broker.ping())


def test_processes_share_the_servers_and_the_last_one_to_leave_stops_them(data: Path) -> None:
    first, second = User(data), User(data)
    assert first.urls() == second.urls()
    third = User(data)
    urls = third.urls()
    assert first.leave() == 0
    assert second.leave() == 0
    assert works(urls)
    assert third.leave() == 0
    assert servers_of(data) == []


def test_data_outlives_the_servers(data: Path) -> None:
    before = User(data)
    with psycopg.connect(before.urls()[0]) as link:
        link.execute("CREATE TABLE kept AS SELECT 42 AS number")
    before.leave()
    after = User(data)
    with psycopg.connect(after.urls()[0]) as link:
        assert link.execute("SELECT number FROM kept").fetchone() == (42,)
    after.leave()


def test_a_killed_user_neither_stops_the_servers_for_others_nor_keeps_them_running(data: Path) -> None:
    killed, other = User(data), User(data)
    killed.urls()
    urls = other.urls()
    killed.process.kill()
    killed.process.communicate()
    assert works(urls)
    other.leave()
    assert servers_of(data) == []


def test_killed_servers_start_again_even_where_their_number_is_another_programs(data: Path) -> None:
    first = User(data)
    first.urls()
    first.process.kill()
    first.process.communicate()
    for process in servers_of(data):
        process.kill()
        assert await_end(process, seconds=10)
    pid_file = data / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().split("\n")
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]))
    second = User(data)
    assert works(second.urls())
    second.leave()


def test_a_terminated_user_leaves_in_order(data: Path) -> None:
    user = User(data)
    user.urls()
    user.process.send_signal(signal.SIGTERM)
    assert user.process.wait(60) == 128 + signal.SIGTERM
    user.process.communicate()
    assert servers_of(data) == []


def test_secrets_are_made_once_and_for_the_owner_alone(data: Path) -> None:
    User(data).leave()
    path = data / "secrets.env"
    first = path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    assert {line.split("=")[0] for line in first.splitlines() if not line.startswith("#")} == {
        "SECRET_KEY",
        "REPORTER_KEYS",
        "REPORTER_HASH_KEY",
    }
    User(data).leave()
    assert path.read_text() == first


def test_where_servers_are_named_none_is_started(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from govgrid import embedded

    untouched = data.parent / "untouched"
    monkeypatch.setenv("GOVGRID_DATA", str(untouched))
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/govgrid")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
    embedded.ensure()
    assert not untouched.exists()
