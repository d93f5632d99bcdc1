"""Loads administrative divisions from files, as often as they come out. What went wrong is said line by line,
and the exit status says whether anything did."""

from __future__ import annotations

import csv
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from tqdm import tqdm

from grids import divisions
from grids.divisions import BadFile, Columns, Division, Refused
from grids.services.divisions import Plan, load_divisions

SHOWN = 20
"""So many refused rows are printed; --refused writes all of them."""


class Command(BaseCommand):
    help = (
        "Load divisions from level,code,name,parent_code or from china-division's areas.csv, "
        "streets.csv and villages.csv (or the folder they lie in). "
        "Exit status 1 where a row was refused; all other rows go in."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="CSV, or a folder of china-division")
        parser.add_argument("--city", help="only this city, as 1310 or 131000000000")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
        parser.add_argument("--refused", type=Path, metavar="FILE", help="write all refused rows there, as CSV")
        for name in ("level", "code", "name", "parent"):
            default = getattr(Columns(), name)
            parser.add_argument(f"--{name}-column", default=default, help=f"what that column is called ({default})")

    def handle(self, *args: Any, **options: Any) -> None:
        columns = Columns(*(options[f"{name}_column"] for name in ("level", "code", "name", "parent")))
        quiet = options["verbosity"] == 0
        try:
            rows, refused = self._read(options["files"], options["city"], columns, quiet)
            plan = load_divisions(
                rows,
                dry_run=options["dry_run"],
                progress=lambda items, doing: tqdm(items, desc=doing, unit=_(" rows"), disable=quiet),
            )
        except BadFile as error:
            raise CommandError(str(error)) from error
        plan.refused[:0] = refused
        self._report(plan, dry_run=options["dry_run"])
        if options["refused"]:
            self._write_refused(options["refused"], plan.refused)
        if plan.refused:
            raise CommandError(_("%(count)d rows were refused") % {"count": len(plan.refused)})

    def _read(
        self, paths: list[Path], city: str | None, columns: Columns, quiet: bool
    ) -> tuple[list[Division], list[Refused]]:
        prefixes = divisions.city_prefixes(city) if city else ("",)
        rows: list[Division] = []
        refused: list[Refused] = []
        for item in self._items(paths, columns, quiet):
            if item.code and not item.code.startswith(prefixes):
                continue
            if isinstance(item, Refused):
                refused.append(item)
            else:
                rows.append(item)
        if not rows and not refused:
            where = _(" of city %(city)s") % {"city": city} if city else ""
            raise BadFile(_("no rows%(where)s in what was given") % {"where": where})
        return rows, refused

    def _items(self, paths: list[Path], columns: Columns, quiet: bool) -> Iterator[Division | Refused]:
        for path in divisions.find_files(paths):
            encoding, lines = divisions.measure(path)
            read = divisions.read(path, encoding, columns)
            for item in tqdm(read, total=lines - 1, desc=path.name, unit=_(" rows"), disable=quiet):
                if item is not None:
                    yield item

    def _report(self, plan: Plan, *, dry_run: bool) -> None:
        counts = {
            _("created"): len(plan.created),
            _("renamed"): len(plan.renamed),
            _("moved"): len(plan.moved),
            _("unchanged"): plan.unchanged,
            _("dissolved, left as history"): plan.dissolved,
            _("refused"): len(plan.refused),
        }
        if dry_run:
            self.stdout.write(_("dry run: nothing was changed; this is what would be"))
        for word, count in counts.items():
            self.stdout.write(f"{count:>9,}  {word}")
        for refused in plan.refused[:SHOWN]:
            self.stderr.write(f"{refused.file}:{refused.line}: {refused.reason}")
        if (more := len(plan.refused) - SHOWN) > 0:
            self.stderr.write(_("… and %(more)d more: name a file with --refused for all") % {"more": more})

    def _write_refused(self, path: Path, refused: list[Refused]) -> None:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(Refused._fields)
            writer.writerows(refused)
