"""The ledger: the list of cases as a table to take along. One definition of its columns, written as CSV or as Excel."""

from .columns import COLUMNS, Column
from .rows import CHUNK, Labels, rows_of
from .texts import csv_lines
from .workbooks import write_workbook

__all__ = ["CHUNK", "COLUMNS", "Column", "Labels", "csv_lines", "rows_of", "write_workbook"]
