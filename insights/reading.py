"""What facts are made of, read for many cases at once: a few statements however many they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any

from django.db import connection

from cases.calendars import calendar_of
from cases.services.clocks import BESIDE
from grids.models import Unit

from .choices import REPEATED, Anchor
from .facts import CaseRow, ClockRow, EventRow, FactRow, facts_of
from .triggers import COUNTS_NOTHING

REPEAT_DAYS = 90
"""So long after a closing the same matter of the same voice comes back."""

CASES = f"""
    SELECT id, grid_path, category_id, channel, urgency, status, level, duty_unit_id, lead_unit_id, outcome,
        submitted_at, reporter_phone_hash <> '' AND category_id IS NOT NULL AND EXISTS (
            SELECT FROM cases_case before JOIN cases_caseevent ended ON ended.case_id = before.id
            WHERE before.reporter_phone_hash = cases_case.reporter_phone_hash AND before.reporter_phone_hash <> ''
                AND before.category_id = cases_case.category_id AND before.id <> cases_case.id
                AND before.submitted_at < cases_case.submitted_at
                AND ended.kind = 'closed' AND ended.at <= cases_case.submitted_at
                AND ended.at > cases_case.submitted_at - interval '{REPEAT_DAYS} days'
        ) OR EXISTS ( -- found once: who spoke may have been erased since
            SELECT FROM insights_fact found WHERE found.case_id = cases_case.id AND found.anchor = {Anchor.ACCEPTED:d}
                AND found.marks & {REPEATED} <> 0 AND found.category_id = cases_case.category_id)
    FROM cases_case WHERE id = ANY(%s) ORDER BY id
"""  # noqa: S608  a number of our own
EVENTS = """
    SELECT case_id, kind, at, actor_kind, actor_unit_id,
        CASE WHEN kind IN ('dispatched', 'ruled') THEN (payload->>'lead')::bigint END,
        CASE WHEN kind = 'escalated' THEN (payload->>'from_unit')::bigint END,
        CASE WHEN kind = 'escalated' THEN (payload->>'to_unit')::bigint END,
        CASE WHEN kind = 'rated' THEN (payload->>'solved')::bool END,
        CASE kind WHEN 'rated' THEN payload->>'satisfaction' WHEN 'extension_decided' THEN payload->>'decision'
            WHEN 'unmerged' THEN payload->>'back_to' END,
        CASE WHEN kind = 'relocated' THEN payload->'units' END
    FROM cases_caseevent WHERE case_id = ANY(%s) AND kind <> ALL(%s) ORDER BY case_id, seq
"""
CLOCKS = """
    SELECT case_id, kind, unit_id, level, starts_at, due_at, state, flagged_at, ended_at
    FROM cases_deadline WHERE case_id = ANY(%s) AND assignment_id IS NULL AND order_id IS NULL AND kind <> ALL(%s)
    ORDER BY case_id, starts_at, id
"""
_SILENT = [kind.value for kind in COUNTS_NOTHING]
_BESIDE = sorted(kind.value for kind in BESIDE)


def read_facts(case_ids: Collection[int], levels: dict[int, str]) -> Iterator[tuple[CaseRow, list[FactRow]]]:
    """Each of these cases that exists, in the order of their keys, with its facts. `levels` as `unit_levels` has
    them."""
    keys = list(case_ids)
    events, clocks = _by_case(EVENTS, EventRow, keys, _SILENT), _by_case(CLOCKS, ClockRow, keys, _BESIDE)
    for row in _rows(CASES, keys):
        case = CaseRow(*row)
        calendar = calendar_of(case.grid_path)
        yield case, facts_of(case, clocks.get(case.id, ()), events.get(case.id, ()), calendar, levels)


def unit_levels() -> dict[int, str]:
    """The level of every unit's grid, of active units and of others."""
    return dict(Unit.objects.values_list("pk", "grid__level").order_by())


def _rows(query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


def _by_case(query: str, make: Any, *parameters: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for key, *row in _rows(query, *parameters):
        found[key].append(make(*row))
    return found
