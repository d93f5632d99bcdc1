"""How long after its moment a due deadline is seen as flagged, by a real beat and real workers under an even load."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import crowd, measure
from bench.databases import say
from bench.web import HOST, percentiles
from govgrid.local import BASE_DIR
from govgrid.serve import commands, end_with_parent

START_SECONDS = 120
LEAD_SECONDS = 5
"""Between the last preparation and the first due moment."""
WARM_UP_SECONDS = 10
"""So long at first they fall due as well, uncounted: a new worker reads the territory before its first step."""
GRACE_SECONDS = 60
POLL_SECONDS = 0.02
SEEN_AGAIN = 5000
"""So many of the newest rows are read again: their numbers are not in the order of their commits."""


def run(url: str, options: argparse.Namespace) -> dict[str, Any]:
    """The figures: `--rate` deadlines a second fall due for `--seconds` among `--cases`."""
    count = options.rate * (options.seconds + WARM_UP_SECONDS)
    if count > options.cases:
        raise SystemExit(f"--cases: at least {count}, so many fall due, the warm-up included")
    machine = measure.hardware(url)
    crowd.found(url, options.cases)
    people = crowd.Crowd(url)
    people.grow(options.cases)
    people.fall_due("latency", count, "now() + interval '20 days'")
    with working(options.workers):
        say("Measuring latency …")
        late = _observe(people, options.rate, count)[options.rate * WARM_UP_SECONDS :]
    seen = percentiles(late)
    return {
        "bench": "latency",
        "cases": options.cases,
        "due": options.rate * options.seconds,
        "due_per_s": options.rate,
        "missing": options.rate * options.seconds - len(late),
        **seen,
        "max_ms": round(1000 * max(late), 1) if late else None,
        "early": sum(1 for seconds in late if seconds < 0),
        "workers": options.workers,
        "seconds": options.seconds,
        "hardware": machine,
    }


@contextmanager
def working(workers: int) -> Iterator[None]:
    """Beat and a worker with so many slots, as `script/server` runs them, until the block ends."""
    from django.core.cache import cache

    from govgrid.tasks import HEARTBEAT_KEY

    cache.delete(HEARTBEAT_KEY)
    os.environ["WORKER_CONCURRENCY"] = str(workers)
    said = commands(HOST, 0)
    with tempfile.TemporaryDirectory() as folder:
        beat = [*said["beat"][:-1], str(Path(folder) / "beat-schedule")]
        running = [
            subprocess.Popen(command, cwd=BASE_DIR, stdout=sys.stderr, preexec_fn=end_with_parent)
            for command in (said["worker"], beat)
        ]
        try:
            _await_heartbeat(running)
            yield
        finally:
            for process in running:
                process.terminate()
            for process in running:
                process.wait()


def _await_heartbeat(running: list[subprocess.Popen[bytes]]) -> None:
    from django.core.cache import cache

    from govgrid.tasks import HEARTBEAT_KEY

    give_up_at = time.monotonic() + START_SECONDS
    while cache.get(HEARTBEAT_KEY) is None:
        if time.monotonic() > give_up_at or any(process.poll() is not None for process in running):
            raise RuntimeError("worker and beat do not start; their words stand above")
        time.sleep(0.1)  # the cache tells nobody when a key is written


def _observe(people: crowd.Crowd, rate: int, count: int) -> list[float]:
    """Seconds from each due moment, in their order, until the mark that it fired could be read by others, by the
    database's clock."""
    moments = f"date_trunc('second', now()) + interval '{LEAD_SECONDS} seconds' + place * interval '1 second' / {rate}"
    row = people.link.execute("SELECT coalesce(max(id), 0) FROM cases_stepfiring").fetchone()
    newest = first = row[0] if row else 0
    people.set_moments("latency", moments)
    seen: dict[int, tuple[float, float]] = {}
    give_up_at = time.monotonic() + LEAD_SECONDS + count / rate + GRACE_SECONDS
    while len(seen) < count and time.monotonic() < give_up_at:
        for number, due, late in people.link.execute(FIRED, [max(first, newest - SEEN_AGAIN)]).fetchall():
            seen.setdefault(number, (due, late))
            newest = max(newest, number)
        time.sleep(POLL_SECONDS)  # the observer asks as a screen would: nothing tells it of a commit
    return [late for _, late in sorted(seen.values())]


FIRED = """
    SELECT id, extract(epoch FROM due_at)::float8, extract(epoch FROM clock_timestamp() - due_at)::float8
    FROM cases_stepfiring WHERE id > %s AND event_id IS NOT NULL
"""
