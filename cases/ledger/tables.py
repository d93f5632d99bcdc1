"""A file as a table, row by row: Excel workbooks and CSV in the encodings that offices use, with the header
wherever it stands in the first rows. Nothing here knows what a column means."""

from __future__ import annotations

import csv
import difflib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO
from zipfile import BadZipFile

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from cases.errors import BadInput
from grids.divisions import BadFile, measure

DELIMITERS = ",\t;|"
HEADER_WITHIN = 10
"""Hotline systems print a title and the period above the header; it is looked for in so many rows."""

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `line` as a person counts them, `values` in the file's order; `fault` says why it is none."""

    line: int
    values: list[Any]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """An open file. `last_line` is where it ends, None where the file does not say; `unread` are the workbook's other
    sheets."""

    header: list[str]
    rows: Iterator[Row]
    last_line: int | None
    unread: tuple[str, ...] = ()


@contextmanager
def open_table(
    path: Path, needed: Collection[str], sheet: str = "", headings: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Table]:
    """The table in an .xlsx or CSV file, whose header has the `needed` columns; `sheet` names one of a workbook's.
    A column that is headed otherwise has the name that `headings` gives it.

    Raises BadInput that names what is wrong with the file and what would be right.
    """
    if not path.is_file():
        raise BadInput(file=_("%(path)s: no such file") % {"path": path})
    with path.open("rb") as file:
        magic = file.read(4)
        if magic == OLE:
            raise BadInput(file=_("an old .xls workbook, or one with a password: save it as .xlsx or CSV without one"))
        if magic == ZIP:
            file.seek(0)
            yield from _excel(file, _Wanted(needed, headings), sheet)
            return
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        raise BadInput(file=_("is called .xlsx, but is no Excel workbook: save it anew from Excel, or as CSV"))
    yield from _csv(path, _Wanted(needed, headings))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The columns that a header must have, and how else they may be headed."""

    needed: Collection[str]
    headings: Mapping[str, str]

    def names_in(self, row: Row) -> list[str]:
        texts = (str(value).strip() if value is not None else "" for value in row.values)
        return [self.headings.get(text, text) for text in texts]

    def found_in(self, row: Row) -> int:
        return len(set(self.needed) & set(self.names_in(row)))


def _excel(file: BinaryIO, wanted: _Wanted, sheet: str) -> Iterator[Table]:
    try:
        book = load_workbook(file, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError, SyntaxError) as error:
        raise BadInput(file=_("is no Excel workbook that can be read (%(error)s)") % {"error": error}) from None
    try:
        if sheet and sheet not in book.sheetnames:
            raise BadInput(sheet=_("one of %(names)s, not “%(sheet)s”") % _names(book.sheetnames, sheet))
        page = book[sheet] if sheet else book.worksheets[0]
        last_line = page.max_row
        page.reset_dimensions()  # some programs write wrong ones, and columns beyond them would be lost
        rows = (Row(line, list(values)) for line, values in enumerate(page.iter_rows(values_only=True), 1))
        unread = tuple(name for name in book.sheetnames if name != page.title)
        yield replace(_table(rows, wanted, last_line), unread=unread)
    finally:
        book.close()


def _names(names: list[str], sheet: str) -> dict[str, str]:
    return {"names": ", ".join(names), "sheet": sheet}


def _csv(path: Path, wanted: _Wanted) -> Iterator[Table]:
    try:
        encoding, lines = measure(path)
    except BadFile as error:
        raise BadInput(file=error) from None
    delimiter = _delimiter(path, encoding, wanted)
    with path.open(encoding=encoding, newline="") as file:
        yield _table(_csv_rows(csv.reader(file, delimiter=delimiter, strict=True)), wanted, lines)


def _delimiter(path: Path, encoding: str, wanted: _Wanted) -> str:
    """The one under which some of the first rows has most of the columns."""

    def found(delimiter: str) -> int:
        with path.open(encoding=encoding, newline="") as file:
            rows = islice(_csv_rows(csv.reader(file, delimiter=delimiter, strict=True)), HEADER_WITHIN)
            return max(map(wanted.found_in, rows), default=0)

    return max(DELIMITERS, key=found)


def _csv_rows(reader: Any) -> Iterator[Row]:
    """Row by row; one that is not CSV is a fault, and the next one is read."""
    while True:
        line = reader.line_num + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(line, [], _("is not CSV: %(error)s") % {"error": error})
            continue
        yield Row(line, values)


def _table(rows: Iterator[Row], wanted: _Wanted, last_line: int | None) -> Table:
    """Reads up to the header; empty rows below it are left out, and those that are too long are faults."""
    first = list(islice(rows, HEADER_WITHIN))
    place = next((n for n, row in enumerate(first) if wanted.found_in(row) == len(set(wanted.needed))), None)
    if place is None:
        raise BadInput(file=_no_header(first, wanted))
    header = wanted.names_in(first[place])
    while header and not header[-1]:
        header.pop()
    twice = [name for name, count in Counter(header).items() if count > 1 and name in wanted.needed]
    if twice:
        raise BadInput(file=_("the column “%(name)s” is there twice: rename one") % {"name": twice[0]})
    return Table(header, _below(header, [*first[place + 1 :]], rows), last_line)


def _below(header: list[str], first: list[Row], rest: Iterator[Row]) -> Iterator[Row]:
    for rows in (first, rest):
        for row in rows:
            if row.fault or any(value not in (None, "") for value in row.values):
                yield row if row.fault else _fitted(header, row)


def _fitted(header: list[str], row: Row) -> Row:
    values = row.values
    while len(values) > len(header) and values[-1] in (None, ""):
        values.pop()
    if len(values) > len(header):
        said = {"got": len(values), "wanted": len(header)}
        return Row(row.line, values, _("has %(got)d columns where the header has %(wanted)d") % said)
    return Row(row.line, values + [None] * (len(header) - len(values)))


def _no_header(first: list[Row], wanted: _Wanted) -> str:
    if not any(value not in (None, "") for row in first for value in row.values):
        return _("is empty; a header and rows would be right")
    best = max(first, key=lambda row: (wanted.found_in(row), -row.line))
    have = [name for name in wanted.names_in(best) if name]
    return _("has no column %(missing)s; the map wants %(needed)s, and line %(line)d of the file has %(have)s") % {
        "missing": ", ".join(_with_nearest(name, have) for name in wanted.needed if name not in have),
        "needed": ", ".join(wanted.needed),
        "line": best.line,
        "have": ", ".join(have)[:300],
    }


def _with_nearest(name: str, have: list[str]) -> str:
    near = difflib.get_close_matches(name, have, 1)
    return f"“{name}”" + (_(" (“%(near)s”?)") % {"near": near[0]} if near else "")
