"""What lists at set times hold, for many people in one statement: what waits for them today, or how a week or month
went in what they see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from cases.choices import ASKED_OF_A_UNIT, OPEN, DeadlineKind, EventKind, Status
from cases.querysets import reaches
from grids.territory import Territory
from notifications.choices import Section

MOST_LISTED = 200
"""So many cases of a section are named: nobody reads more of a list."""
Contents = dict[int, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Span:
    """From the beginning up to, but without, the end."""

    starts: datetime
    ends: datetime


MINE = """
    WITH mine AS (
        SELECT duty_unit_id AS unit_id, id AS case_id FROM cases_case
        WHERE duty_unit_id = ANY(%(units)s) AND status = ANY(%(open)s)
        UNION
        SELECT unit_id, case_id FROM cases_assignment WHERE unit_id = ANY(%(units)s) AND ended_at IS NULL
        UNION
        SELECT unit_id, case_id FROM cases_deadline
        WHERE unit_id = ANY(%(units)s) AND state = 'running' AND kind = ANY(%(asked)s)
    )
    SELECT mine.unit_id, c.number, c.grid_path, c.unit_ids, own.due_at, own.starts_at,
        c.status = %(dispatched)s AND c.lead_unit_id = mine.unit_id
    FROM mine JOIN cases_case c ON c.id = mine.case_id
    CROSS JOIN LATERAL (
        SELECT min(due_at) AS due_at, max(starts_at) AS starts_at FROM cases_deadline d
        WHERE d.case_id = c.id AND d.unit_id = mine.unit_id AND d.state = 'running' AND d.kind <> %(rate)s
    ) own
    WHERE c.status = ANY(%(open)s) AND own.due_at IS NOT NULL
    ORDER BY own.due_at, c.id
"""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A case in which a unit owes something."""

    number: str
    grid_path: str
    unit_ids: list[int]
    due_at: datetime
    starts_at: datetime
    to_sign: bool

    def section(self, now: datetime, today_ends: datetime, new_since: datetime) -> Section | None:
        """The most urgent that it belongs to."""
        if self.due_at <= now:
            return Section.OVERDUE
        if self.due_at < today_ends:
            return Section.DUE_TODAY
        if self.to_sign:
            return Section.TO_SIGN
        return Section.NEW if self.starts_at >= new_since else None


def waiting_today(sight: Mapping[int, Territory], now: datetime, days: Mapping[int, Span]) -> Contents:
    """For each of these people the cases in which a unit of theirs owes something, by section. `days` says for each
    since when a case is new, and when their day ends. One query."""
    units = sorted({standing.unit_id for territory in sight.values() for standing in territory.standings})
    waiting = _waiting(units)
    contents: Contents = {}
    for user, territory in sight.items():
        contents[user] = _sections(waiting, territory, now, days[user])
    return contents


def _waiting(units: list[int]) -> dict[int, list[_Waiting]]:
    values: dict[str, Any] = {
        "units": units,
        "open": [status.value for status in OPEN if status != Status.SUSPENDED],
        "asked": [kind.value for kind in ASKED_OF_A_UNIT],
        "dispatched": Status.DISPATCHED.value,
        "rate": DeadlineKind.RATE.value,
    }
    found: dict[int, list[_Waiting]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(MINE, values)
        for unit, *said in cursor.fetchall():
            found[unit].append(_Waiting(*said))
    return found


def _sections(waiting: Mapping[int, list[_Waiting]], territory: Territory, now: datetime, day: Span) -> dict[str, Any]:
    """A case in which several things are owed stands once, by the first that is due."""
    mine: dict[str, _Waiting] = {}
    for standing in territory.standings:
        narrow = standing.path if standing.path != standing.unit_path else ""
        for case in waiting.get(standing.unit_id, ()):
            if case.grid_path.startswith(narrow) and reaches(territory, case):  # type: ignore[arg-type]  # both columns
                known = mine.get(case.number)
                mine[case.number] = case if known is None or case.due_at < known.due_at else known
    sections: dict[str, Any] = {}
    for case in sorted(mine.values(), key=lambda one: (one.due_at, one.number)):
        section = case.section(now, day.ends, day.starts)
        if section and len(sections.setdefault(section.value, [])) < MOST_LISTED:
            sections[section.value].append(case.number)
    return sections


WENT = """
    WITH reach AS MATERIALIZED (
        SELECT * FROM unnest(%(users)s::bigint[], %(paths)s::text[], %(units)s::bigint[]) AS t (user_id, path, unit_id)
    ), matter AS (
        SELECT id, true AS came, false AS closed, false AS late FROM cases_case
        WHERE submitted_at >= %(starts)s AND submitted_at < %(ends)s
        UNION ALL
        SELECT DISTINCT case_id, false, true, false FROM cases_caseevent
        WHERE kind = %(closed)s AND at >= %(starts)s AND at < %(ends)s
        UNION ALL
        SELECT id, false, false, true FROM cases_case WHERE status = ANY(%(waited_for)s) AND due_at <= %(now)s
    ), one AS MATERIALIZED (
        SELECT c.id, c.number, c.grid_path, c.unit_ids, c.due_at,
            bool_or(m.came) AS came, bool_or(m.closed) AS closed, bool_or(m.late) AS late
        FROM matter m JOIN cases_case c ON c.id = m.id WHERE c.grid_path LIKE %(city)s GROUP BY c.id
    ), seen AS (
        SELECT DISTINCT reach.user_id, one.id FROM reach JOIN one
            ON (reach.path <> '' AND starts_with(one.grid_path, reach.path)) OR reach.unit_id = ANY(one.unit_ids)
    )
    SELECT seen.user_id, count(*) FILTER (WHERE came), count(*) FILTER (WHERE closed), count(*) FILTER (WHERE late),
        (array_agg(number ORDER BY due_at, id) FILTER (WHERE late))[:%(most)s]
    FROM seen JOIN one USING (id) GROUP BY seen.user_id
"""
"""The same two conditions as `visible_to`: in a subtree of an authority, or ever assigned to one's unit."""


def how_it_went(sight: Mapping[int, Territory], city: str, period: Span, now: datetime) -> Contents:
    """For each of these people of a city (its tree path): what came in and was closed in a period, and what is late
    now. One query."""
    rows = [(user, path, 0) for user, territory in sight.items() for path in territory.paths]
    rows += [(user, "", unit) for user, territory in sight.items() for unit in territory.unit_ids]
    values: dict[str, Any] = {
        "users": [user for user, _path, _unit in rows],
        "paths": [path for _user, path, _unit in rows],
        "units": [unit for _user, _path, unit in rows],
        "starts": period.starts,
        "ends": period.ends,
        "now": now,
        "closed": EventKind.CLOSED.value,
        "waited_for": [s.value for s in OPEN if s not in (Status.FEEDBACK, Status.SUSPENDED)],
        "city": f"{city}%",
        "most": MOST_LISTED,
    }
    contents: Contents = {user: {} for user in sight}
    with connection.cursor() as cursor:
        cursor.execute(WENT, values)
        for user, came, closed, late, numbers in cursor.fetchall():
            contents[user] = {"figures": {"in": came, "closed": closed, "late": late}}
            if numbers:
                contents[user][Section.OVERDUE.value] = numbers
    return contents
