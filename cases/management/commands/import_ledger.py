"""Brings a ledger of another system in, as often as it comes out. What was wrong is said line by line and written to a
file that can be corrected and brought in again."""

from __future__ import annotations

import csv
import os
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from tqdm import tqdm

from cases import policies
from cases.errors import BadInput
from cases.ledger import (
    EntryReader,
    Fate,
    LedgerMap,
    Result,
    Table,
    find_map,
    headings,
    import_rows,
    in_our_words,
    open_table,
    read_map,
)
from cases.ledger.places import PlaceFinder, grid_of
from cases.routing import propose
from grids.tree import GridSlot

ADDED = ["reject_line", "reject_reason"]
"""Columns that stand behind the ledger's own in the file of refused rows; that file can be brought in again."""

SHOWN = 20
"""So many refused rows are printed; --reject writes all of them."""


class Command(BaseCommand):
    help = (
        "Bring in a ledger (.xlsx or CSV) by a map of its columns; see docs/import.md. What is in already is left "
        "alone. Exit status 1 where a row was refused; all other rows go in."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="the ledger")
        parser.add_argument(
            "--map", required=True, metavar="MAP", help="a map (TOML), or the name of one that comes along"
        )
        where = parser.add_mutually_exclusive_group()
        where.add_argument("--grid", metavar="CODE", help="grid of rows that name no other, instead of the map's")
        where.add_argument("--city", metavar="CODE", help="the same, for a city: 1310 or 131000000000")
        parser.add_argument("--sheet", help="sheet of the workbook, instead of the map's or the first")
        parser.add_argument("--reject", type=Path, metavar="FILE", help="write refused rows there, as CSV with reasons")
        parser.add_argument("--dry-run", action="store_true", help="do all of it and take it back")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["reject"] and options["reject"].absolute() == options["file"].absolute():
            raise CommandError(_("--reject: another file than the ledger itself"))
        try:
            ledger = read_map(_text_of(find_map(options["map"])))
            default = self._default_grid(options["grid"] or options["city"] or ledger.grid, ledger)
            named = {"headings": headings()} if ledger.ours else {}
            with open_table(options["file"], ledger.needed, options["sheet"] or ledger.sheet, **named) as opened:
                table = in_our_words(opened) if ledger.ours else opened
                reader = EntryReader(ledger, table.header, timezone.now(), PlaceFinder(default))
                self._say_what_is_left_out(table, ledger)
                counts = self._bring_in(table, reader, options)
        except BadInput as error:
            raise CommandError(error.detail) from None
        self._report(counts, options)

    @staticmethod
    def _default_grid(code: str, ledger: LedgerMap) -> GridSlot | None:
        """Checked before the first row: without units or a policy every row would fail alike."""
        if not code:
            if "grid" not in ledger.columns and "lon" not in ledger.columns:
                raise BadInput(grid=_("neither the map nor --grid says which grid this ledger is about"))
            return None
        slot = grid_of(code)
        if propose(slot.path, None).unit_id is None:
            raise BadInput(grid=_("%(name)s has no unit yet: make its units first") % {"name": slot.name})
        try:
            policies.book().in_force(slot.path, timezone.now())
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from None
        return slot

    def _say_what_is_left_out(self, table: Table, ledger: LedgerMap) -> None:
        left_out = [name for name in table.header if name and name not in ledger.needed]
        if left_out:
            self.stdout.write(_("columns left out: %(names)s") % {"names": ", ".join(left_out)})
        if table.unread:
            words = _("sheets left out: %(names)s; bring them in with --sheet")
            self.stdout.write(words % {"names": ", ".join(table.unread)})

    def _bring_in(self, table: Table, reader: EntryReader, options: dict[str, Any]) -> Counter[Fate]:
        counts: Counter[Fate] = Counter()
        results = import_rows(table.rows, reader, dry_run=options["dry_run"])
        with _rejects(options["reject"], table.header) as reject:
            for result in _with_bar(results, table.last_line, quiet=options["verbosity"] == 0):
                counts[result.fate] += 1
                if result.fate is Fate.REFUSED:
                    reject(result)
                    if counts[Fate.REFUSED] <= SHOWN:
                        with tqdm.external_write_mode():
                            self.stderr.write(f"{options['file'].name}:{result.row.line}: {result.reason}")
        return counts

    def _report(self, counts: Counter[Fate], options: dict[str, Any]) -> None:
        words = {
            Fate.CLOSED: _("brought in, closed"),
            Fate.OPEN: _("brought in, open"),
            Fate.FILED: _("brought in, filed"),
            Fate.PRESENT: _("were in already"),
            Fate.REFUSED: _("refused"),
        }
        if options["dry_run"]:
            self.stdout.write(_("dry run: nothing was changed; this is what would be"))
        for fate, word in words.items():
            self.stdout.write(f"{counts[fate]:>9,}  {word}")
        refused = counts[Fate.REFUSED]
        if refused > SHOWN and not options["reject"]:
            self.stderr.write(_("… and %(more)d more: name a file with --reject for all") % {"more": refused - SHOWN})
        if refused:
            raise CommandError(_("%(count)d rows were refused") % {"count": refused})


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(map=_("cannot be read as UTF-8 text: %(error)s") % {"error": error}) from None


def _with_bar(results: Iterator[Result], last_line: int | None, *, quiet: bool) -> Iterator[Result]:
    """A bar over the file's lines: a text with line breaks is one row of many lines."""
    with tqdm(total=last_line, unit=_(" lines"), disable=quiet) as bar:
        for result in results:
            bar.update(max(0, result.row.line - bar.n))
            yield result
        bar.update(max(0, (last_line or 0) - bar.n))


@contextmanager
def _rejects(path: Path | None, header: list[str]) -> Iterator[Any]:
    """Writes refused rows as they came, for nobody but the file's owner: persons are in them."""
    if path is None:
        yield lambda result: None
        return
    private = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(private, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        kept = [name for name in header if name not in ADDED]
        writer.writerow([*kept, *ADDED])

        def reject(result: Result) -> None:
            values = ["" if value is None else str(value) for value in result.row.values]
            padded = values + [""] * (len(kept) - len(values))
            writer.writerow([*padded[: len(kept)], result.row.line, result.reason, *padded[len(header) :]])

        yield reject
