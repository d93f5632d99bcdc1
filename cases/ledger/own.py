"""Our own ledger, come back as an Excel workbook: its headings and closed lists are words for people, in the language
of whoever took it out. Here they become those for programs again, as the CSV has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from django.conf import settings
from django.utils import translation

from cases.export import COLUMNS

from .tables import Row, Table


@cache
def headings() -> Mapping[str, str]:
    """The name of a column by each of its headings."""
    found = {column.name: column.name for column in COLUMNS}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            found |= {str(column.label): column.name for column in COLUMNS}
    return found


@cache
def words() -> Mapping[str, Mapping[str, str]]:
    """For each column with a closed list, its words for programs by those for people."""
    lists: dict[str, dict[str, str]] = {column.name: {} for column in COLUMNS if column.words}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for column in COLUMNS:
                if column.words:
                    lists[column.name] |= {str(label): value for value, label in column.words.items()}
    return lists


def in_our_words(table: Table) -> Table:
    """The same table with the words for programs in place of those for people."""
    places = [(place, words()[name]) for place, name in enumerate(table.header) if name in words()]

    def rows() -> Iterator[Row]:
        for row in table.rows:
            yield row if row.fault else replace(row, values=_meant(row.values, places))

    return replace(table, rows=rows())


def _meant(values: list[Any], places: list[tuple[int, Mapping[str, str]]]) -> list[Any]:
    meant = list(values)
    for place, known in places:
        meant[place] = known.get(str(values[place] or "").strip(), values[place])
    return meant
