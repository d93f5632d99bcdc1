"""A ledger of another system comes in: its table is read (`tables`), its columns are understood (`mapping`,
`moments`, `entries`), and each row is replayed through the services (`replay`), one transaction a row (`imports`)."""

from .entries import EntryReader
from .imports import Fate, Result, import_rows
from .mapping import LedgerMap, find_map, read_map
from .own import headings, in_our_words
from .tables import Row, Table, open_table

__all__ = [
    "EntryReader",
    "Fate",
    "LedgerMap",
    "Result",
    "Row",
    "Table",
    "find_map",
    "headings",
    "import_rows",
    "in_our_words",
    "open_table",
    "read_map",
]
