"""The list as a table: CSV and short workbooks at once; long ones are jobs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

from django.db.models import QuerySet
from django.http import FileResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.errors import BadInput
from cases.export import COLUMNS, csv_lines, rows_of, write_workbook
from cases.models import Case
from cases.services.jobs import SHORT, is_short
from cases.services.jobs.taking import in_order

from .jobs import as_file

NAMES = [column.name for column in COLUMNS]


def lines(cases: QuerySet[Case]) -> Iterator[str]:
    """The cases as CSV; a server-side cursor bounds the memory."""
    return csv_lines(NAMES, rows_of(cases))


def short_workbook(cases: QuerySet[Case]) -> FileResponse:
    """The cases as a workbook. Raises BadInput where it would take too long to wait for."""
    if not is_short(cases):
        raise BadInput(query=_("more than %d cases: ask for the ledger as a job (POST /cases/exports/)") % SHORT)
    kept = TemporaryFile()  # noqa: SIM115 - the response closes it
    with TemporaryDirectory(prefix="govgrid-ledger-") as folder:
        path = Path(folder) / "ledger.xlsx"
        write_workbook(path, in_order(cases))
        kept.write(path.read_bytes())
    kept.seek(0)
    return as_file(kept, timezone.now())
