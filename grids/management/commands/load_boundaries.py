"""Loads outlines of grids from GeoJSON. What does not fit is said feature by feature, and the exit status
says whether anything did not."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from tqdm import tqdm

from grids.boundaries import BadFile, load_boundaries, read_features

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Load outlines from a GeoJSON FeatureCollection (WGS-84, properties.code is the grid's code). "
        "Exit status 1 where a feature was refused; all others go in."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        quiet = options["verbosity"] == 0
        try:
            features = read_features(options["file"])
        except BadFile as error:
            raise CommandError(str(error)) from error
        done = load_boundaries(
            features,
            dry_run=options["dry_run"],
            progress=lambda items: tqdm(items, desc=options["file"].name, unit=_(" outlines"), disable=quiet),
        )
        if options["dry_run"]:
            self.stdout.write(_("dry run: nothing was changed; this is what would be"))
        counts = {
            _("updated"): done.updated,
            _("unchanged"): done.unchanged,
            _("repaired before"): done.repaired,
            _("refused"): len(done.refused),
        }
        for word, count in counts.items():
            self.stdout.write(f"{count:>9,}  {word}")
        for number, code, reason in done.refused[:SHOWN]:
            self.stderr.write(f"{options['file'].name}: {_('feature')} {number} {code}: {reason}")
        if done.refused:
            raise CommandError(_("%(count)d features were refused") % {"count": len(done.refused)})
