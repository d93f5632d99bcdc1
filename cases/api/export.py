"""The same list as a table for spreadsheets: streamed, without reporters, and nothing in it is a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from cases.choices import DeadlineState
from cases.models import Case, Deadline
from cases.services.clocks import explanation_in_words, is_beside
from grids import tree

from .serializers import category_ref

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Spreadsheets run what begins so; the wide forms too, where the locale is Chinese."""

PLAIN = ("number", "title", "text", "channel", "urgency", "status", "address", "level", "outcome", "reply")
MOMENTS = ("submitted_at", "accepted_at", "dispatched_at", "finished_at", "closed_at", "due_at", "overdue_since")
COUNTS = ("escalations", "returns", "redos", "reopens", "urges")
NAMES = ("category_code", "category", "grid_code", "grid", "duty_unit", "lead_unit")
COLUMNS = (*PLAIN, *NAMES, *MOMENTS, *COUNTS, "due_why")
NEEDED = ("id", *PLAIN, *MOMENTS, *COUNTS, "secret", "category_id", "grid_path", "duty_unit_id", "lead_unit_id")
CHUNK = 1000


class _Echo:
    """What csv writes to: hands the line back."""

    def write(self, line: str) -> str:
        return line


def lines(cases: QuerySet[Case]) -> Iterator[str]:
    """The cases as CSV; a server-side cursor bounds the memory."""
    return table(COLUMNS, _rows(cases))


def table(columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """CSV with a byte order mark, so that spreadsheets read Chinese."""
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(columns)
    for row in rows:
        yield writer.writerow([_cell(value) for value in row])


def _rows(cases: QuerySet[Case]) -> Iterator[Iterable[Any]]:
    for rows in _batched(cases.values(*NEEDED).iterator(chunk_size=CHUNK), CHUNK):
        why = _why_due(rows)
        for row in rows:
            yield (*_values(row), why.get(row["id"], ""))


def _batched(rows: Iterator[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    while batch := list(islice(rows, size)):
        yield batch


def _why_due(rows: Iterable[dict[str, Any]]) -> dict[int, str]:
    """For each case, the sentence of its next due clock: two queries, however many there are."""
    due = {row["id"]: row["due_at"] for row in rows if row["due_at"]}
    paths = {row["id"]: row["grid_path"] for row in rows}
    clocks = Deadline.objects.filter(case__in=due, state=DeadlineState.RUNNING)
    found = {}
    for clock in clocks.prefetch_related("adjustments"):
        if clock.due_at == due[clock.case_id] and not is_beside(clock):
            clock.case = Case(pk=clock.case_id, grid_path=paths[clock.case_id])
            found[clock.case_id] = explanation_in_words(clock)
    return found


def _values(row: dict[str, Any]) -> Iterator[Any]:
    if row["secret"]:  # their words may tell who they are
        row = row | {"title": "", "text": "", "address": ""}
    path = row["grid_path"]
    way = tree.way_to(path)
    category = category_ref(row["category_id"]) or {"code": "", "name": ""}
    yield from (row[name] for name in PLAIN)
    yield from (category["code"], category["name"])
    yield from (way[-1].code if way else "", " / ".join(slot.name for slot in way))
    for name in ("duty_unit_id", "lead_unit_id"):
        yield tree.unit_name(row[name], path) if row[name] else ""
    yield from (row[name] for name in (*MOMENTS, *COUNTS))


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(timespec="seconds")
    if isinstance(value, str):
        return f"'{value}" if value.lstrip(" ").startswith(FORMULA) else value
    return "" if value is None else value
