"""Who serves where today: from the audiences of many events to persons, in a fixed number of queries, without the actor
and without those who may not see the case."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from cases.models import Case, CaseEvent
from cases.querysets import reaches
from grids import tree
from grids.choices import Role
from grids.models import Post, User
from grids.territory import Territory, territories_of

from .choices import Reason
from .parts import replay
from .recipients import DESK, Audience, Happening, audiences


@dataclass(frozen=True, slots=True)
class Told:
    """That a person is told of an event, and why. `unit_id` is the unit that the table names and `path` where those who
    are told for it serve, nothing for a person named by themselves; `place` counts a desk from 0 in the order in which
    an alarm calls it, None for others."""

    user_id: int
    event_id: int
    reason: Reason
    unit_id: int | None = None
    path: str = ""
    place: int | None = None


def recipients(events: Iterable[CaseEvent], on: date) -> list[Told]:
    """Who is told of these events, their cases loaded, on a day: each person once for each event.

    Raises KeyError for an event of a kind that the table does not know.
    """
    happenings = [Happening(*line) for line in replay(events)]
    wanted = [(h, list(audiences(h))) for h in happenings]
    roster = Roster((a, h.case) for h, named in wanted for a in named)
    roster.load(on)
    found = [(h.event, one) for h, named in wanted for a in named for one in _named(h.event, a, roster)]
    sight = sight_of({one.user_id for _event, one in found}, on)
    told: dict[tuple[int, int], Told] = {}
    for event, one in found:
        user = one.user_id
        if user != event.actor_id and user in sight and reaches(sight[user], event.case):
            told.setdefault((event.pk, user), one)
    return list(told.values())


def _named(event: CaseEvent, audience: Audience, roster: Roster) -> Iterator[Told]:
    path, users = roster.people(audience, event.case)
    desk = audience.roles == DESK
    for place, user in enumerate(users):
        yield Told(user, event.pk, audience.reason, audience.unit_id, path, place if desk else None)


def sight_of(user_ids: Iterable[int], on: date) -> dict[int, Territory]:
    """What each of these active people reaches on a day."""
    users = User.objects.filter(pk__in=user_ids, is_active=True).only("is_superuser", "is_active")
    return territories_of(users, on)


COLUMNS = (
    "unit_id", "role", "leave_from", "leave_to", "grid__path", "user__is_active", "substitute__is_active",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Holder:
    user_id: int
    path: str  # of the part of the unit's territory that the post serves; empty for all of it
    away: bool


class Roster:
    """The people of all units that some audiences may come from."""

    def __init__(self, wanted: Iterable[tuple[Audience, Case]]) -> None:
        self._chains: dict[tuple[int | None, str], tuple[int, ...]] = {}
        self._holders: dict[tuple[int, str], list[_Holder]] = defaultdict(list)
        self._roles: set[str] = set()
        for audience, case in wanted:
            self._chain(audience.unit_id, case.grid_path)
            self._roles.update(role for roles in audience.roles for role in roles)

    def load(self, on: date) -> None:
        """Reads the posts held on this day: the one on leave is told as well as the substitute."""
        units = {unit for chain in self._chains.values() for unit in chain}
        posts = Post.objects.in_force(on).filter(unit__in=units, role__in=self._roles)
        for post in posts.select_related("grid", "user", "substitute").only(*COLUMNS).order_by("pk"):
            away = post.on_leave(on)
            people = [(post.substitute, False), (post.user, True)] if away else [(post.user, False)]
            path = post.grid.path if post.grid else ""
            here = self._holders[post.unit_id, post.role]
            here.extend(_Holder(person.pk, path, gone) for person, gone in people if person and person.is_active)

    def people(self, audience: Audience, case: Case) -> tuple[str, list[int]]:
        """Users whom the audience means for this case, those who are on leave last; and where they serve."""
        if audience.user_id is not None:
            return "", [audience.user_id]
        chain = self._chain(audience.unit_id, case.grid_path)
        if not audience.climbs:
            chain = chain[:1] if chain[:1] == (audience.unit_id,) else ()
        for unit_id in chain:
            for roles in audience.roles:
                if found := self._at(unit_id, roles, case.grid_path):
                    unit = tree.unit(unit_id)
                    return unit.path if unit else "", found
        return "", []

    def _at(self, unit_id: int, roles: frozenset[str], grid_path: str) -> list[int]:
        here = [
            holder
            for role in Role.values
            if role in roles
            for holder in self._holders.get((unit_id, role), ())
            if grid_path.startswith(holder.path)
        ]
        here.sort(key=lambda holder: holder.away)
        return list(dict.fromkeys(holder.user_id for holder in here))

    def _chain(self, unit_id: int | None, grid_path: str) -> tuple[int, ...]:
        """The unit and the authorities above it; for a unit that is no longer active, those over the case's grid."""
        key = (unit_id, grid_path)
        if key not in self._chains:
            unit = tree.unit(unit_id) if unit_id else None
            own = (unit.id,) if unit else ()
            self._chains[key] = tuple(dict.fromkeys((*own, *_authorities(unit.path if unit else grid_path))))
        return self._chains[key]


def _authorities(path: str) -> Iterator[int]:
    above = tree.authority_upward(path)
    while above is not None:
        yield above.id
        above = tree.authority_above(above.path)
