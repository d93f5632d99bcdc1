"""One bench from its data to its answer: requests over HTTP, the same request counted in process, and the floor."""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import psycopg

from bench.databases import say, with_database

TRANSACTIONS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK")


def run(bench: str, url: str, options: argparse.Namespace) -> dict[str, Any]:
    """The figures of a bench. Loads the data set where it is missing."""
    from bench.load import load

    if bench != "locate":
        load(url, options.cases)
    machine = hardware(url)
    say(f"Measuring {bench} …")
    said = BENCHES[bench](url, options)
    if bench == "locate":
        return {"bench": bench} | said | {"hardware": machine}
    settings = {"concurrency": options.concurrency, "workers": options.workers, "seconds": options.seconds}
    return {"bench": bench, "cases": options.cases} | said | settings | {"hardware": machine}


def intake(url: str, options: argparse.Namespace) -> dict[str, Any]:
    """A resident's case over HTTP; the floor is the same rows written by pgbench, before and after."""
    from bench import floors, scenarios

    requests = scenarios.intake_requests()
    with kept_as_loaded(url):
        scenarios.ask_here(requests[0])
        answer, statements = scenarios.ask_here(requests[1])
        script = floors.intake_script(url, _id_of(answer["number"]))

        def floor() -> float:
            return floors.measure(url, [script], concurrency=options.concurrency, seconds=options.seconds / 2)

        said = _over_http(requests, options, floor)
    return said | {"queries": len(own_queries(statements)), "rows": rows_written(statements)}


def list_(url: str, options: argparse.Namespace) -> dict[str, Any]:
    """Pages of 50 for workers and town dispatchers; the floor is the statement that reads them, by pgbench."""
    from bench import scenarios

    with scenarios.signed_in() as people:
        return _reading(url, options, scenarios.list_requests(people), lambda page: len(page["results"]))


def detail(url: str, options: argparse.Namespace) -> dict[str, Any]:
    """Files of cases that workers and town dispatchers see; the floor is the statement that finds the case."""
    from bench import scenarios

    def rows(case: dict[str, Any]) -> int:
        return 1 + sum(len(case[part]) for part in ("events", "clocks", "assignments", "ratings", "attachments"))

    with scenarios.signed_in() as people:
        return _reading(url, options, scenarios.detail_requests(people), rows)


def search(url: str, options: argparse.Namespace) -> dict[str, Any]:
    """First pages of searches, in process, by who asks."""
    from bench import search

    return search.run(options.seconds)


def measures(url: str, options: argparse.Namespace) -> dict[str, Any]:
    """All figures made anew, counted again, and asked for a leader's page, in process."""
    from bench import measures

    return measures.run(options.seconds, rebuild=options.fresh)


def leaders(url: str, options: argparse.Namespace) -> dict[str, Any]:
    """Leaders' pages whole, in process, by level."""
    from bench import leaders

    return leaders.run(options.seconds)


def locate(url: str, options: argparse.Namespace) -> dict[str, Any]:
    """Places that find their grid, in process."""
    from bench import locate

    return locate.run()


BENCHES: dict[str, Callable[[str, argparse.Namespace], dict[str, Any]]] = {
    "intake": intake,
    "list": list_,
    "detail": detail,
    "locate": locate,
    "search": search,
    "measures": measures,
    "leaders": leaders,
}


def _reading(url: str, options: argparse.Namespace, requests: list[Any], rows: Callable[[Any], int]) -> dict[str, Any]:
    from bench import floors, scenarios

    scenarios.ask_here(requests[0])
    seen = [scenarios.ask_here(request) for request in requests[:: max(1, len(requests) // 20)]]
    plain = [statement for _, statements in seen for statement in statements if 'FROM "cases_case"' in statement]

    def floor() -> float:
        scripts = [f"{statement};\n" for statement in plain[:40]]
        return floors.measure(url, scripts, concurrency=options.concurrency, seconds=options.seconds / 2)

    said = _over_http(requests, options, floor)
    most = max(len(own_queries(statements)) for _, statements in seen)
    return said | {"queries": most, "rows": round(sum(rows(answer) for answer, _ in seen) / len(seen), 1)}


def _over_http(requests: list[Any], options: argparse.Namespace, floor: Callable[[], float]) -> dict[str, Any]:
    """The floor is measured before and after, so that what else the machine does weighs on both alike."""
    from bench import web

    before = floor()
    with web.serving(options.workers) as port:
        said = web.send(port, requests, concurrency=options.concurrency, seconds=options.seconds)
    floor_per_s = (before + floor()) / 2
    return said | {
        "floor_per_s": round(floor_per_s, 1),
        "floor_ratio": round(said["throughput_per_s"] / floor_per_s, 3),
    }


def own_queries(statements: list[str]) -> list[str]:
    """What a request itself reads or writes: without the statements that begin and end transactions, and without the
    look at the tokens of reference data, which each process takes once a second however many requests it has."""
    return [
        statement
        for statement in statements
        if not statement.startswith(TRANSACTIONS) and '"grids_revision"' not in statement
    ]


def rows_written(statements: list[str]) -> int:
    """Rows that were inserted; the outbox, which a trigger writes, is not among them."""
    return sum(statement.count("INSERT INTO") for statement in statements)


def _id_of(number: str) -> int:
    from cases.models import Case

    return Case.objects.values_list("pk", flat=True).get(number=number)


class kept_as_loaded:
    """What comes in during a bench is gone after it: the next one measures the same data set."""

    OF_CLOCKS = ("cases_stepfiring", "cases_adjustment")
    TABLES = ("cases_rating", "cases_assignment", "cases_deadline", "cases_caseevent", "cases_case")

    def __init__(self, url: str) -> None:
        self.url = url

    def __enter__(self) -> None:
        with psycopg.connect(self.url) as link:
            row = link.execute("SELECT max(id) FROM cases_case").fetchone()
            self.last = row[0] if row else 0

    def __exit__(self, *_: object) -> None:
        with psycopg.connect(self.url, autocommit=True) as link:
            with link.transaction():
                link.execute("ALTER TABLE cases_caseevent DISABLE TRIGGER caseevent_refuses_change")
                link.execute("TRUNCATE cases_pendingevent, cases_idempotencykey, insights_touched")
                for table in self.OF_CLOCKS:
                    clocks = "SELECT id FROM cases_deadline WHERE case_id > %s"
                    link.execute(f"DELETE FROM {table} WHERE deadline_id IN ({clocks})", [self.last])
                for table in self.TABLES:
                    column = "id" if table == "cases_case" else "case_id"
                    link.execute(f"DELETE FROM {table} WHERE {column} > %s", [self.last])
                link.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with deferred checks cannot be altered
                link.execute("ALTER TABLE cases_caseevent ENABLE TRIGGER caseevent_refuses_change")
            for table in (*self.TABLES, "cases_casewords"):
                link.execute(f"VACUUM {table}")


def hardware(url: str) -> dict[str, Any]:
    """What the figures were measured on; `load` is the load average before, which tells of others at work."""
    with psycopg.connect(with_database(url, "postgres")) as link:
        row = link.execute("SHOW server_version").fetchone()
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "cpu": cpu_model(),
        "python": platform.python_version(),
        "postgresql": row[0] if row else "",
        "load": [round(load, 2) for load in os.getloadavg()],
    }


def cpu_model() -> str:
    """The processor's name, as the system gives it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
