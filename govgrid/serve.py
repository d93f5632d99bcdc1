"""Runs everything on one machine: web, worker and beat, over the embedded servers where no others are named.

A worker that ends by itself is started again, a few times; any other of them ending, or a signal, ends them all;
nothing is left running."""

import ctypes
import errno
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import FrameType

from govgrid import embedded
from govgrid.local import BASE_DIR, data_dir

STOP_SECONDS = 20
"""How long children may take to finish what they do."""
READY_SECONDS = 120
PR_SET_PDEATHSIG = 1
STARTED_AGAIN = frozenset({"worker"})
"""Who is started again after an end of its own: the database knows what a worker left behind."""
STARTS_AT_MOST = 5
STARTS_WITHIN_SECONDS = 600
"""More often in so long is no accident any more."""


@dataclass
class Supervisor:
    """Starts children and ends them all at the first end or signal."""

    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    happenings: "queue.SimpleQueue[str | int]" = field(default_factory=queue.SimpleQueue)
    commands: dict[str, Sequence[str]] = field(default_factory=dict)
    again: dict[str, list[float]] = field(default_factory=dict)

    def listen(self) -> None:
        """From now on, a signal to end is a happening like any other."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.happenings.put(number)

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start a child in a session of its own, so that Ctrl-C reaches it through us and in order."""
        child = subprocess.Popen(command, cwd=BASE_DIR, start_new_session=True, preexec_fn=end_with_parent)
        self.children[name], self.commands[name] = child, command
        threading.Thread(target=self._await_end, args=(name, child), daemon=True).start()

    def _await_end(self, name: str, child: subprocess.Popen[bytes]) -> None:
        child.wait()
        self.happenings.put(name)

    def start_again(self, happening: str | int) -> bool:
        """Start a child again that ended by itself, where it is one of those and has not done so too often. Whether."""
        if not isinstance(happening, str) or happening not in STARTED_AGAIN:
            return False
        now = time.monotonic()
        times = [at for at in self.again.get(happening, []) if now - at < STARTS_WITHIN_SECONDS]
        if len(times) >= STARTS_AT_MOST:
            say(f"{happening} has ended {len(times) + 1} times in {STARTS_WITHIN_SECONDS // 60} minutes; giving it up")
            return False
        self.again[happening] = [*times, now]
        say(f"{happening} ended with status {self.children[happening].returncode}; starting it again …")
        self.start(happening, self.commands[happening])
        return True

    def await_end(self) -> str | int:
        """What ends everything: a signal by number, or a child by name that is not started again."""
        while True:
            happening = self.happenings.get()
            if not self.start_again(happening):
                return happening

    def await_happening(self, seconds: float | None = None) -> str | int | None:
        """The next child that ended, by name, or signal, by number; None where the time passed before."""
        try:
            return self.happenings.get(timeout=seconds)
        except queue.Empty:
            return None

    def stop(self) -> None:
        """End all children: politely, then after STOP_SECONDS or at a second signal by force."""
        for child in self.children.values():
            if child.poll() is None:
                child.terminate()
        give_up_at = time.monotonic() + STOP_SECONDS
        while any(child.poll() is None for child in self.children.values()):
            happening = self.await_happening(max(0.0, give_up_at - time.monotonic()))
            if happening is None or isinstance(happening, int):
                break
        for name, child in self.children.items():
            if child.poll() is None:
                say(f"{name} does not stop; ending it by force")
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()

    def report(self, happening: str | int) -> int:
        """Say why everything ends; the exit status for it."""
        if isinstance(happening, int):
            say("Stopping …")
            return 0
        say(f"{happening} ended with status {self.children[happening].returncode}; stopping the rest …")
        return 1


