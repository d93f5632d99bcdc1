"""Statements of hot paths, whose SQL the ORM makes once for the life of the process: afterwards only values change.
And rows of other tables that come along with a row, so that all of it is one statement."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Generic, TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connections
from django.db.models import DateTimeField, FloatField, Func, JSONField, Model, QuerySet

M = TypeVar("M", bound=Model)


class Statement:
    """A query set that differs from one call to the next by values alone.

    `make` gets a stand-in for each of `kinds` (str or date) by name and answers a `values_list`. It must not look at
    the values that it is given.
    """

    def __init__(self, make: Callable[..., QuerySet[Any, Any]], **kinds: type[str] | type[date]) -> None:
        self._make = make
        self._marks = {
            name: f"\x01{name}" if kind is str else date.min + timedelta(days=n)
            for n, (name, kind) in enumerate(kinds.items())
        }
        self._kept: tuple[str, str, list[Any]] | None = None

    def rows(self, **values: Any) -> list[tuple[Any, ...]]:
        """The rows as the driver reads them: JSON is text still."""
        alias, sql, arguments = self._kept or self._compile()
        with connections[alias].cursor() as cursor:
            cursor.execute(sql, [values[x.name] if isinstance(x, _Named) else x for x in arguments])
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows

    def _compile(self) -> tuple[str, str, list[Any]]:
        queryset = self._make(**self._marks)
        sql, given = queryset.query.get_compiler(using=queryset.db).as_sql()
        named = {mark: _Named(name) for name, mark in self._marks.items()}
        self._kept = queryset.db, sql, [named.get(value, value) for value in given]
        return self._kept


class _Named:
    """The place of a value among a statement's arguments."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


def as_json(rows: QuerySet[Any, Any], *columns: Any) -> Func:
    """These columns of the rows of a subquery, as one JSON list of lists."""
    each = Func(*columns, function="JSONB_BUILD_ARRAY", output_field=JSONField())
    return Func(ArraySubquery(rows.values(json=each)), function="TO_JSONB", output_field=JSONField())


class Rows(Generic[M]):
    """Rows of a model that come along with another row, each with some further `columns`."""

    def __init__(self, model: type[M], *columns: Any, without: Iterable[str] = ()) -> None:
        fields = [field for field in model._meta.concrete_fields if field.attname not in without]
        self._model = model
        self._names = [field.attname for field in fields]
        self._columns = columns
        self._moments = [n for n, field in enumerate(fields) if isinstance(field, DateTimeField)]
        self._floats = [n for n, field in enumerate(fields) if isinstance(field, FloatField)]

    def asked(self, rows: QuerySet[M]) -> Func:
        """The expression that reads them; `rows` is filtered by a column of the outer query."""
        return as_json(rows, *self._names, *self._columns)

    def read(self, text: str, alias: str = "default") -> list[tuple[M, Sequence[Any]]]:
        """The rows that came, as objects, each with the values of the further columns."""
        return [self._row(values, alias) for values in json.loads(text)]

    def _row(self, values: list[Any], alias: str) -> tuple[M, Sequence[Any]]:
        for n in self._moments:
            if values[n] is not None:
                values[n] = datetime.fromisoformat(values[n])
        for n in self._floats:
            if values[n] is not None:
                values[n] = float(values[n])
        own = len(self._names)
        return self._model.from_db(alias, self._names, values[:own]), values[own:]
