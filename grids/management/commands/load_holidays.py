"""Brings the announced holidays and make-up workdays into the cities' calendars; to be run again each
November, when the State Council has announced the next year."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from grids.calendars import FIRST_YEAR, Filled, fill_calendar
from grids.models import Grid


class Command(BaseCommand):
    help = "Fill working calendars with holidays and make-up workdays (调休). Days entered by hand stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--city", help="only this city (or any other grid), by its code; all cities otherwise")
        parser.add_argument("--years", help=f"as 2025 or 2025-2027; {FIRST_YEAR} to next year otherwise")

    def handle(self, *args: Any, **options: Any) -> None:
        years = parse_years(options["years"])
        for grid in self._grids(options["city"]):
            self._report(grid, fill_calendar(grid, years))

    def _grids(self, code: str | None) -> QuerySet[Grid]:
        grids = Grid.objects.standing()
        grids = grids.filter(code=code.ljust(12, "0")) if code else grids.filter(depth=1)
        if not grids.exists():
            raise CommandError(
                _("no grid has the code %(code)s") % {"code": code}
                if code
                else _("there is no city yet: load divisions first")
            )
        return grids

    def _report(self, grid: Grid, done: Filled) -> None:
        counts = {
            _("created"): done.created,
            _("updated"): done.updated,
            _("removed"): done.removed,
            _("unchanged"): done.unchanged,
            _("entered by hand and kept"): done.kept_manual,
        }
        self.stdout.write(f"{grid}: " + ", ".join(f"{count} {word}" for word, count in counts.items()))
        for year in done.unannounced_years:
            self.stderr.write(_("%(year)d: not announced yet, weekdays count") % {"year": year})


def parse_years(text: str | None) -> range:
    """The years of `2025` or `2025-2027`; all that the library knows and the next where the text is None.

    Raises CommandError where it is neither.
    """
    if text is None:
        return range(FIRST_YEAR, timezone.localdate().year + 2)
    match = re.fullmatch(r"(\d{4})(?:-(\d{4}))?", text.strip())
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 1949 <= first <= last <= 2200:
        raise CommandError(_("years %(text)r: one as 2025, or first and last as 2025-2027") % {"text": text})
    return range(first, last + 1)
