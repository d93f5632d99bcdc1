"""What would have been under another policy or calendar, before anybody publishes it."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from cases.errors import BadInput
from cases.models import Policy, Simulation
from cases.services.publishing import draft, read_promises
from cases.services.simulation import ask_simulation, read_days, run_simulation
from grids.models import Grid

SHOWN = ("clocks", "late", "reminded", "escalated", "arriving")
UNITS_SHOWN = 20


class Command(BaseCommand):
    help = "Replay the real history under another policy: who would have been late, reminded, passed over."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("new", metavar="NEW", help="a policy file (.toml), or the id or name of a policy or draft")
        parser.add_argument("--since", required=True, type=_date, metavar="DATE", help="cases submitted from this day")
        parser.add_argument("--grid", metavar="CODE", help="of this grid and below; everywhere otherwise")
        parser.add_argument("--calendar", type=Path, metavar="FILE", help="days of another calendar (TOML)")
        parser.add_argument("--json", action="store_true", help="the whole report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        grid = _grid(options["grid"])
        try:
            days = read_days(options["calendar"].read_text(encoding="utf-8-sig")) if options["calendar"] else []
            policy = _policy(options["new"], grid)
            simulation = run_simulation(ask_simulation(policy, options["since"], grid=grid, days=days))
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(str(error)) from None
        except BadInput as error:
            raise CommandError(str(error.detail)) from None
        if simulation.state != Simulation.State.DONE:
            raise CommandError(simulation.error)
        if options["json"]:
            said = {"simulation": simulation.pk, "policy": str(policy)} | simulation.report
            self.stdout.write(json.dumps(said, ensure_ascii=False, indent=2))
        else:
            self._table(simulation)

    def _table(self, simulation: Simulation) -> None:
        report = simulation.report
        self.stdout.write(
            _("%(policy)s over %(cases)d cases and %(clocks)d clocks since %(since)s (what-if %(id)d)")
            % {
                "policy": simulation.policy,
                "cases": report["cases"],
                "clocks": report["clocks"],
                "since": simulation.since,
                "id": simulation.pk,
            }
        )
        self._lines(_("level"), [(row["level"], row) for row in report["levels"]])
        units = sorted(report["units"], key=lambda row: -abs(row["late_after"] - row["late_before"]))
        self._lines(_("units that change most"), [(row["name"] or "-", row) for row in units[:UNITS_SHOWN]])

    def _lines(self, title: str, rows: list[tuple[str, dict[str, Any]]]) -> None:
        self.stdout.write(f"\n{title}\t" + "\t".join(SHOWN))
        for name, row in rows:
            cells = [f"{row['clocks']}", *(f"{row[f'{w}_before']} → {row[f'{w}_after']}" for w in SHOWN[1:])]
            self.stdout.write(f"{name}\t" + "\t".join(cells))


def _date(text: str) -> date:
    return date.fromisoformat(text)


def _grid(code: str | None) -> Grid | None:
    if code is None:
        return None
    grid = Grid.objects.standing().filter(code=code.ljust(12, "0")).first()
    if grid is None:
        raise CommandError(_("no grid has the code %(code)s") % {"code": code})
    return grid


def _policy(new: str, grid: Grid | None) -> Policy:
    """From a file a draft is made, so that what was tried can be published as it was."""
    if new.endswith(".toml"):
        return draft(read_promises(Path(new).read_text(encoding="utf-8-sig")), grid=grid)
    rows = Policy.objects.filter(pk=int(new)) if new.isdecimal() else Policy.objects.filter(name=new).order_by("-id")
    policy = rows.first()
    if policy is None:
        raise CommandError(_("no policy has the id or name %(new)s, and it is no .toml file") % {"new": new})
    return policy
