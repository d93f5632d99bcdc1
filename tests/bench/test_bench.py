"""What a bench stands on: data that is what the services would have written, and answers with all fields."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from bench import databases
from bench.web import percentiles
from govgrid.local import BASE_DIR

CASES = 500
FIELDS = {
    "bench", "cases", "throughput_per_s", "p50_ms", "p95_ms", "p99_ms", "queries", "rows", "floor_per_s", "floor_ratio",
    "concurrency", "workers", "seconds", "hardware",
}  # fmt: skip
MOST_QUERIES = {"list": 4, "detail": 10, "intake": 12}

Bench = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def bench_url() -> Iterator[str]:
    """A bench database of this test run's own, dropped after it."""
    name = f"govgrid_bench_test_{os.getpid()}"
    url = databases.with_database(os.environ["DATABASE_URL"], name)
    yield url
    with psycopg.connect(databases.with_database(url, "postgres"), autocommit=True) as link:
        link.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def bench(bench_url: str) -> Bench:
    """Runs a bench as a user would, on the loaded data set."""

    def run(name: str, *arguments: str) -> dict[str, Any]:
        command = [sys.executable, "-m", "bench", name, "--cases", str(CASES), "--database", bench_url, *arguments]
        done = subprocess.run(command, cwd=BASE_DIR, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    return run


@pytest.fixture(scope="session")
def loaded(bench: Bench) -> dict[str, Any]:
    return bench("load", "--fresh")


def test_a_load_writes_all_cases_and_most_of_them_are_closed(loaded: dict[str, Any], bench_url: str) -> None:
    assert loaded["rows"]["cases_case"] == CASES
    with psycopg.connect(bench_url) as link:
        statuses = dict(link.execute("SELECT status, count(*) FROM cases_case GROUP BY 1").fetchall())
        lines = link.execute("SELECT avg(version) FROM cases_case").fetchone()
    assert statuses["closed"] > 0.85 * CASES
    assert len(statuses) >= 4
    assert lines and 4 <= lines[0] <= 9


def test_a_second_load_uses_what_is_there(loaded: dict[str, Any], bench: Bench) -> None:
    again = bench("load")
    assert again["reused"]
    assert again["rows"] == loaded["rows"]


def test_a_load_of_another_size_does_not_touch_what_is_there(loaded: dict[str, Any], bench_url: str) -> None:
    command = [sys.executable, "-m", "bench", "load", "--cases", "3", "--database", bench_url]
    done = subprocess.run(command, cwd=BASE_DIR, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "--fresh" in done.stderr


def test_a_database_that_no_bench_made_is_refused(db: None) -> None:
    from django.db import connection

    name = connection.settings_dict["NAME"]
    with pytest.raises(databases.NotOurs, match=name):
        databases.create(databases.with_database(os.environ["DATABASE_URL"], name), fresh=True)


def test_loaded_histories_verify_as_if_the_services_had_written_them(loaded: dict[str, Any], bench_url: str) -> None:
    done = _manage(bench_url, "verify_history")
    assert done.returncode == 0, done.stdout + done.stderr


SAMPLE = """
from cases.models import Case, Deadline
from cases.calendars import calendar_of
from cases.deadlines import Counting, due_at
from cases.services.clocks import RUNNING_IN
wrong = [
    d.pk for d in Deadline.objects.select_related("case")
    if d.due_at != due_at(calendar_of(d.case.grid_path), d.starts_at, d.minutes, Counting(d.counting))
]
assert not wrong, wrong[:5]
for case in Case.objects.prefetch_related("deadlines"):
    running = {d.kind for d in case.deadlines.all() if d.state == "running"}
    assert running == set(RUNNING_IN.get(case.status, ())), (case.number, case.status, running)
    due = min((d.due_at for d in case.deadlines.all() if d.state == "running"), default=None)
    assert case.due_at == due, case.number
"""


def test_loaded_clocks_are_those_that_each_status_has(loaded: dict[str, Any], bench_url: str) -> None:
    done = _manage(bench_url, "shell", "-v", "0", "-c", SAMPLE)
    assert done.returncode == 0, done.stderr


def test_everything_taken_down_for_the_load_is_back(loaded: dict[str, Any], bench_url: str, db: None) -> None:
    from django.db import connection

    query = """
        SELECT 'index ' || split_part(indexdef, 'WHERE', 1) FROM pg_indexes WHERE tablename LIKE 'cases_%'
        UNION ALL SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
            WHERE conrelid::regclass::text LIKE 'cases_%' AND contype <> 'n'
        UNION ALL SELECT tgname || ' ' || tgenabled::text FROM pg_trigger
            WHERE NOT tgisinternal AND tgname <> 'caseevent_refuses_truncate'
    """
    with connection.cursor() as cursor:
        cursor.execute(query)
        wanted = {row[0] for row in cursor.fetchall()}
    with psycopg.connect(bench_url) as link:
        assert {row[0] for row in link.execute(query).fetchall()} == wanted


@pytest.mark.parametrize("name", ["intake", "list", "detail"])
def test_a_bench_answers_with_every_figure(loaded: dict[str, Any], bench: Bench, bench_url: str, name: str) -> None:
    answer = bench(name, "--seconds", "1", "--concurrency", "2", "--workers", "1")
    assert answer.keys() >= FIELDS
    assert answer["throughput_per_s"] > 0
    assert 0 < answer["p50_ms"] <= answer["p95_ms"] <= answer["p99_ms"]
    assert 0 < answer["queries"] <= MOST_QUERIES[name]
    assert answer["hardware"].keys() >= {"cores", "memory_gb", "cpu", "python", "postgresql"}
    with psycopg.connect(bench_url) as link:
        assert link.execute("SELECT count(*) FROM cases_case").fetchone() == (CASES,)
        assert link.execute("SELECT count(*) FROM cases_pendingevent").fetchone() == (0,)
        assert link.execute("SELECT count(*) FROM knox_authtoken").fetchone() == (0,)


def test_the_figures_bench_counts_what_was_loaded_and_asks_pages_of_it(loaded: dict[str, Any], bench: Bench) -> None:
    answer = bench("measures", "--seconds", "1", "--fresh")
    assert answer["rebuild"]["facts"] > 5 * CASES
    assert answer["check"]["differences"] == 0
    assert answer["pages"].keys() == {"city", "county", "town"}
    assert answer["pages"]["city"]["page"]["p95_ms"] > answer["pages"]["city"]["stock"]["p50_ms"] > 0


def test_the_import_s_bench_brings_a_ledger_in_and_leaves_the_data_as_it_was(
    loaded: dict[str, Any], bench: Bench, bench_url: str
) -> None:
    answer = bench("import", "--rows", "3")
    assert (answer["bench"], answer["rows"]) == ("import", 3)
    assert answer["rows_per_s"] > 0 and answer["peak_memory_mb"] > 0
    with psycopg.connect(bench_url) as link:
        assert link.execute("SELECT count(*) FROM cases_case").fetchone() == (CASES,)
        assert link.execute("SELECT count(*) FROM cases_case WHERE source <> ''").fetchone() == (0,)


def test_percentiles_are_those_of_the_nearest_rank() -> None:
    said = percentiles([n / 1000 for n in range(1, 101)])
    assert said == {"p50_ms": 50.0, "p95_ms": 95.0, "p99_ms": 99.0}
    assert percentiles([]) == {"p50_ms": None, "p95_ms": None, "p99_ms": None}


def _manage(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ) | {"DATABASE_URL": url}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def clock_bench() -> Iterator[Bench]:
    """Runs a bench of the clock in a database of this test's own, dropped after it."""
    name = f"govgrid_bench_clock_{os.getpid()}"
    url = databases.with_database(os.environ["DATABASE_URL"], name)

    def run(bench: str, *arguments: str) -> dict[str, Any]:
        command = [sys.executable, "-m", "bench", bench, "--database", url, *arguments]
        done = subprocess.run(command, cwd=BASE_DIR, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    yield run
    with psycopg.connect(databases.with_database(url, "postgres"), autocommit=True) as link:
        link.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def test_the_sweep_s_bench_fires_all_that_is_due_and_compares_it_with_plain_sql(clock_bench: Bench) -> None:
    answer = clock_bench("sweep", "--cases", "1200", "--due", "200", "--workers", "2")
    assert answer["fired"] == answer["due"] == 200
    assert answer["faults"] == {"missing": 0, "double": 0, "unverified": 0}
    assert answer["steps_per_s"] > 0 and answer["escalations_per_s"] > 0
    assert answer["floor_ratio"] == pytest.approx(answer["steps_per_s"] / answer["floor_per_s"], abs=0.01)
    assert answer["idle_ms"].keys() == {"1200"}


def test_the_latency_s_bench_sees_every_step_of_real_processes_and_none_early(clock_bench: Bench) -> None:
    answer = clock_bench("latency", "--cases", "200", "--rate", "10", "--seconds", "3", "--workers", "1")
    assert (answer["due"], answer["missing"], answer["early"]) == (30, 0, 0)
    assert 0 < answer["p50_ms"] <= answer["p95_ms"] <= answer["p99_ms"] <= answer["max_ms"]
