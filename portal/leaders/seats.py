"""Whose figures somebody may look at as a leader, supervisor or dispatcher: the territories of their posts, the highest
first. Nothing here opens more than `visible_to` does; it says where one begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from cases.errors import NotPermitted
from grids import tree
from grids.choices import Level, Role
from grids.models import Grid
from grids.territory import Standing, territory_of
from grids.tree import GridSlot

ROLES = (Role.LEADER, Role.SUPERVISOR, Role.DISPATCHER)
"""Who has these pages; between posts over the same grid the earlier one counts."""
SCREEN_ROLES = frozenset({Role.LEADER, Role.SUPERVISOR})
"""Who may put the territory's figures on a wall."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A territory that one of somebody's posts opens. `unit_id` is set where the post is in a department, which has
    the cases given to it and no territory; `screen` says whether it may be shown on a wall."""

    grid: GridSlot
    unit_id: int | None
    name: str
    screen: bool

    def holds(self, path: str) -> bool:
        """Whether the grid at this tree path lies in it."""
        return self.unit_id is None and path.startswith(self.grid.path)


def seats_of(user: Any) -> list[Seat]:
    """The seats of a user today, the highest first; each territory once.

    Raises NotPermitted where none of their posts is one of ROLES.
    """
    territory = territory_of(user)
    found: dict[tuple[str, int | None], Seat] = {}
    if territory.everything:
        for seat in _cities():
            found[seat.grid.path, None] = seat
    posts = [standing for standing in territory.standings if standing.role in ROLES]
    for held in filter(None, map(_seat, sorted(posts, key=_rank))):
        found.setdefault((held.grid.path, held.unit_id), held)
    if not found:
        raise NotPermitted(_("these pages are for leaders, supervisors and dispatchers"))
    return list(found.values())


def _rank(standing: Standing) -> tuple[bool, int, int, str]:
    """Authorities before departments, the highest level first, leaders before supervisors before dispatchers."""
    depth = len(standing.path)
    return not standing.of_authority, depth, ROLES.index(Role(standing.role)), standing.path


def _seat(standing: Standing) -> Seat | None:
    grid = tree.by_path(standing.path)
    if grid is None:
        return None
    screen = standing.role in SCREEN_ROLES
    if standing.of_authority:
        return Seat(grid, None, grid.name, screen)
    return Seat(grid, standing.unit_id, tree.unit_name(standing.unit_id, grid.path), screen)


def _cities() -> Iterator[Seat]:
    rows = Grid.objects.standing().filter(level=Level.CITY).order_by("path")
    for path in rows.values_list("path", flat=True):
        if (grid := tree.by_path(path)) is not None:
            yield Seat(grid, None, grid.name, screen=True)
