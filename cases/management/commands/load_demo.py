"""Loads the demo: a city to try everything on. Never where real people's matters are."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from tqdm import tqdm

from cases.demo import DemoRefused, is_loaded, load
from cases.demo.loading import set_pace
from cases.demo.territory import CITY
from grids.models import Grid


class Command(BaseCommand):
    help = (
        "Load the demo: 廊坊's real divisions, made-up cells, people and matters of the last days. "
        "Does nothing where it is there already; all of it goes in, or nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=30, help="how far back the matters reach")
        parser.add_argument("--cases", type=int, default=300, help="how many matters")
        parser.add_argument("--seed", type=int, default=1310, help="another number, another month")
        parser.add_argument("--force", action="store_true", help="load it beside other grids")
        parser.add_argument("--yes", action="store_true", help="load it even on a site that looks like production")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG and settings.SITE_URL.startswith("https:") and not options["yes"]:
            raise CommandError(
                _("%(site)s looks like production, and the demo brings accounts: --yes loads it all the same")
                % {"site": settings.SITE_URL}
            )
        if options["days"] < 1:
            raise CommandError(_("--days: at least 1"))
        if is_loaded():
            self._already_there()
            return
        quiet = options["verbosity"] == 0
        try:
            loaded = load(
                days=options["days"],
                case_count=options["cases"],
                seed=options["seed"],
                force=options["force"],
                progress=lambda items, doing: tqdm(items, desc=doing, disable=quiet),
            )
        except DemoRefused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            _("The demo is there: %(grids)d grids, %(units)d units, %(people)d people, %(cases)d cases.")
            % {"grids": loaded.grids, "units": loaded.units, "people": loaded.people, "cases": loaded.cases}
        )

    def _already_there(self) -> None:
        self.stdout.write(_("The demo is there already."))
        if set_pace(Grid.objects.get(code=CITY)):
            self.stdout.write(
                _("Its promises now run at the speed of DEMO_SPEED=%(speed)d, for new cases.")
                % {"speed": settings.DEMO_SPEED}
            )
