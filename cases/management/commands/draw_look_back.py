"""Draws the samples of a quarter's closed cases that are looked at again (回头看), one for each unit of a territory."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from cases.errors import BadInput
from cases.services.look_backs import draw_look_back
from grids.models import Grid

QUARTER = re.compile(r"([0-9]{4})Q([1-4])")


class Command(BaseCommand):
    help = "Draw a reproducible random sample of each unit's cases that closed in a quarter, to be looked at again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--grid", required=True, metavar="CODE", help="for the units of this grid and below")
        parser.add_argument("--quarter", required=True, metavar="2026Q3", help="a quarter that is over")
        parser.add_argument("--percent", type=float, default=5, help="of each unit's cases, at least one (5)")
        parser.add_argument("--seed", default="", help="the same seed draws the same cases; random where left out")

    def handle(self, *args: Any, **options: Any) -> None:
        grid = Grid.objects.standing().filter(code=options["grid"].ljust(12, "0")).first()
        if grid is None:
            raise CommandError(_("no grid has the code %(code)s") % {"code": options["grid"]})
        match = QUARTER.fullmatch(options["quarter"])
        if match is None:
            raise CommandError(_("--quarter: a year and a quarter, such as 2026Q3"))
        try:
            drawn = draw_look_back(grid, int(match[1]), int(match[2]), options["percent"], options["seed"])
        except BadInput as error:
            raise CommandError(error.detail) from None
        for row in drawn.new:
            said = {"unit": row.unit.name, "drawn": row.items.count(), "all": row.population, "seed": row.seed}
            self.stdout.write(_("%(unit)s: %(drawn)d of %(all)d, seed %(seed)s") % said)
        if drawn.before:
            self.stdout.write(_("drawn before, and kept: %(units)d units") % {"units": len(drawn.before)})
        if not drawn.new and not drawn.before:
            self.stdout.write(_("no unit there led a case that closed in that quarter"))
