"""Loads the category tree from a readable file, as often as it changes. What went wrong is said line by line, and the
exit status says whether anything did."""

from __future__ import annotations

import csv
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from cases.services.categories import Loaded, Refused, Wanted, load_categories, read_rows
from grids.divisions import BadFile, measure

DEFAULT = Path(__file__).resolve().parents[2] / "data" / "categories.csv"


class Command(BaseCommand):
    help = (
        "Load categories from code,name_zh,parent_code,… (see cases/data/README.md) or from level1,level2,level3. "
        "Exit status 1 where a row was refused; all other rows go in."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", nargs="?", type=Path, default=DEFAULT, metavar="FILE", help="the project's own tree"
        )
        parser.add_argument("--prefix", help="stands before each code (none for a file with codes, x for one without)")
        parser.add_argument(
            "--deactivate-missing",
            action="store_true",
            help="take those out of use that the file does not name (of the prefix, where there is one)",
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted, refused, prefix = _read(options["file"], options["prefix"])
        loaded = load_categories(
            wanted,
            refused,
            deactivate_missing=prefix if options["deactivate_missing"] else None,
            dry_run=options["dry_run"],
        )
        self._report(options["file"], loaded, dry_run=options["dry_run"])

    def _report(self, path: Path, loaded: Loaded, *, dry_run: bool) -> None:
        counts = {
            _("created"): len(loaded.created),
            _("renamed"): len(loaded.renamed),
            _("moved"): len(loaded.moved),
            _("changed otherwise"): len(loaded.changed),
            _("unchanged"): loaded.unchanged,
            _("taken out of use"): len(loaded.deactivated),
            _("not in the file, left in use"): loaded.missing - len(loaded.deactivated),
            _("refused"): len(loaded.refused),
        }
        if dry_run:
            self.stdout.write(_("dry run: nothing was changed; this is what would be"))
        for word, count in counts.items():
            self.stdout.write(f"{count:>9,}  {word}")
        for refused in sorted(loaded.refused):
            self.stderr.write(f"{path.name}:{refused.line}: {refused.reason}")
        if loaded.refused:
            raise CommandError(_("%(count)d rows were refused") % {"count": len(loaded.refused)})


def _read(path: Path, prefix: str | None) -> tuple[list[Wanted], list[Refused], str]:
    """The nodes, the rows that are none, and the prefix that the codes have."""
    if not path.is_file():
        raise CommandError(_("%(path)s: no such file") % {"path": path})
    try:
        encoding, _lines = measure(path)
        with path.open(encoding=encoding, newline="") as file:
            rows = csv.DictReader(file, strict=True)
            header = [name.strip() for name in rows.fieldnames or []]
            rows.fieldnames = header
            wanted, refused = read_rows(header, ((rows.line_num, row) for row in rows), prefix)
    except (BadFile, csv.Error, ValueError) as error:
        raise CommandError(f"{path.name}: {error}") from None
    return wanted, refused, prefix if prefix is not None else ("" if "code" in header else "x")
