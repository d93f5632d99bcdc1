"""A table comes in row by row, each behind a savepoint and a few in a transaction: whatever stops an import, no half
row is left, and running it again goes on where it stopped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cases.choices import Status
from cases.errors import BadInput, CaseError
from cases.models import Case

from .entries import EntryReader
from .replay import Replay
from .tables import Row

BATCH = 20
"""Rows that are looked up and committed together: a commit waits for the disk. A refused one takes no other with it."""


class Fate(StrEnum):
    """What became of a row."""

    CLOSED = "closed"
    OPEN = "open"
    FILED = "filed"
    PRESENT = "present"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Result:
    """A row and what became of it; `reason` where it was refused."""

    row: Row
    fate: Fate
    reason: str = ""


def import_rows(rows: Iterable[Row], reader: EntryReader, *, dry_run: bool = False) -> Iterator[Result]:
    """Brings rows in, one result for each, as they are written. A row whose number this source has brought before is
    left as it is. `dry_run` does all of it and takes each row back.

    Raises django.db.OperationalError where the database goes away: what was reported is in.
    """
    importer = _Importer(reader, dry_run)
    rows = iter(rows)
    while batch := list(islice(rows, BATCH)):
        yield from importer.bring_in(batch)


class _Importer:
    """Knows the numbers that this file has had."""

    def __init__(self, reader: EntryReader, dry_run: bool) -> None:
        self.reader = reader
        self.dry_run = dry_run
        self.replay = Replay(reader.ledger.open_rows, reader.now)
        self.line_of: dict[str, int] = {}

    def bring_in(self, batch: list[Row]) -> list[Result]:
        numbers: dict[int, str] = {}
        results = []
        for row in batch:
            try:
                numbers[row.line] = self._number(row)
            except BadInput as error:
                results.append(Result(row, Fate.REFUSED, error.detail))
        with transaction.atomic():
            source = self.reader.ledger.source
            known = Case.objects.filter(source=source, source_number__in=list(numbers.values()))
            present = set(known.values_list("source_number", flat=True))
            for row in batch:
                if row.line in numbers:
                    there = numbers[row.line] in present
                    results.append(Result(row, Fate.PRESENT) if there else self._write(row))
        return results

    def _number(self, row: Row) -> str:
        if row.fault:
            raise BadInput(row=row.fault)
        number = self.reader.number(row.values)
        first = self.line_of.setdefault(number, row.line)
        if first != row.line:
            raise BadInput(
                number=_("%(number)s is there already, in line %(line)d") % {"number": number, "line": first}
            )
        return number

    def _write(self, row: Row) -> Result:
        try:
            entry = self.reader.read(row.values)
            if entry.answer is None and self.replay.single_step and not self.dry_run:
                case = self.replay.play(entry)  # one service, which has its own savepoint
            else:
                with transaction.atomic():
                    case = self.replay.play(entry)
                    transaction.set_rollback(self.dry_run)
        except CaseError as error:
            return Result(row, Fate.REFUSED, error.detail)
        except IntegrityError as error:
            if "source_number_unique" not in str(error):  # a second import of the same ledger came first
                raise
            return Result(row, Fate.PRESENT)
        return Result(row, FATES.get(Status(case.status), Fate.OPEN))


FATES = {Status.CLOSED: Fate.CLOSED, Status.REJECTED: Fate.FILED}
