"""How long a what-if takes over a whole city's history: the promises in force with a fifth less time, replayed."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bench.databases import say
from bench.load import DAYS

SHARE = 0.8
"""Of the time that is allowed now."""


def run(url: str, cases: int, *, fresh: bool = False) -> dict[str, Any]:
    """Loads the data set where it is missing, replays it, and says how quickly."""
    from bench.load import load

    load(url, cases, fresh=fresh)
    from django.utils import timezone

    from cases import policies
    from cases.deadlines import Counting
    from cases.models import Policy
    from cases.services.publishing import draft, promises_of
    from cases.services.simulation import ask_simulation, run_simulation

    promises = promises_of(Policy.objects.get(pk=policies.book().in_force("", timezone.now()).id))
    rows = tuple(
        row if row["counting"] == Counting.DAY else row | {"minutes": row["minutes"] * SHARE}
        for row in promises.allowances
    )
    policy = draft(replace(promises, name=f"{promises.name} × {SHARE:g}", allowances=rows))
    since = timezone.localdate() - timedelta(days=2 * DAYS)
    say("Replaying …")
    began = time.monotonic()
    simulation = run_simulation(ask_simulation(policy, since))
    seconds = time.monotonic() - began
    if simulation.error:
        raise RuntimeError(simulation.error)
    figures = {name: value for name, value in simulation.report.items() if isinstance(value, int)}
    return {
        "bench": "simulate",
        "seconds": round(seconds, 2),
        "throughput_per_s": round(figures["cases"] / seconds, 1),
        "rows_kept": simulation.rows.count(),
    } | figures
