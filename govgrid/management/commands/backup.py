"""Saves the database and the files in one archive."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from govgrid.backups import BackupError, back_up


class Command(BaseCommand):
    help = "Save the database and the files in one archive, while everything runs. Keep REPORTER_KEYS elsewhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="where to put the archive")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            archive = back_up(options["folder"])
        except (BackupError, OSError) as error:
            raise CommandError(str(error)) from None
        size = archive.stat().st_size / 2**20
        self.stdout.write(_("%(file)s (%(size).1f MiB)") % {"file": archive, "size": size})
