"""Who acts on a case: a person with their posts, the resident, the clock, or an import. Never `None`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from grids.territory import NOWHERE, Territory, territory_of


class ActorKind(StrEnum):
    PERSON = "person"
    RESIDENT = "resident"
    CLOCK = "clock"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class Actor:
    """`user` is set for a person only; `quiet` actors' events tell nobody (a replay of last year's ledger).

    `unclocked` kinds of deadline do not start under this actor: a replay does not measure what its ledger does not
    know.
    """

    kind: ActorKind
    user: Any = None
    territory: Territory = NOWHERE
    quiet: bool = False
    unclocked: frozenset[str] = frozenset()

    @classmethod
    def person(cls, user: Any, *, quiet: bool = False) -> Actor:
        return cls(ActorKind.PERSON, user, territory_of(user), quiet)


RESIDENT = Actor(ActorKind.RESIDENT)
CLOCK = Actor(ActorKind.CLOCK)
IMPORT = Actor(ActorKind.IMPORT, quiet=True)
