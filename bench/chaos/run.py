"""One run from the first server to the verdict."""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from bench.chaos.crew import HOST, Crew, gather, serves
from bench.chaos.killer import Killer
from bench.chaos.sabotage import sabotage
from bench.chaos.servers import Servers
from bench.chaos.visitors import Visitors
from bench.databases import say
from govgrid.local import make_secrets

if TYPE_CHECKING:
    from bench.chaos.outside import Outside

START_SECONDS = 180
DRAIN_SECONDS = 300
"""How long the last due step may take once everything runs again; a passing run needs a small part of it."""
CASES_A_MINUTE = 75
FEWEST_CASES = 60
VISITORS = 2
FAULTS = (
    "missing", "double", "early", "misdated", "disorder", "after_end", "unexplained", "set_aside", "history_faults",
    "inbox_missing", "inbox_double", "unanswered", "acted_twice", "not_acted", "outside_lost", "outside_double",
)  # fmt: skip


def run(options: argparse.Namespace) -> dict[str, Any]:
    """The figures of a run; `passed` where there is no fault. `options` as `python -m bench chaos` takes them."""
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**6)
    say(f"Seed {seed}")
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    with folder(keep=options.keep) as place:
        servers = Servers(name_place(place, port := free_port()))
        try:
            servers.start()
            os.environ |= {"DATABASE_URL": servers.postgres.url, "REDIS_URL": servers.valkey.url}
            return _run(options, seed, place, port, servers)
        finally:
            servers.stop()


@contextmanager
def folder(*, keep: bool) -> Iterator[Path]:
    """A folder of the run's own for data and logs; kept where asked for."""
    place = Path(tempfile.mkdtemp(prefix="chaos-"))
    try:
        yield place
    finally:
        if keep:
            say(f"Data and logs are in {place}")
        else:
            shutil.rmtree(place, ignore_errors=True)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def name_place(place: Path, port: int) -> Path:
    """Names the folder and what else the platform's processes read, in the environment."""
    os.environ |= {
        "GOVGRID_DATA": str(place),
        "DJANGO_SETTINGS_MODULE": "govgrid.settings",
        "SITE_URL": f"http://localhost:{port}",
        "WORKER_CONCURRENCY": "1",
        "WEB_CONCURRENCY": "1",
    }
    for name in ("SECRET_KEY", "REPORTER_KEYS", "REPORTER_HASH_KEY", "STATIC_ROOT", "MEDIA_ROOT"):
        os.environ.pop(name, None)
    make_secrets()
    return place


def _run(options: argparse.Namespace, seed: int, place: Path, port: int, servers: Servers) -> dict[str, Any]:
    from bench.chaos.outside import Outside, settle

    outside = Outside()
    visitors = prepare(options, seed, port, servers, f"{outside.push.url}/push")
    counts = {"web": 1, "worker": options.workers, "beat": options.beats}
    crew = gather(place, port, counts, shifts(options.skew * 60))
    # What is sabotaged fails anyway: then not everybody's turn need come
    killer = Killer(servers, crew, seed, pace(options.minutes * 60), whole_rounds=not options.sabotage)
    try:
        outside.open()
        crew.start()
        rage(crew, killer, visitors, port, options.minutes * 60, outside)
        cutoff, drained = drain(servers)
        drained = settle(servers) and drained
    finally:
        crew.kill()
        outside.close()
    if not drained:
        say("Not all of what was due is done; the logs say why.")
    answer = {
        "bench": "chaos", "minutes": options.minutes, "seed": seed, "workers": options.workers,
        "beats": options.beats, "skew_minutes": options.skew, "sabotage": options.sabotage,
        "clocks_s": {member.name: member.shift for member in crew.members.values()},
    }  # fmt: skip
    return (
        answer
        | account(servers, cutoff, killer, visitors, outside, options.workers)
        | {"drained": drained, "fell": crew.fell}
    )


