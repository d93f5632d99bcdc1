"""Files in the storage that no case knows, as a process leaves them that is killed between storage and database."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from tqdm import tqdm

from cases.services.orphans import missing_files, remove_orphaned_files


class Command(BaseCommand):
    help = (
        "Delete files of cases that no row of the database names. May be stopped and started again. Exit status 1 "
        "where a file would not be deleted or, with --missing, where a row's file is gone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only name them")
        parser.add_argument(
            "--older-than",
            type=float,
            default=24.0,
            metavar="HOURS",
            help="leave younger ones: they may belong to a transaction that is not over (default 24)",
        )
        parser.add_argument("--missing", action="store_true", help="also name the cases whose file is gone (slow)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["older_than"] < 1:
            raise CommandError(_("--older-than: one hour at least, or an upload under way may be lost"))
        left = self._remove(timedelta(hours=options["older_than"]), options)
        missing = self._name_missing() if options["missing"] else 0
        if left or missing:
            said = {"left": left, "missing": missing}
            raise CommandError(_("%(left)d files could not be deleted, %(missing)d are gone") % said)

    def _remove(self, older_than: timedelta, options: dict[str, Any]) -> int:
        seen = found = removed = size = 0
        with tqdm(unit=_(" files"), disable=options["verbosity"] == 0) as bar:
            for batch in remove_orphaned_files(older_than=older_than, dry_run=options["dry_run"]):
                seen, found, removed = seen + batch.seen, found + len(batch.orphans), removed + batch.removed
                size += batch.bytes
                bar.update(batch.seen)
                for name in batch.orphans:
                    with tqdm.external_write_mode():
                        self.stdout.write(name)
        if options["dry_run"]:
            self.stdout.write(_("dry run: nothing was changed; this is what would be"))
        self.stdout.write(f"{seen:>9,}  {_('files looked at')}")
        self.stdout.write(f"{found:>9,}  {_('belong to no case')} ({size:,} B)")
        self.stdout.write(f"{removed:>9,}  {_('deleted')}")
        return 0 if options["dry_run"] else found - removed

    def _name_missing(self) -> int:
        count = 0
        for attachment in missing_files():
            count += 1
            self.stderr.write(f"{attachment.case.number} {attachment.file.name}")
        return count