def end_with_parent() -> None:
    """Let the kernel end a child whose supervisor was killed; only Linux can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def say(text: str) -> None:
    """Tell whoever sits in front of the terminal."""
    print(text, flush=True)


def is_free(host: str, port: int) -> bool:
    """Whether a web server could listen there. Raises OSError for an address that is not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def choose_address() -> tuple[str, int]:
    """Host and port to listen on; ends with a message that helps where they cannot be had."""
    host, given = os.environ.get("HOST", "127.0.0.1"), os.environ.get("PORT", "8000")
    if not given.isdigit() or not 0 < int(given) < 65536:
        sys.exit(f"PORT is {given!r}, but must be a number from 1 to 65535.")
    port = int(given)
    try:
        if is_free(host, port):
            return host, port
        other = next((free for free in range(max(port, 1024) + 1, 65536) if is_free(host, free)), None)
    except OSError as error:
        sys.exit(f"HOST is {host!r}, but this machine cannot listen there: {error}")
    sys.exit(f"Port {port} is taken, or not ours to use. Another one is free:  PORT={other} script/server")


def prepare() -> None:
    """Bring the database and the static files up to this code; load the demo into an empty database."""
    import django
    from django.core.management import call_command

    django.setup()
    from django.db import connections

    from cases.demo import is_loaded
    from grids.models import Grid

    say("Bringing the database up to date …")
    call_command("migrate", interactive=False, verbosity=1)
    say("Collecting static files …")
    call_command("collectstatic", interactive=False, verbosity=0)
    if not Grid.objects.exists():
        say("Loading the demo, once …")
        call_command("load_demo")
    elif is_loaded():
        call_command("load_demo")  # it is there: only its pace follows DEMO_SPEED
    connections.close_all()


def commands(host: str, port: int) -> dict[str, list[str]]:
    """What runs, by name."""
    processors = os.cpu_count() or 1
    web = os.environ.get("WEB_CONCURRENCY", str(min(processors, 4)))
    # Tasks wait for the database and for mail servers: with fewer, what falls due waits behind those who are told
    tasks = os.environ.get("WORKER_CONCURRENCY", "4")
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    python, level = sys.executable, "--loglevel=WARNING"
    return {
        "web": [
            python, "-m", "gunicorn", "govgrid.wsgi", "--bind", address, "--workers", web,
            "--no-control-socket", "--log-level", "warning",
        ],
        "worker": [
            python, "-m", "celery", "-A", "govgrid", "worker", level, "--concurrency", tasks,
            "--without-gossip", "--without-mingle",
        ],
        "beat": [
            python, "-m", "celery", "-A", "govgrid", "beat", level, "--pidfile=",
            "--schedule", str(data_dir() / "beat-schedule"),
        ],
    }  # fmt: skip


def answers(url: str) -> bool:
    """Whether everything behind an address of /readyz is well."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310  our own http address
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False


def await_ready(supervisor: Supervisor, url: str) -> str | int | None:
    """Wait until all is well; what happened instead, where something did."""
    give_up_at = time.monotonic() + READY_SECONDS
    while not answers(url):
        happening = supervisor.await_happening(0.25)
        if happening is not None and not supervisor.start_again(happening):
            return happening
        if time.monotonic() > give_up_at:
            say(f"Not all is well yet; {url} says what is missing.")
            return None
    return None


def main() -> int:
    """Run until a signal or the end of a child that is not started again. Returns the exit status."""
    host, port = choose_address()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "govgrid.settings")
    os.environ.setdefault("SITE_URL", f"http://localhost:{port}")
    os.environ.setdefault("LOG_FORMAT", "line")
    say("Starting …")
    embedded.ensure()
    prepare()
    supervisor = Supervisor()
    supervisor.listen()
    try:
        for name, command in commands(host, port).items():
            supervisor.start(name, command)
        own = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104
        happening = await_ready(supervisor, f"http://{own}:{port}/readyz")
        if happening is None:
            welcome()
            happening = supervisor.await_end()
        return supervisor.report(happening)
    finally:
        supervisor.stop()
        say("Stopped.")


def welcome() -> None:
    """Say where it runs and who can sign in."""
    from django.conf import settings
    from django.core.management import call_command

    say(f"\ngovgrid runs at {settings.SITE_URL} — Ctrl-C stops it.\n")
    call_command("demo_accounts")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
