"""A what-if is asked for: checked, noted, and left to a worker or a command to run."""

from __future__ import annotations

import datetime as dt
import tomllib
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from cases.actors import Actor
from cases.errors import BadInput, NotPermitted
from cases.models import Policy, Simulation
from cases.querysets import WHAT_IF_ROLES
from grids.models import CalendarDay, Grid


def ask_simulation(
    policy: Policy,
    since: dt.date,
    *,
    grid: Grid | None = None,
    days: list[dict[str, str]] | None = None,
    actor: Actor | None = None,
    at: dt.datetime | None = None,
) -> Simulation:
    """Notes a what-if over the cases submitted in the grid (everywhere where None) from `since` until now.

    `days` are days of another calendar, as `read_days` gives them. Raises NotPermitted unless the actor (None: the
    command line) is an administrator, leader or supervisor over the grid; BadInput for a day still to come.
    """
    at = at or timezone.now()
    if actor is not None and not _may(actor, grid):
        raise NotPermitted(_("what-ifs are for administrators, leaders and supervisors of the territory"))
    if since > timezone.localtime(at).date():
        raise BadInput(since=_("a day that has been"))
    return Simulation.objects.create(
        policy=policy,
        grid=grid,
        since=since,
        until=at,
        days=days or [],
        asked_by=actor.user if actor else None,
        asked_at=at,
    )


def _may(actor: Actor, grid: Grid | None) -> bool:
    territory = actor.territory
    if territory.everything:
        return True
    return grid is not None and any(s.role in WHAT_IF_ROLES and s.covers(grid.path) for s in territory.standings)


def read_days(text: str) -> list[dict[str, str]]:
    """The days of a calendar file (TOML): `[[days]]` with date, kind (holiday, makeup, closure) and name.

    Raises BadInput that names the place and says what would be right.
    """
    try:
        rows = tomllib.loads(text).get("days", [])
    except tomllib.TOMLDecodeError as error:
        raise BadInput(file=f"not TOML: {error}") from None
    if not isinstance(rows, list) or not rows:
        raise BadInput(file="needs [[days]]")
    return [_day(f"days[{number}]", row) for number, row in enumerate(rows, 1)]


def _day(place: str, row: dict[str, Any]) -> dict[str, str]:
    date = row.get("date")
    try:
        day = date if isinstance(date, dt.date) else dt.date.fromisoformat(str(date))
    except ValueError:
        raise BadInput(**{place: f"date: as 2026-10-01, not {date!r}"}) from None
    if row.get("kind") not in CalendarDay.Kind.values:
        raise BadInput(**{place: f"kind: one of {', '.join(CalendarDay.Kind.values)}"})
    return {"date": day.isoformat(), "kind": str(row["kind"]), "name": str(row.get("name", ""))}