def prepare(options: argparse.Namespace, seed: int, port: int, servers: Servers, push_url: str) -> Visitors:
    """Fills the database; who will come to the web."""
    import django

    django.setup()
    from django.db import connections

    from bench.chaos import judge, scene

    seconds = options.minutes * 60
    cast = scene.prepare(seconds, push_url)
    with servers.connect() as link:
        judge.call_witnesses(link)
        sabotage(link, options.sabotage)
    scene.fill(cast, options.cases or max(FEWEST_CASES, int(CASES_A_MINUTE * options.minutes)), seconds, seed)
    cells = [cell.code for cell in cast.cells]
    visitors = Visitors(port, scene.tokens(cast), cast.department.pk, cells, seed, max(0.5, seconds / 200))
    connections.close_all()  # ours would die with the server too
    return visitors


def shifts(seconds: float) -> Iterator[float]:
    """How wrong the clocks of hosts are, by turns: the web's, then workers', then beats'; one in four is right."""
    while True:
        yield from (seconds / 2, 0.0 - seconds, seconds, 0.0)


def pace(seconds: float) -> float:
    """Seconds between blows: long enough for workers to start, short enough for everybody's turn to come."""
    return min(10.0, max(2.0, seconds / 15))


def rage(crew: Crew, killer: Killer, visitors: Visitors, port: int, seconds: float, outside: Outside) -> None:
    """The run itself: from when the web serves, for so long; then everything is started again."""
    if not await_that(lambda: serves(port), START_SECONDS):
        raise RuntimeError("the web does not start; --keep shows its log")
    visitors.come(VISITORS)
    outside.misbehave(seconds)
    say(f"Killing for {seconds:.0f} s …")
    killer.rage(seconds)
    killer.mend()
    visitors.leave(within=DRAIN_SECONDS)


LEFT = """
    SELECT (SELECT count(*) FROM cases_deadline WHERE fire_at <= %(cutoff)s)
        + (SELECT count(*) FROM cases_pendingevent WHERE next_attempt_at IS NULL)
"""


def drain(servers: Servers) -> tuple[datetime, bool]:
    """Waits until nothing is left that was due by now; now by the database's clock, and whether that came true."""
    with servers.connect() as link:
        cutoff: datetime = _value(link, "SELECT clock_timestamp()")
        say(f"Waiting for the last of {_value(link, LEFT, cutoff=cutoff)} …")
        return cutoff, await_that(lambda: _value(link, LEFT, cutoff=cutoff) == 0, DRAIN_SECONDS)


def await_that(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether it came true in time: what another process does can only be looked for."""
    ends, pause = time.monotonic() + seconds, threading.Event()
    while not condition():
        if time.monotonic() > ends:
            return False
        pause.wait(0.2)
    return True


def _value(link: psycopg.Connection, query: str, **values: Any) -> Any:
    row = link.execute(query, values).fetchone()
    return row[0] if row else None


def account(
    servers: Servers, cutoff: datetime, killer: Killer, visitors: Visitors, outside: Outside, workers: int
) -> dict[str, Any]:
    """The verdict as figures; faults are told on standard error."""
    from bench.chaos import judge
    from bench.chaos.outside import judge_outside

    with servers.connect() as link:
        verdict = judge.judge_steps(judge.read(link), cutoff)
        judge.judge_wishes(verdict, link, visitors.wishes)
        judge.judge_history(verdict)
        inbox = judge.judge_inbox(verdict, link, cutoff)
        went_out = judge_outside(verdict, link, outside, killer.kills, workers)
    for fault in verdict.told:
        say(f"  {fault}")
    wishes = visitors.wishes
    return {
        "deadlines": verdict.deadlines,
        "steps": verdict.steps,
        "kills": sum(killer.kills.values()),
        "killed": dict(sorted(killer.kills.items())),
        **{fault: verdict.faults[fault] for fault in FAULTS},
        "overtaken": verdict.overtaken,
        "latest_s": round(verdict.latest.total_seconds(), 1),
        "inbox": inbox,
        "outside": went_out,
        "requests": len(wishes),
        "requests_sent_again": sum(wish.attempts > 1 for wish in wishes),
        "cases_logged": sum(wish.action == "submit" and wish.status < 300 for wish in wishes),
        "passed": verdict.steps > 0 and not any(verdict.faults.values()),
    }
