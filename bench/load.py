"""Fills a bench database: reference data by the project's own commands, cases by COPY from two processes.

Each chunk of cases is written in one transaction with its mark, so a load that was cut short goes on."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from tqdm import tqdm

from bench import databases, indexes
from bench.databases import MARKER, say
from bench.rows import COLUMNS, EPOCH, Tables

VERSION = 1
"""To be raised when the same number of cases means other rows."""
CHUNK = 2500
DAYS = 540
"""The time over which the cases came in: eighteen months."""
WHOLE_CITY_FROM = 5000
"""So many cases are spread over all of the city, fewer over a corner of it."""
WORDS = "cases_casewords"
"""What can be searched of the cases: written by a trigger as they come."""
SAMPLE = 2000
"""Histories that are verified after a load."""

_world: Any = None


def load(url: str, cases: int, *, fresh: bool = False, processes: int = 2) -> dict[str, Any]:
    """Make the data set unless it is there; what it holds. `cases` at least 1."""
    databases.create(url, fresh=fresh)
    import django

    django.setup()
    from django.core.management import call_command

    say("Bringing the schema up to date …")
    call_command("migrate", interactive=False, verbosity=0)
    with psycopg.connect(url, autocommit=True) as link:
        loaded = _loaded(link)
        if loaded is not None and loaded != (cases, VERSION):
            raise databases.NotOurs(f"The database holds {loaded[0]} cases of version {loaded[1]}: use --fresh.")
        if loaded is None:
            _fill(link, url, cases, processes)
        return _report(link, cases, reused=loaded is not None)


def _loaded(link: psycopg.Connection) -> tuple[int, int] | None:
    row: Any = link.execute(f"SELECT cases, version FROM {MARKER} WHERE loaded_at IS NOT NULL").fetchone()
    return row


def _fill(link: psycopg.Connection, url: str, cases: int, processes: int) -> None:
    began = time.monotonic()
    until = _until(link, cases)
    _build_territory(cases, until)
    if not indexes.are_down(link) and not _done(link):
        indexes.take_down(link, [*COLUMNS, WORDS])
    _load_chunks(link, url, cases, until, processes)
    indexes.put_back(link, lambda statement: say(f"  {statement[:100]}"))
    say("Gathering statistics …")
    for table in COLUMNS:
        link.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
        link.execute(f"VACUUM (ANALYZE) {table}")
    link.execute(f"VACUUM (ANALYZE) {WORDS}")
    link.execute("ANALYZE")
    _verify()
    seconds = time.monotonic() - began
    link.execute(f"UPDATE {MARKER} SET loaded_s = %s, loaded_at = clock_timestamp()", [seconds])


def _until(link: psycopg.Connection, cases: int) -> datetime:
    """The moment up to which the stories are told: fixed by the first attempt."""
    row = link.execute(f"SELECT cases, version, until FROM {MARKER}").fetchone()
    if row is None:
        until = datetime.now(UTC)
        link.execute(f"INSERT INTO {MARKER} (cases, version, until) VALUES (%s, %s, %s)", [cases, VERSION, until])
        return until
    if row[:2] != (cases, VERSION):
        raise databases.NotOurs(f"An unfinished load of {row[0]} cases stands there: use --fresh.")
    until_kept: datetime = row[2]
    return until_kept


def _build_territory(cases: int, until: datetime) -> None:
    from bench import territory
    from grids.models import Grid

    if not Grid.objects.exists():
        say("Building the territory …")
        territory.build(whole=cases >= WHOLE_CITY_FROM, until_year=until.year + 1)


def _done(link: psycopg.Connection) -> set[int]:
    return {number for (number,) in link.execute("SELECT number FROM bench_chunk")}


def _load_chunks(link: psycopg.Connection, url: str, cases: int, until: datetime, processes: int) -> None:
    from django.db import connections

    done = _done(link)
    todo = [chunk for chunk in _chunks(cases) if chunk[0] not in done]
    connections.close_all()  # what is forked must not share them
    with (
        tqdm(total=cases, initial=cases - sum(size for *_, size in todo), unit=" cases", mininterval=2) as bar,
        ProcessPoolExecutor(processes, initializer=_begin) as pool,
    ):
        running = [pool.submit(write_chunk, url, *chunk, cases, until) for chunk in todo]
        for future in as_completed(running):
            bar.update(future.result())


def _chunks(cases: int) -> Iterator[tuple[int, int, int]]:
    """Number, first case and size of each chunk."""
    for number, first in enumerate(range(1, cases + 1, CHUNK)):
        yield number, first, min(CHUNK, cases + 1 - first)


def _begin() -> None:
    """What each process that makes cases needs before the first."""
    global _world
    import django

    django.setup()
    from bench.world import World

    _world = World()


def write_chunk(url: str, number: int, first: int, size: int, cases: int, until: datetime) -> int:
    """Make the cases of one chunk and write them in one transaction; their number."""
    tables = tell_chunk(_world, number, first, size, cases, until)
    with psycopg.connect(url) as link:
        link.execute("SET synchronous_commit = off")
        for table, columns in COLUMNS.items():
            with link.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
                copy.write("\n".join([*tables.lines[table], ""]))
        link.execute("INSERT INTO bench_chunk VALUES (%s)", [number])
    return size


def tell_chunk(world: Any, number: int, first: int, size: int, cases: int, until: datetime) -> Tables:
    """The rows of one chunk: the same for the same arguments. Cases come in evenly, in order of their ids."""
    from bench.stories import Story

    tables, dice = Tables(), random.Random(number)
    now = (until - EPOCH) // timedelta(microseconds=1)
    span = timedelta(days=DAYS) // timedelta(microseconds=1)
    for case_id in range(first, first + size):
        start = now - span + int(span * (case_id - dice.random()) / cases)
        Story(world, tables, dice, case_id, start, now).tell()
    return tables


def _verify() -> None:
    """Raises RuntimeError where a loaded history does not verify."""
    from cases.models import Case
    from cases.services.history import verify

    last = Case.objects.latest("pk").pk
    step = max(1, last // SAMPLE)
    fault = next(verify(Case.objects.filter(pk__in=range(1, last + 1, step))), None)
    if fault is not None:
        raise RuntimeError(f"a loaded history does not verify: {fault}")


def _report(link: psycopg.Connection, cases: int, *, reused: bool) -> dict[str, Any]:
    counts = {table: _count(link, table) for table in COLUMNS}
    row = link.execute(f"SELECT loaded_s, pg_database_size(current_database()) FROM {MARKER}").fetchone()
    seconds, size = row if row else (0.0, 0)
    return {
        "bench": "load",
        "cases": cases,
        "reused": reused,
        "loaded_s": round(seconds, 1),
        "throughput_per_s": round(cases / seconds, 1),
        "rows": counts,
        "bytes": size,
    }


def _count(link: psycopg.Connection, table: str) -> int:
    row = link.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0]) if row else 0
