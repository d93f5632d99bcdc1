"""Whose eyes reach where: the posts a user holds today, and the subtrees and units they open.
Every `visible_to` asks here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone

if TYPE_CHECKING:
    from .models import User


@dataclass(frozen=True, slots=True)
class Standing:
    """One post held today, by oneself or as a substitute.

    `path` is the tree path of the territory served; `unit_path` that of the unit's grid; `rank` counts the level of
    the unit's grid from the city (0) down.
    """

    post_id: int
    role: str
    unit_id: int
    unit_kind: str
    unit_path: str
    unit_level: str
    path: str
    grid_id: int

    @property
    def of_authority(self) -> bool:
        return self.unit_kind == "authority"

    def covers(self, path: str) -> bool:
        """Whether the authority's territory contains the grid at this tree path."""
        return self.of_authority and path.startswith(self.path)


STANDING = (
    "pk", "role", "unit_id", "unit__kind", "unit__grid__path", "unit__grid__level",
    Coalesce("grid__path", "unit__grid__path"), Coalesce("grid_id", "unit__grid_id"),
)  # fmt: skip
"""What a standing is made of, in its order, as columns of a post: nothing else is read of it."""


@dataclass(frozen=True, slots=True)
class Territory:
    """What a user reaches: everything (superuser), or the union of the standings."""

    everything: bool
    standings: tuple[Standing, ...]

    @property
    def paths(self) -> list[str]:
        """Subtrees that the user sees, without those that lie in another of them."""
        paths = sorted({s.path for s in self.standings if s.of_authority})
        return [p for p in paths if not any(p != q and p.startswith(q) for q in paths)]

    @property
    def unit_ids(self) -> list[int]:
        return sorted({s.unit_id for s in self.standings})

    def within(self, path_field: str) -> Q:
        """A condition: the row's tree path lies in one of the subtrees."""
        if self.everything:
            return Q()
        reach = Q(pk__in=[])
        for path in self.paths:
            reach |= Q(**{f"{path_field}__startswith": path})
        return reach


NOWHERE = Territory(everything=False, standings=())


def territory_of(user: Any, on: date | None = None) -> Territory:
    """The territory of a user on a day (today, in the current time zone, where None).

    Today's is kept on the user object, which lives as long as a request: one query however often it is asked.
    """
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return NOWHERE
    if on is not None:
        return _load(user, on)
    kept: Territory | None = getattr(user, "_territory", None)
    if kept is None:
        kept = user._territory = _load(user, timezone.localdate())
    return kept


def remember(user: Any, standings: Iterable[Iterable[Any]]) -> None:
    """Keeps today's territory of an active user that was read elsewhere; each standing as `STANDING` has it."""
    user._territory = Territory(user.is_superuser, tuple(Standing(*row) for row in standings))


def territories_of(users: Iterable[User], on: date) -> dict[int, Territory]:
    """The same for many users on one day, by their keys: one query however many they are."""
    from .models import Post

    people = {user.pk: user for user in users}
    standings: dict[int | None, list[Standing]] = {pk: [] for pk in people}
    held = Post.objects.held_by_any(people, on)
    columns = ("user_id", "substitute_id", "leave_from", "leave_to")
    for own, substitute, leave_from, leave_to, *standing in held.values_list(*columns, *STANDING):
        away = Post(leave_from=leave_from, leave_to=leave_to).on_leave(on)
        for pk in [own, substitute] if away else [own]:
            if pk in standings:
                standings[pk].append(Standing(*standing))
    return {
        pk: Territory(user.is_superuser, tuple(standings[pk])) if user.is_active else NOWHERE
        for pk, user in people.items()
    }


def _load(user: User, on: date) -> Territory:
    from .models import Post

    standings = Post.objects.held_by(user, on).values_list(*STANDING)
    return Territory(everything=user.is_superuser, standings=tuple(Standing(*row) for row in standings))
