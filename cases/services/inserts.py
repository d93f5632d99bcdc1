"""Statements that are made once and prepared by PostgreSQL: making the SQL of an INSERT anew for each row, as Django
does, costs more than writing the row."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache
from itertools import count, groupby
from operator import attrgetter
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import JSONField, Model
from psycopg import RawCursor
from psycopg.types.json import Jsonb
from psycopg.types.numeric import Int8Dumper


def send(statement: str, *parameters: Any) -> CursorWrapper:
    """Runs a statement with places `$1`, `$2`, …, which PostgreSQL prepares once for each connection; the cursor has
    its rows. Documents are given as `Jsonb`. Raises what the database refuses."""
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    raw: Any = _Cursor(connection.connection)
    cursor = connection.make_debug_cursor(raw) if connection.queries_logged else connection.make_cursor(raw)
    cursor.execute(statement, parameters)
    return cursor


def insert(*rows: Model) -> None:
    """Adds new rows, of several tables where need be, by one statement: all of them or none. Rows of one table stand
    together and are numbered in this order; a key that the database draws stays unknown here.

    Triggers fire and constraints hold as ever. Raises what the database refuses; a transaction that is open then stands
    as before.
    """
    columns = [_columns(type(row), row.pk is None) for row in rows]
    parameters = [value for row, brings in zip(rows, columns, strict=True) for value in brings.of(row)]
    with _whole():
        send(_insert(tuple(columns)), *parameters)
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def _whole() -> AbstractContextManager[Any]:
    """A statement is a transaction of its own where none is open."""
    return transaction.atomic() if connection.in_atomic_block else nullcontext()


class _Cursor(RawCursor[Any]):
    """All whole numbers go as one type: by their size, as the driver has it, each size would be prepared anew."""

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self.adapters.register_dumper(int, Int8Dumper)

    def _convert_query(self, query: Any, params: Any = None) -> Any:
        self._query = super()._convert_query(query, params)  # where Django looks for what it logs
        return self._query


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    """What a new row of a table brings."""

    table: str
    names: tuple[str, ...]
    values: Callable[[Any], tuple[Any, ...]]
    documents: tuple[int, ...]
    stamped: tuple[Any, ...]

    def of(self, row: Model) -> list[Any]:
        for field in self.stamped:
            field.pre_save(row, add=True)
        values = list(self.values(row))
        for place in self.documents:
            values[place] = Jsonb(values[place])
        return values


@cache
def _columns(model: type[Model], draws_key: bool) -> _Columns:
    fields = [field for field in model._meta.concrete_fields if not (draws_key and field.primary_key)]
    return _Columns(
        table=model._meta.db_table,
        names=tuple(str(field.column) for field in fields),
        values=attrgetter(*(field.attname for field in fields)),
        documents=tuple(place for place, field in enumerate(fields) if isinstance(field, JSONField)),
        stamped=tuple(field for field in fields if getattr(field, "auto_now_add", False)),
    )


@cache
def _insert(rows: tuple[_Columns, ...]) -> str:
    """One INSERT for each table; PostgreSQL takes several as one statement."""
    numbers = count(1)
    inserts = []
    for columns, some in groupby(rows):
        places = ", ".join(f"({', '.join(f'${next(numbers)}' for _ in columns.names)})" for _ in some)
        inserts.append(f"INSERT INTO {columns.table} ({', '.join(columns.names)}) VALUES {places}")  # noqa: S608  the models' own names
    *first, last = inserts
    before = ", ".join(f"part{number} AS ({part})" for number, part in enumerate(first))
    return f"WITH {before} {last}" if before else last
