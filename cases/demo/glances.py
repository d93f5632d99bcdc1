"""What living through a month asks thousands of times, in plain SQL: composing the queries would cost more than
answering them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from cases.deadlines import Counting


@dataclass(frozen=True, slots=True)
class RunningClock:
    """A deadline's start, allowance (minutes) and how they are counted."""

    starts_at: datetime
    minutes: float
    counting: Counting


def _row(sql: str, values: list[Any]) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row


def running_clock(case_id: int, kind: str) -> RunningClock | None:
    """The running deadline of this kind, if the case has one."""
    sql = "SELECT starts_at, minutes, counting FROM cases_deadline WHERE case_id = %s AND kind = %s AND state = %s"
    row = _row(sql, [case_id, kind, "running"])
    return RunningClock(row[0], row[1], Counting(row[2])) if row else None


def owing_co_handler(case_id: int) -> tuple[int, bool] | None:
    """The first co-handler whose part is open, and whether it has reported in."""
    sql = """
        SELECT unit_id, reported_in_at IS NOT NULL FROM cases_assignment
        WHERE case_id = %s AND part = 'co' AND ended_at IS NULL AND reported_at IS NULL AND waived_at IS NULL
        ORDER BY id LIMIT 1
    """
    row = _row(sql, [case_id])
    return (row[0], row[1]) if row else None


def next_due(after: datetime, until: datetime) -> datetime | None:
    """When the first step of any ladder is due after one moment and up to another."""
    row = _row("SELECT min(fire_at) FROM cases_deadline WHERE fire_at > %s AND fire_at <= %s", [after, until])
    return row[0] if row else None


def standing_of(case_id: int) -> tuple[str, int | None, int]:
    """Status, unit on duty and escalations of a case as they are now. Raises LookupError where there is none."""
    row = _row("SELECT status, duty_unit_id, escalations FROM cases_case WHERE id = %s", [case_id])
    if row is None:
        raise LookupError(f"no case has the id {case_id}")
    return row
