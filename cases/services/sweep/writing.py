"""Writes a batch that has fired: each table in one statement, however many steps, in the sweep's transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from cases.models import Case, CaseEvent, Deadline, StepFiring

from .batch import Batch

EVENT = (
    "id", "case_id", "seq", "kind", "actor_id", "actor_kind", "actor_unit_id", "at", "due_at", "payload", "quiet",
    "prev_hash", "hash", "recorded_at",
)  # fmt: skip
FIRING = ("deadline_id", "step_id", "due_at", "fired_at", "event_id")
NUMBERS = """
    SELECT nextval(pg_get_serial_sequence('cases_caseevent', 'id')), clock_timestamp() FROM generate_series(1, %s)
"""
CHANGED = {  # what a step may change, by table, with the types of the columns
    "cases_deadline": {
        "fire_at": "timestamptz",
        "fire_step_id": "bigint",
        "flagged_at": "timestamptz",
        "error": "text",
        "due_at": "timestamptz",
        "added_minutes": "float8",
        "state": "text",
        "ended_at": "timestamptz",
    },
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
    """Clocks, events, marks and cases, in this order: of a kind of clock only one may run, and a mark names its
    event. Raises what the database refuses."""
    fired_on = {firing.deadline.case_id for firing in batch.firings}
    changes = [change for pk, change in batch.changes.items() if pk in fired_on]
    touched, opened = [], []
    for change in changes:
        change.case.updated_at = change.at
        change.clocks.summarise()
        touched += change.clocks.touched
        opened += change.clocks.opened
    update("cases_deadline", touched)
    Deadline.objects.bulk_create(opened)
    add_events(batch.events)
    _add_firings(batch.firings)
    for change in changes:
        if change.case.pk in batch.whole:
            change.write_case()
    update("cases_case", [change.case for change in changes if change.case.pk not in batch.whole])


def update(table: str, rows: Sequence[Case | Deadline]) -> None:
    """Writes the columns that steps may change, of all rows at once."""
    if not rows:
        return
    types = CHANGED[table]
    sets = ", ".join(f"{name} = v.{name}" for name in types)
    arrays = ", ".join(f"%s::{type_}[]" for type_ in ("bigint", *types.values()))
    names = ", ".join(("id", *types))
    columns = [[getattr(row, name) for row in rows] for name in ("pk", *types)]
    with connection.cursor() as cursor:
        query = f"UPDATE {table} t SET {sets} FROM unnest({arrays}) AS v ({names}) WHERE t.id = v.id"  # noqa: S608
        cursor.execute(query, columns)


def add_events(events: Sequence[CaseEvent]) -> None:
    """Lines of history with numbers in this order, which is the order in which they were due."""
    if not events:
        return
    with connection.cursor() as cursor:
        cursor.execute(NUMBERS, [len(events)])
        for event, (number, moment) in zip(events, cursor.fetchall(), strict=True):
            event.pk, event.recorded_at = number, moment
    copy("cases_caseevent", EVENT, map(_event_row, events))


def _event_row(event: CaseEvent) -> list[Any]:
    row = [getattr(event, name) for name in EVENT]
    row[EVENT.index("payload")] = json.dumps(event.payload)
    return row


def _add_firings(firings: Sequence[StepFiring]) -> None:
    rows = ((f.deadline_id, f.step_id, f.due_at, f.fired_at, f.event.pk if f.event else None) for f in firings)
    copy("cases_stepfiring", FIRING, rows)


def copy(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Adds rows by COPY, which fires triggers and checks keys like any INSERT."""
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as pipe:
        for row in rows:
            pipe.write_row(row)
