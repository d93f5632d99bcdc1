"""What the sweep asks the database first: what time it is, what is due, and whether nobody else is at it.

The database's clock decides what is due, never the host's: hosts differ by minutes."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db import connection

LOOK = """
    SELECT clock_timestamp(),
        (SELECT fire_at FROM cases_deadline WHERE fire_at IS NOT NULL ORDER BY fire_at, id LIMIT 1)
"""
CLAIM = """
    SELECT d.id, d.case_id, d.fire_at FROM cases_deadline d JOIN cases_case c ON c.id = d.case_id
    WHERE d.fire_at <= %s ORDER BY d.fire_at, d.id LIMIT %s FOR UPDATE OF c SKIP LOCKED
"""


class Claimed(NamedTuple):
    """A deadline whose next step was due at `fire_at` when it was claimed."""

    id: int
    case_id: int
    fire_at: datetime


def look() -> tuple[datetime, datetime | None]:
    """The database's time, and when the next step of all is due. One statement without a lock: an idle sweep is this
    alone, and reads one entry of the index however many deadlines run."""
    with connection.cursor() as cursor:
        cursor.execute(LOOK)
        now, first = cursor.fetchone()
        return now, first


def claim(now: datetime, size: int) -> list[Claimed]:
    """Deadlines whose next step is due and whose case nobody else is working on, oldest first; the cases are locked."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [now, size])
        return [Claimed(*row) for row in cursor.fetchall()]
