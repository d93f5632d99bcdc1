"""Erases reporters and deletes files that are over their time; `--dry-run` says how many there are."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from cases.services.retention import Limits, Removed, apply_retention, over_time


class Command(BaseCommand):
    help = (
        "Erase the reporters and delete the files of cases that ended so many days ago. "
        "Beat does it each hour where RETENTION_REPORTER_DAYS and RETENTION_FILES_DAYS say so."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")
        parser.add_argument("--reporter-days", type=int, default=settings.RETENTION_REPORTER_DAYS, metavar="N")
        parser.add_argument("--files-days", type=int, default=settings.RETENTION_FILES_DAYS, metavar="N")

    def handle(self, *args: Any, **options: Any) -> None:
        limits = Limits(options["reporter_days"], options["files_days"])
        for option, days in (("--reporter-days", limits.reporter_days), ("--files-days", limits.files_days)):
            if days < 0:
                raise CommandError(_("%(option)s: a number of days, or 0 to keep without end") % {"option": option})
        removed = over_time(limits) if options["dry_run"] else sum(apply_retention(limits), Removed())
        self.stdout.write(f"{removed.reporters:>9,}  {_('reporters erased')}")
        self.stdout.write(f"{removed.files:>9,}  {_('files deleted')} ({removed.bytes / 2**20:,.1f} MB)")
        if options["dry_run"]:
            self.stdout.write(_("a dry run: nothing was touched"))
