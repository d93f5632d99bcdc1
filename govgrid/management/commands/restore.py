"""Brings an archive of `backup` into an empty database, and proves that it came whole."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from govgrid.backups import BackupError, bring_back


class Command(BaseCommand):
    help = "Restore an archive into an empty database, migrate it to this code, and verify all histories."
    requires_system_checks: list[str] = []  # they would ask tables that are not there yet

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("archive", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            manifest = bring_back(options["archive"])
        except (BackupError, OSError) as error:
            raise CommandError(str(error)) from None
        said = {"moment": manifest["made_at"], "files": manifest["files"]}
        self.stdout.write(_("restored what was saved at %(moment)s, with %(files)d files") % said)
        call_command("migrate", interactive=False, verbosity=options["verbosity"], stdout=self.stdout)
        call_command("verify_history", verbosity=options["verbosity"], stdout=self.stdout)
