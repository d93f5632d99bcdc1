"""How many inbox lines a second are dispatched, beside the plainest SQL that writes the same rows in the same run; and
whether memory stays flat."""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil
import psycopg

from bench import crowd, measure
from bench.databases import say
from bench.hands import ready, serve

EVENTS_OF_A_CASE = 2
WARM_UP = 50
"""So many cases' events are dispatched before, uncounted: a new worker reads the territory first."""


def run(url: str, options: argparse.Namespace) -> dict[str, Any]:
    """The figures: two events of each of `--cases` tell five people each, by `--workers` processes."""
    machine = measure.hardware(url)
    crowd.found(url, options.cases)
    people = crowd.Crowd(url)
    people.grow(options.cases + WARM_UP)
    link = people.link
    say("Giving everybody a colleague …")
    _give_colleagues(link)
    link.execute("TRUNCATE cases_pendingevent")
    with ready(options.workers, _worker) as go:
        _happen(link, people.templates + options.cases, people.templates + options.cases + WARM_UP)
        go()
        _forget(link)
        _happen(link, people.templates, people.templates + options.cases)
        say("Measuring notify …")
        seconds, said = go()
    events, lines = (sum(one[place] for one in said) for place in (0, 1))
    planned = _count(link, "notifications_delivery")
    floor_s = _floor(link, url, options.workers)
    return {
        "bench": "notify",
        "events": events,
        "lines": lines,
        "deliveries": planned,
        "lines_per_s": round(lines / seconds, 1),
        "floor_per_s": round(lines / floor_s, 1),
        "floor_ratio": round(floor_s / seconds, 3),
        "memory_mb": {"start": [one[2] for one in said], "end": [one[3] for one in said]},
        "workers": options.workers,
        "faults": _faults(link, options.cases * EVENTS_OF_A_CASE, events),
        "hardware": machine,
    }


def _give_colleagues(link: psycopg.Connection) -> None:
    columns = [name for (name,) in link.execute(crowd.COLUMNS, ["grids_user"]) if name != "id"]
    said = {"username": "u.username || '-b'"}
    copied = ", ".join(said.get(name, f"u.{name}") for name in columns)
    for statement in COLLEAGUES:
        link.execute(statement.format(", ".join(columns), copied))  # type: ignore[arg-type]  # the tables' own names


COLLEAGUES = (
    "CREATE TABLE bench_colleague AS SELECT p.*, nextval('grids_user_id_seq') AS other_id FROM grids_post p"
    " WHERE p.role IN ('village_head', 'dispatcher')",
    "INSERT INTO grids_user (id, {0}) SELECT o.other_id, {1}"
    " FROM bench_colleague o JOIN grids_user u ON u.id = o.user_id",
    "INSERT INTO grids_post (user_id, unit_id, role, grid_id, starts_on)"
    " SELECT other_id, unit_id, role, grid_id, starts_on FROM bench_colleague",
    "ANALYZE grids_user",
    "ANALYZE grids_post",
)
HAPPEN = """
    INSERT INTO cases_caseevent
        (case_id, seq, kind, actor_kind, at, payload, quiet, prev_hash, hash, recorded_at)
    SELECT c.id, n, k.kind, 'clock', now(),
        jsonb_build_object('unit', c.duty_unit_id, 'deadline_kind', 'accept', 'to_unit', above.id), false, '', '', now()
    FROM cases_case c
    JOIN grids_unit u ON u.id = c.duty_unit_id JOIN grids_grid g ON g.id = u.grid_id
    JOIN grids_grid up ON up.path = left(g.path, length(g.path) - %(step)s)
    JOIN grids_unit above ON above.grid_id = up.id AND above.kind = 'authority'
    CROSS JOIN (VALUES (1, 'flagged'), (2, 'escalated')) AS k (n, kind)
    WHERE c.id > %(first)s AND c.id <= %(last)s
    ORDER BY n, c.id
"""
"""Flagged, then one level up: each tells two heads of the village, and two dispatchers and a worker or leader."""


def _happen(link: psycopg.Connection, first: int, last: int) -> None:
    from grids.tree import STEP

    link.execute(HAPPEN, {"first": first, "last": last, "step": STEP})
    for table in ("cases_caseevent", "cases_pendingevent"):
        link.execute(f"VACUUM (ANALYZE) {table}")


def _forget(link: psycopg.Connection) -> None:
    link.execute("TRUNCATE notifications_inboxitem, notifications_delivery CASCADE")


def _worker(pipe: Any) -> None:
    import django

    django.setup()
    from notifications.services import dispatch_events

    dispatch_events()
    process = psutil.Process()

    def work() -> tuple[int, int, float, float]:
        start = process.memory_info().rss
        done = dispatch_events()
        return done.events, done.told, round(start / 2**20, 1), round(process.memory_info().rss / 2**20, 1)

    serve(pipe, work)


KEPT = ("notifications_inboxitem", "notifications_delivery")


def _floor(link: psycopg.Connection, url: str, workers: int) -> float:
    """Seconds that plain SQL takes to write the same rows again, over as many connections."""
    for table in KEPT:
        link.execute(f"CREATE TABLE bench_{table} AS TABLE {table}")
    _forget(link)
    keys = ("id", "item_id")

    def share(number: int, table: str, key: str) -> None:
        with psycopg.connect(url) as own:
            own.execute(
                f"INSERT INTO {table} SELECT * FROM bench_{table} WHERE {key} %% %s = %s ORDER BY id",
                [workers, number],
            )

    began = time.perf_counter()
    for table, key in zip(KEPT, keys, strict=True):
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(share, range(workers), [table] * workers, [key] * workers))
    return time.perf_counter() - began


def _faults(link: psycopg.Connection, happened: int, events: int) -> dict[str, int]:
    """What must not be: events that nobody dealt with, and lines without a delivery (all here have an address)."""
    bare = link.execute(
        "SELECT count(*) FROM notifications_inboxitem i"
        " WHERE NOT EXISTS (SELECT FROM notifications_delivery d WHERE d.item_id = i.id)"
    ).fetchone()
    return {"left": happened - events, "undelivered": bare[0] if bare else 0}


def _count(link: psycopg.Connection, table: str) -> int:
    row = link.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0]) if row else 0
