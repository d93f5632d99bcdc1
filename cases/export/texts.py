"""Tables as CSV for spreadsheets and programs: nothing in it is run as a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Spreadsheets run what begins so; the wide forms too, where the locale is Chinese."""


class _Echo:
    """What csv writes to: hands the line back."""

    def write(self, line: str) -> str:
        return line


def csv_lines(columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """CSV with a byte order mark, so that spreadsheets read Chinese."""
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(columns)
    for row in rows:
        yield writer.writerow([_cell(value) for value in row])


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        # As it comes from the database it has no city's zone yet
        return (timezone.localtime(value) if value.tzinfo is UTC else value).isoformat(timespec="seconds")
    if isinstance(value, str):
        return f"'{value}" if is_formula(value) else value
    return "" if value is None else value


def is_formula(text: str) -> bool:
    """Whether a spreadsheet that opens this as CSV would run it."""
    return text.lstrip(" ").startswith(FORMULA)
