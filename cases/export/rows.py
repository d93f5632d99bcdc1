"""The values of the ledger, case by case: bounded memory and a constant number of statements for each thousand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from cases import categories
from cases.calendars import calendar_of
from cases.choices import DeadlineState
from cases.models import Case, Deadline
from cases.services.clocks import explanation_in_words, is_beside
from grids import tree

from .columns import COLUMNS, COUNTS, HIDDEN_OF_SECRET, MOMENTS, PLAIN

CHUNK = 1000
FIELDS = [column.name for column in (*PLAIN, *MOMENTS, *COUNTS)]
NEEDED = ("id", *FIELDS, "secret", "category_id", "grid_path", "duty_unit_id", "lead_unit_id")


def rows_of(cases: QuerySet[Case]) -> Iterator[list[Any]]:
    """The values of each case in the order of COLUMNS. Moments are in the time zone of the case's city."""
    for rows in _batched(cases.values(*NEEDED).iterator(chunk_size=CHUNK), CHUNK):
        why = _why_due(rows)
        for row in rows:
            yield _values(row, why.get(row["id"], ""))


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


def _values(row: dict[str, Any], due_why: str) -> list[Any]:
    path = row["grid_path"]
    way, zone = tree.way_to(path), calendar_of(path).zone
    category = categories.book().by_id.get(row["category_id"])
    values = {name: row[name] for name in FIELDS}
    values |= dict.fromkeys(HIDDEN_OF_SECRET, "") if row["secret"] else {}
    values |= {
        "category_code": category.code if category else "",
        "category": category.name if category else "",
        "grid_code": way[-1].code if way else "",
        "grid": " / ".join(slot.name for slot in way),
        "duty_unit": tree.unit_name(row["duty_unit_id"], path) if row["duty_unit_id"] else "",
        "lead_unit": tree.unit_name(row["lead_unit_id"], path) if row["lead_unit_id"] else "",
        "due_why": due_why,
    }
    for column in MOMENTS:
        moment: datetime | None = values[column.name]
        values[column.name] = moment.astimezone(zone) if moment else None
    return [values[column.name] for column in COLUMNS]


class Labels:
    """The words of closed lists in the language of the moment."""

    def __init__(self) -> None:
        self._words = [
            {value: str(label) for value, label in column.words.items()} if column.words else None for column in COLUMNS
        ]

    def put_in(self, values: list[Any]) -> list[Any]:
        """A row with labels in the place of words for programs."""
        return [words.get(value, value) if words else value for words, value in zip(self._words, values, strict=True)]
