"""The ledger as an Excel workbook, a row at a time, with bounded memory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from cases.models import Case

from .columns import COLUMNS
from .rows import CHUNK, Labels, rows_of
from .texts import is_formula

ROWS_PER_SHEET = 1_000_000
"""Excel has 1,048,576; further cases stand on further sheets."""
LONGEST_CELL = 32_767
OPTIONS = {
    "constant_memory": True,
    # What somebody typed is text: never a formula, a link or a number that loses its zeroes
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def write_workbook(path: Path, cases: QuerySet[Case], *, progress: Callable[[int], None] | None = None) -> int:
    """Writes the cases in their order, headed in the active language; how many there were.

    `path` must not be there yet: its folder also holds what is written on the way. `progress` is told every CHUNK rows.
    """
    with xlsxwriter.Workbook(str(path), OPTIONS | {"tmpdir": str(path.parent)}) as book:
        book.use_zip64()
        ledger = _Ledger(book)
        for values in rows_of(cases):
            ledger.add(values)
            if progress is not None and ledger.count % CHUNK == 0:
                progress(ledger.count)
        ledger.finish()
    return ledger.count


class _Ledger:
    """Sheets that are begun as they are needed."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self.count = self.row = 0
        self._labels = Labels()
        self._head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E8EEF9"})
        self._moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        # Excel keeps it a text also when somebody edits the cell, or saves the sheet as CSV
        self._quoted = book.add_format({"quote_prefix": True})
        self._begin()

    def _begin(self) -> None:
        number = len(self.book.worksheets())
        self.sheet = self.book.add_worksheet(_("Cases") if number == 0 else f"{_('Cases')} {number + 1}")
        self.sheet.freeze_panes(1, 1)
        for place, column in enumerate(COLUMNS):
            self.sheet.set_column(place, place, column.width)
            self.sheet.write_string(0, place, str(column.label), self._head)
        self.row = 0

    def add(self, values: list[Any]) -> None:
        if self.row == ROWS_PER_SHEET:
            self.finish()
            self._begin()
        self.row += 1
        self.count += 1
        for place, value in enumerate(self._labels.put_in(values)):
            self._write(place, value)

    def _write(self, place: int, value: Any) -> None:
        if isinstance(value, datetime):  # Excel knows no time zones: local time of the city
            self.sheet.write_datetime(self.row, place, value.replace(tzinfo=None), self._moment)
        elif isinstance(value, int):
            self.sheet.write_number(self.row, place, value)
        elif value:
            text = str(value)[:LONGEST_CELL]
            self.sheet.write_string(self.row, place, text, self._quoted if is_formula(text) else None)

    def finish(self) -> None:
        self.sheet.autofilter(0, 0, self.row, len(COLUMNS) - 1)
