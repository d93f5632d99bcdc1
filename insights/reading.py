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

# Of a voice all cases are few, of a category they are many: the sum with nothing keeps PostgreSQL from that index
_REPEATS = f"""reporter_phone_hash <> '' AND category_id IS NOT NULL AND EXISTS (
    SELECT FROM cases_case before JOIN cases_caseevent ended ON ended.case_id = before.id
    WHERE before.reporter_phone_hash = cases_case.reporter_phone_hash AND before.reporter_phone_hash <> ''
        AND before.category_id + 0 = cases_case.category_id AND before.id <> cases_case.id
        AND ended.kind = 'closed' AND ended.at < cases_case.submitted_at
        AND ended.at > cases_case.submitted_at - interval '{REPEAT_DAYS} days')"""
ALL_REPEATS = f"""
    CREATE TEMP TABLE insights_repeats AS
    SELECT id FROM (
        SELECT id, ended, at, max(at) FILTER (WHERE ended) OVER (
            PARTITION BY voice, matter ORDER BY at, ended ROWS UNBOUNDED PRECEDING) AS last_ended
        FROM (
            SELECT id, reporter_phone_hash, category_id, submitted_at, FALSE FROM cases_case
            WHERE reporter_phone_hash <> '' AND category_id IS NOT NULL
            UNION ALL
            SELECT c.id, c.reporter_phone_hash, c.category_id, e.at, TRUE
            FROM cases_caseevent e JOIN cases_case c ON c.id = e.case_id
            WHERE e.kind = 'closed' AND c.reporter_phone_hash <> '' AND c.category_id IS NOT NULL
        ) AS line (id, voice, matter, at, ended)
    ) AS told WHERE NOT ended AND last_ended > at - interval '{REPEAT_DAYS} days'
"""  # noqa: S608  as above
"""The same of all cases at one go."""


def _cases(repeats: str) -> str:
    """The statement that reads cases. A repetition once found stays one: who spoke may have been erased since."""
    return f"""
        SELECT id, grid_path, category_id, channel, urgency, status, level, duty_unit_id, lead_unit_id, outcome,
            submitted_at, {repeats} OR EXISTS (
                SELECT FROM insights_fact found WHERE found.case_id = cases_case.id
                    AND found.anchor = {Anchor.ACCEPTED:d} AND found.marks & {REPEATED} <> 0
                    AND found.category_id + 0 = cases_case.category_id)
        FROM cases_case WHERE id = ANY(%s) ORDER BY id
    """  # noqa: S608  as above


CASES, CASES_OF_ALL = _cases(_REPEATS), _cases("id IN (SELECT id FROM insights_repeats)")
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


def find_repeats() -> None:
    """Finds the repetitions among all cases, for whoever is to read all of them: kept until the connection ends."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.insights_repeats")
        cursor.execute(ALL_REPEATS)
        cursor.execute("ALTER TABLE insights_repeats ADD PRIMARY KEY (id)")


def read_facts(
    case_ids: Collection[int], levels: dict[int, str], *, repeats_found: bool = False
) -> Iterator[tuple[CaseRow, list[FactRow]]]:
    """Each of these cases that exists, in the order of their keys, with its facts. `levels` as `unit_levels` has
    them; `repeats_found` where `find_repeats` has run on this connection."""
    keys = list(case_ids)
    events, clocks = _by_case(EVENTS, EventRow, keys, _SILENT), _by_case(CLOCKS, ClockRow, keys, _BESIDE)
    for row in _rows(CASES_OF_ALL if repeats_found else CASES, keys):
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
