"""What a batch reads: one statement each for clocks with their cases, for steps that have fired, and for pauses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any, cast

from django.db import connection

from cases.choices import DeadlineState
from cases.deadlines import Pause
from cases.models import Case, Deadline

from .light import LightCase, LightDeadline

RUNNING = """
    SELECT c.id, c.status, c.grid_path, c.version, c.last_hash, c.updated_at, c.urges, c.listed_at,
        c.lead_unit_id,
        d.id, d.kind, d.assignment_id, d.order_id, d.unit_id, d.level, d.allowance_id, d.starts_at, d.minutes,
        d.added_minutes, d.counting, d.due_at, d.state, d.flagged_at, d.fire_at, d.fire_step_id
    FROM cases_deadline d JOIN cases_case c ON c.id = d.case_id
    WHERE d.case_id = ANY(%s) AND d.state IN ('running', 'paused')
"""
OF_CASE = 9
FIRED = "SELECT deadline_id, step_id FROM cases_stepfiring WHERE deadline_id = ANY(%s)"
PAUSES = """
    SELECT deadline_id, starts_at, ends_at, reason FROM cases_adjustment
    WHERE deadline_id = ANY(%s) AND kind = 'pause' ORDER BY id
"""

Running = list[tuple[Case, list[Deadline]]]


def _rows(query: str, keys: Collection[int]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, [list(keys)])
        return cursor.fetchall()


def read_light(case_ids: Collection[int]) -> Running:
    """These cases with their running and paused clocks, as stand-ins."""
    found: dict[int, tuple[LightCase, list[LightDeadline]]] = {}
    for row in _rows(RUNNING, case_ids):
        if row[0] not in found:
            found[row[0]] = LightCase(*row[:OF_CASE]), []
        case, deadlines = found[row[0]]
        deadlines.append(LightDeadline(case, *row[OF_CASE:]))
    return cast(Running, list(found.values()))


def read_whole(case_ids: Collection[int]) -> Running:
    """The same as model objects."""
    states = (DeadlineState.RUNNING, DeadlineState.PAUSED)
    running: dict[int, list[Deadline]] = defaultdict(list)
    for deadline in Deadline.objects.filter(case__in=case_ids, state__in=states):
        running[deadline.case_id].append(deadline)
    found = [(case, running[case.pk]) for case in Case.objects.filter(pk__in=case_ids)]
    for case, deadlines in found:
        for deadline in deadlines:
            deadline.case = case
    return found


def read_fired(deadline_ids: Collection[int]) -> dict[int, list[int]]:
    """The steps of these deadlines that have fired."""
    fired: dict[int, list[int]] = defaultdict(list)
    for pk, step_id in _rows(FIRED, deadline_ids):
        fired[pk].append(step_id)
    return fired


def read_pauses(deadline_ids: Collection[int]) -> dict[int, list[Pause]]:
    """The pauses in the ledgers of these deadlines, oldest first."""
    pauses: dict[int, list[Pause]] = defaultdict(list)
    for pk, starts_at, ends_at, reason in _rows(PAUSES, deadline_ids):
        pauses[pk].append(Pause(starts_at, ends_at, reason))
    return pauses
