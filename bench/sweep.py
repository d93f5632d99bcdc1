"""How many steps a second the sweep fires, beside the plainest SQL that writes the same rows; and what it costs where
nothing is due, however much runs."""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

from bench import crowd, measure
from bench.databases import say
from bench.hands import Go, ready, serve

SIZES = (10_000, 100_000, 1_000_000)
IDLE_RUNS = 200
WARM_UP = 100
CLIMBS = 500
JUST_NOW = "clock_timestamp() - mod(place, 60) * interval '1 second'"
LATER = "now() + interval '20 days'"


def run(url: str, options: argparse.Namespace) -> dict[str, Any]:
    """The figures. `--due` deadlines fall due among `--cases`; as many again are written by plain SQL."""
    cases, due = options.cases, options.due
    if 2 * due + WARM_UP + CLIMBS > cases:
        raise SystemExit(
            f"--due: the floor takes as many again, so at most {(cases - WARM_UP - CLIMBS) // 2} of {cases}"
        )
    machine = measure.hardware(url)
    crowd.found(url, cases)
    people = crowd.Crowd(url)
    idle = dict(_idle(people, cases))
    say("Warming up …")
    payload = _warm_up(people)
    for name, count in (("floor 1", due // 2), ("floor 2", due - due // 2), ("sweep", due)):
        people.fall_due(name, count, LATER)
    with ready(options.workers, _sweeper) as go:
        before = _floor(people, url, "floor 1", payload, options.workers)
        people.set_moments("sweep", JUST_NOW)
        seconds, steps = go()
        fired = sum(steps)
        after = _floor(people, url, "floor 2", payload, options.workers)
        climbs_per_s = _climbs(people, go)
    floor_s = before + after
    return {
        "bench": "sweep",
        "cases": cases,
        "due": due,
        "fired": fired,
        "steps_per_s": round(fired / seconds, 1),
        "floor_per_s": round(due / floor_s, 1),
        "floor_ratio": round(fired / seconds / (due / floor_s), 3),
        "escalations_per_s": round(climbs_per_s, 1),
        "idle_ms": idle,
        "workers": options.workers,
        "faults": _faults(people),
        "hardware": machine,
    }


def _idle(people: crowd.Crowd, cases: int) -> Iterator[tuple[str, float]]:
    """The median time of a sweep that finds nothing, in milliseconds, as ever more deadlines run."""
    from cases.services import sweep

    for size in sorted({min(size, cases) for size in SIZES} | {cases}):
        people.grow(size)
        sweep()
        times = []
        for _ in range(IDLE_RUNS):
            began = time.perf_counter()
            fired = sweep().fired
            times.append(time.perf_counter() - began)
            if fired:
                raise RuntimeError("something was due")
        yield str(size), round(1000 * statistics.median(times), 3)


def _warm_up(people: crowd.Crowd) -> str:
    """A few steps by this process; what their events say, which is what the floor writes."""
    from cases.models import CaseEvent
    from cases.services import sweep

    people.fall_due("warm-up", WARM_UP, JUST_NOW)
    if sweep().fired != WARM_UP:
        raise RuntimeError("the warm-up did not fire")
    return json.dumps(CaseEvent.objects.filter(kind="flagged").latest("pk").payload)


def _sweeper(pipe: Any) -> None:
    import django

    django.setup()
    from cases import policies
    from cases.calendars import calendar_of
    from cases.models import Deadline
    from cases.services import sweep
    from cases.services.clocks import describe

    for deadline in Deadline.objects.select_related("case").order_by("pk")[:100]:
        describe(deadline)
        calendar_of(deadline.case.grid_path)
    policies.book()
    sweep()
    serve(pipe, lambda: sweep().fired)


def _floor(people: crowd.Crowd, url: str, name: str, payload: str, workers: int) -> float:
    """Seconds that plain SQL takes to write what the steps of these deadlines write, over as many connections."""
    people.set_moments(name, JUST_NOW)

    def share(number: int) -> None:
        values = {"name": name, "share": number, "shares": workers, "payload": payload, "hash": "0" * 64}
        with psycopg.connect(url) as link:
            for statement in FLOOR:
                link.execute(statement, values)  # type: ignore[arg-type]  # our own words, not a literal

    began = time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(share, range(workers)))
    return time.perf_counter() - began


SHARE = """
    FROM bench_due b JOIN cases_deadline d ON d.id = b.deadline_id JOIN cases_case c ON c.id = d.case_id
    {} WHERE b.name = %(name)s AND b.place %% %(shares)s = %(share)s
"""
FLOOR = (
    "INSERT INTO cases_caseevent"
    " (case_id, seq, kind, actor_kind, at, due_at, payload, quiet, prev_hash, hash, recorded_at)"
    " SELECT c.id, c.version + 1, 'flagged', 'clock', now(), d.fire_at, %(payload)s::jsonb, false, c.last_hash,"
    " %(hash)s, now()" + SHARE.format("") + " ORDER BY d.fire_at",
    "INSERT INTO cases_stepfiring (deadline_id, step_id, due_at, fired_at, event_id)"
    " SELECT d.id, d.fire_step_id, d.fire_at, now(), e.id"
    + SHARE.format("JOIN cases_caseevent e ON e.case_id = c.id AND e.seq = c.version + 1"),
    "UPDATE cases_case t SET version = t.version + 1, last_hash = %(hash)s, updated_at = now(), due_at = d.due_at,"
    " overdue_since = d.due_at" + SHARE.format("") + " AND t.id = c.id",
    "UPDATE cases_deadline t SET fire_at = d.fire_at + interval '1 day', flagged_at = now()"
    + SHARE.format("")
    + " AND t.id = d.id",
)


def _climbs(people: crowd.Crowd, go: Go) -> float:
    """Escalations a second: they go through the same hands as a person's."""
    people.fall_due("climb", CLIMBS, JUST_NOW, action="escalate")
    seconds, steps = go()
    return sum(steps) / seconds


def _faults(people: crowd.Crowd) -> dict[str, int]:
    """What must not be: steps of the sweep that are missing or double, and histories that do not verify."""
    from cases.models import Case, StepFiring
    from cases.services.history import verify

    swept = "SELECT deadline_id FROM bench_due WHERE name IN ('sweep', 'climb')"
    rows = people.link.execute(
        "SELECT count(*) FILTER (WHERE n = 0), count(*) FILTER (WHERE n > 1) FROM ("
        f" SELECT b.deadline_id, count(f.id) AS n FROM ({swept}) b LEFT JOIN cases_stepfiring f"
        " ON f.deadline_id = b.deadline_id AND f.event_id IS NOT NULL GROUP BY 1) steps"
    ).fetchone()
    missing, double = rows or (0, 0)
    sample = StepFiring.objects.filter(deadline__in=[pk for (pk,) in people.link.execute(f"{swept} LIMIT 2000")])
    cases = Case.objects.filter(pk__in=sample.values("deadline__case"))
    return {"missing": missing, "double": double, "unverified": sum(1 for _ in verify(cases))}
