"""Runs a what-if: streams the clocks, replays them, counts by level and unit, and keeps the clocks behind every
figure."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections import defaultdict
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from cases import policies
from cases.choices import StepAction
from cases.deadlines import DayRule
from cases.models import Simulation
from grids import tree

from .reading import KINDS, LEVELS, Rows, real_clocks
from .replaying import NEVER, Ints, Outcome, Replay

logger = logging.getLogger(__name__)

FIGURES = (
    "clocks", "late_before", "late_after", "reminded_before", "reminded_after", "escalated_before", "escalated_after",
    "arriving_before", "arriving_after",
)  # fmt: skip
"""What is counted of each level and unit: clocks that ran there, and cases that came to it from below."""

KEPT = (
    "simulation_id", "deadline_id", "case_id", "unit_id", "above_id", "kind", "level", "due_at", "late_before",
    "late_after", "reminded_before", "reminded_after", "escalated_before", "escalated_after",
)  # fmt: skip


KEEP = f"COPY cases_simulateddeadline ({', '.join(KEPT)}) FROM STDIN"


def run_queued() -> int:
    """Runs the what-ifs that wait, one after the other; how many. Several at once are harmless."""
    done = 0
    while _run_next(Simulation.objects.all()):
        done += 1
    return done


def run_simulation(simulation: Simulation) -> Simulation:
    """Computes a what-if that was asked for, unless somebody does or has: its report and the clocks behind it are
    there together or not at all. One that fails says why in `error`."""
    _run_next(Simulation.objects.filter(pk=simulation.pk))
    return Simulation.objects.get(pk=simulation.pk)


@transaction.atomic
def _run_next(some: QuerySet[Simulation]) -> bool:
    """Holds the row while it computes: if the process dies, the database itself gives it back to the queue."""
    waiting = some.filter(state=Simulation.State.QUEUED).select_for_update(of=("self",), skip_locked=True)
    simulation = waiting.order_by("id").first()
    if simulation is None:
        return False
    try:
        with transaction.atomic():
            simulation.report = _computed(simulation)
        simulation.state = Simulation.State.DONE
    except Exception as error:  # the asker is told, the next in the queue still gets its turn
        logger.exception("what-if %s failed", simulation.pk)
        simulation.state, simulation.error = Simulation.State.FAILED, f"{type(error).__name__}: {error}"[:2000]
    simulation.finished_at = timezone.now()
    simulation.save(update_fields=["report", "state", "error", "finished_at"])
    return True


def _computed(simulation: Simulation) -> dict[str, Any]:
    began = time.monotonic()
    book = policies.book_with(simulation.policy, simulation.asked_at)
    rules = [DayRule(dt.date.fromisoformat(d["date"]), d["kind"], d["name"]) for d in simulation.days]
    replay = Replay(book, simulation.policy_id, {rule.date: rule for rule in rules})
    tally = Tally(simulation, book)
    since = timezone.make_aware(datetime.combine(simulation.since, dt.time()))
    path = simulation.grid.path if simulation.grid else ""
    for rows in real_clocks(since, simulation.until, path):
        tally.count(rows, replay.outcome(rows))
    return tally.report() | {"seconds": round(time.monotonic() - began, 2)}


class Tally:
    """Figures by level and unit; the rows behind them go into the database as they come."""

    def __init__(self, simulation: Simulation, book: policies.PolicyBook) -> None:
        self.simulation = simulation
        self.totals: dict[tuple[str, int], dict[str, int]] = defaultdict(lambda: dict.fromkeys(FIGURES, 0))
        self._seen: set[int] = set()
        self._above: dict[int, int] = {}
        flagging = [a.id for a in book.allowances.values() if any(s.action == StepAction.FLAG for s in a.steps)]
        self._flagging = np.array(sorted(flagging), dtype=np.int64)

    def count(self, rows: Rows, made: Outcome) -> None:
        """Adds some clocks."""
        made.escalated &= rows["beside"] == 0  # somebody else's lateness: the case does not leave its lead for that
        own_flag = np.isin(rows["allowance"], self._flagging)
        before = {
            "late": (rows["flagged"] == 1) | ((rows["missed"] == 1) & own_flag),
            "reminded": rows["reminded"].astype(np.int64),
            "escalated": rows["escalated"] > 0,
        }
        after = {"late": made.late, "reminded": made.reminded, "escalated": made.escalated}
        figures: dict[str, Any] = {"clocks": np.ones(len(rows), dtype=np.int64)}
        for name in before:
            figures |= {f"{name}_before": before[name], f"{name}_after": after[name]}
        self._seen.update(np.unique(rows["case"]).tolist())
        units, levels = rows["unit"].astype(np.int64), rows["level"].astype(np.int64)
        above = self._units_above(units)
        self._add("unit", units, figures)
        self._add("level", levels, figures)
        self._add_arrivals(above, before["escalated"], after["escalated"])
        self._keep(rows, made, figures, above)

    def _add(self, sort: str, keys: Ints, figures: dict[str, Any]) -> None:
        different, which = np.unique(keys, return_inverse=True)
        for name, values in figures.items():
            sums = np.bincount(which.reshape(-1), weights=values)
            for key, total in zip(different.tolist(), sums.tolist(), strict=True):
                self.totals[sort, key][name] += int(total)

    def _units_above(self, units: Ints) -> Ints:
        different, which = np.unique(units, return_inverse=True)
        for unit_id in different.tolist():
            if unit_id not in self._above:
                unit = tree.unit(unit_id) if unit_id else None
                above = tree.authority_above(unit.path) if unit else None
                self._above[unit_id] = above.id if above else 0
        return np.array([self._above[unit_id] for unit_id in different.tolist()], dtype=np.int64)[which.reshape(-1)]

    def _add_arrivals(self, above: Ints, before: Any, after: Any) -> None:
        for name, climbed in (("arriving_before", before), ("arriving_after", after)):
            for unit_id, number in zip(*np.unique(above[climbed], return_counts=True), strict=True):
                unit = tree.unit(int(unit_id)) if unit_id else None
                if unit is not None:
                    self.totals["unit", unit.id][name] += int(number)
                    self.totals["level", LEVELS.index(unit.level) + 1][name] += int(number)

    def _keep(self, rows: Rows, made: Outcome, figures: dict[str, Any], above: Ints) -> None:
        """Writes the clocks that any figure counts."""
        counted = np.zeros(len(rows), dtype=bool)
        for name, values in figures.items():
            if name != "clocks":
                counted |= values > 0
        at = np.flatnonzero(counted)
        climbed = (figures["escalated_before"] | figures["escalated_after"])[at]
        kinds, levels = np.array(["", *KINDS]), np.array(["", *LEVELS])
        columns = [
            np.full(len(at), self.simulation.pk),
            rows["id"][at], rows["case"][at],
            _or_null(rows["unit"][at]), _or_null(np.where(climbed, above[at], 0)),
            kinds[rows["kind"][at]], levels[rows["level"][at]],
            _moments(np.where(made.due[at] == NEVER, rows["due"][at], made.due[at])),
        ]  # fmt: skip
        columns += [figures[name][at].astype(np.int64) for name in KEPT[8:]]
        lines = ["\t".join(map(str, line)) for line in zip(*(c.tolist() for c in columns), strict=True)]
        with connection.cursor() as cursor, cursor.copy(KEEP) as copy:
            copy.write("\n".join([*lines, ""]))

    def report(self) -> dict[str, Any]:
        """Sums, figures by level from the city down, and by unit."""
        levels = [
            {"level": LEVELS[key - 1]} | figures
            for (sort, key), figures in sorted(self.totals.items())
            if sort == "level"
        ]
        units = [self._unit(key) | figures for (sort, key), figures in sorted(self.totals.items()) if sort == "unit"]
        total = dict.fromkeys(FIGURES, 0)
        for (sort, _key), figures in self.totals.items():
            if sort == "level":
                total |= {name: total[name] + figures[name] for name in FIGURES}
        return {"cases": len(self._seen)} | total | {"levels": levels, "units": units}

    @staticmethod
    def _unit(unit_id: int) -> dict[str, Any]:
        unit = tree.unit(unit_id) if unit_id else None
        return {"unit": unit_id or None, "name": unit.name if unit else "", "level": unit.level if unit else ""}


def _or_null(keys: Any) -> Any:
    return np.where(keys == 0, "\\N", keys.astype(np.int64).astype(str))


def _moments(micros: Any) -> Any:
    texts = np.datetime_as_string(micros.astype(np.int64).astype("datetime64[us]"))
    return np.char.add(texts, "Z")
