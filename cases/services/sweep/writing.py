"""Writes a batch that has fired: each table in one statement, however many steps, in the sweep's transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from cases.models import Case, CaseEvent, Deadline

from .batch import Batch, Firing

EVENT = (
    "id", "case_id", "seq", "kind", "actor_id", "actor_kind", "actor_unit_id", "at", "due_at", "payload", "quiet",
    "prev_hash", "hash", "recorded_at",
)  # fmt: skip
FIRING = ("deadline_id", "step_id", "due_at", "fired_at", "event_id")
NUMBERS = "SELECT nextval(pg_get_serial_sequence('cases_caseevent', 'id')) FROM generate_series(1, %s)"
CHANGED = {  # what a simple step may change, by table, with the types of the columns
    "cases_deadline": {"fire_at": "timestamptz", "fire_step_id": "bigint", "flagged_at": "timestamptz"},
    "cases_case": {
        "version": "int",
        "last_hash": "text",
        "updated_at": "timestamptz",
        "due_at": "timestamptz",
        "overdue_since": "timestamptz",
        "urges": "int",
        "listed_at": "timestamptz",
    },
}


def write(batch: Batch) -> None:
    """Clocks, events, marks and cases, in this order: a mark names its event, and a case says last what holds now.
    Raises what the database refuses."""
    fired_on = {batch.deadlines[firing.deadline_id].case_id for firing in batch.firings}
    simple = [change for pk, change in batch.changes.items() if pk in fired_on - batch.whole]
    whole = [change for pk, change in batch.changes.items() if pk in fired_on & batch.whole]
    for change in simple:
        change.clocks.summarise()
    for change in whole:
        change.clocks.write()
    for change in (*simple, *whole):
        change.case.updated_at = change.at
    _update("cases_deadline", [deadline for change in simple for deadline in change.clocks.touched])
    _add_events(batch.events)
    _add_firings(batch.firings)
    _update("cases_case", [change.case for change in simple])
    for change in whole:
        change.write_case()


def _update(table: str, rows: Sequence[Case] | Sequence[Deadline]) -> None:
    """Writes the columns that simple steps may change, of all rows at once."""
    if not rows:
        return
    types = CHANGED[table]
    sets = ", ".join(f"{name} = v.{name}" for name in types)
    arrays = ", ".join(f"%s::{type_}[]" for type_ in ("bigint", *types.values()))
    names = ", ".join(("id", *types))
    columns = [_array([getattr(row, name) for row in rows]) for name in ("pk", *types)]
    query = f"UPDATE {table} t SET {sets} FROM unnest({arrays}) AS v ({names}) WHERE t.id = v.id"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query, columns)


def _array(values: Iterable[int | str | datetime | None]) -> str:
    """An array as PostgreSQL writes it, of numbers, moments and hashes: nothing that would need quoting. The driver's
    own way takes five times as long."""
    words = ("NULL" if v is None else v.isoformat() if isinstance(v, datetime) else str(v) for v in values)
    return "{" + ",".join(words) + "}"


def _add_events(events: Sequence[CaseEvent]) -> None:
    """Lines of history with numbers in this order, which is the order in which they were due."""
    if not events:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (recorded_at,) = cursor.fetchone()
        cursor.execute(NUMBERS, [len(events)])
        for event, (number,) in zip(events, cursor.fetchall(), strict=True):
            event.pk = number
    _copy("cases_caseevent", EVENT, (_event_row(event, recorded_at) for event in events))


def _event_row(e: CaseEvent, recorded_at: datetime) -> tuple[Any, ...]:
    return (
        e.pk, e.case_id, e.seq, e.kind, e.actor_id, e.actor_kind, e.actor_unit_id, e.at, e.due_at,
        json.dumps(e.payload), e.quiet, e.prev_hash, e.hash, recorded_at,
    )  # fmt: skip


def _add_firings(firings: Sequence[Firing]) -> None:
    rows = ((f.deadline_id, f.step_id, f.due_at, f.fired_at, f.event.pk if f.event else None) for f in firings)
    _copy("cases_stepfiring", FIRING, rows)


def _copy(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Adds rows by COPY, which fires triggers and checks keys like any INSERT."""
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as pipe:
        for row in rows:
            pipe.write_row(row)
