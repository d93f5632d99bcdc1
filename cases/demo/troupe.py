"""Who takes a step: the first of the right people whom the table of moves permits, and nobody where there is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cases.actors import Actor, ActorKind
from cases.models import Case
from cases.workflow import TABLE, permitted
from grids import tree
from grids.choices import Level
from grids.models import User
from grids.tree import UnitSlot


@dataclass
class Troupe:
    """The people by unit id. What happens before `loud_from` tells nobody: a month's notices would bury today's."""

    people: dict[int, list[User]]
    loud_from: datetime
    _actors: dict[tuple[int, bool], Actor] = field(default_factory=dict)

    def clock(self, at: datetime) -> Actor:
        return Actor(ActorKind.CLOCK, quiet=at < self.loud_from)

    def resident(self, at: datetime) -> Actor:
        return Actor(ActorKind.RESIDENT, quiet=at < self.loud_from)

    def person(self, user: User, at: datetime) -> Actor:
        quiet = at < self.loud_from
        key = (user.pk, quiet)
        if key not in self._actors:
            self._actors[key] = Actor.person(user, quiet=quiet)
        return self._actors[key]

    def of_unit(self, unit_id: int, at: datetime, *roles: str) -> Actor | None:
        """Somebody of the unit who serves in one of these roles (no roles: any)."""
        for user in self.people.get(unit_id, ()):
            actor = self.person(user, at)
            if not roles or any(s.role in roles and s.unit_id == unit_id for s in actor.territory.standings):
                return actor
        return None

    def actor_for(self, case: Case, action: str, at: datetime, units: Iterable[int] | None = None) -> Actor | None:
        """Somebody who may make this move now, nearest first."""
        for unit_id in units if units is not None else around(case):
            for user in self.people.get(unit_id, ()):
                actor = self.person(user, at)
                if permitted(case, TABLE[action], actor):
                    return actor
        return None


def around(case: Case) -> list[int]:
    """The units that have a part in the case, then the authorities upward from its grid."""
    parts: list[Any] = [case.lead_unit_id, case.duty_unit_id, case.dispatching_unit_id]
    parts += [unit.id for unit in authorities(case.grid_path)]
    return list(dict.fromkeys(unit for unit in parts if unit is not None))


def authorities(path: str) -> Iterator[UnitSlot]:
    """The authorities upward from the grid at this path, the nearest first."""
    unit = tree.authority_upward(path)
    while unit is not None:
        yield unit
        unit = tree.authority_above(unit.path)


def desks_over(case: Case, lead: UnitSlot) -> list[int]:
    """The authorities that may hand the case to this unit: it lies in their territory, and the case is theirs or
    below them."""
    rank = Level(case.level).rank
    return [unit.id for unit in authorities(lead.path) if Level(unit.level).rank <= rank]
