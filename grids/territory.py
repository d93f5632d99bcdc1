"""Whose eyes reach where: the posts a user holds today, and the subtrees and units they open.
Every `visible_to` asks here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from .models import Post, User


OUTLINES = ("grid__boundary", "unit__grid__boundary")
"""Columns that no standing needs, and that are the largest by far."""


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


def territories_of(users: Iterable[User], on: date) -> dict[int, Territory]:
    """The same for many users on one day, by their keys: one query however many they are."""
    from .models import Post

    people = {user.pk: user for user in users}
    standings: dict[int | None, list[Standing]] = {pk: [] for pk in people}
    for post in Post.objects.held_by_any(people, on).select_related("unit__grid", "grid").defer(*OUTLINES):
        holders = [post.user_id, post.substitute_id] if post.on_leave(on) else [post.user_id]
        for pk in holders:
            if pk in standings:
                standings[pk].append(_standing(post))
    return {
        pk: Territory(user.is_superuser, tuple(standings[pk])) if user.is_active else NOWHERE
        for pk, user in people.items()
    }


def _load(user: User, on: date) -> Territory:
    from .models import Post

    posts = Post.objects.held_by(user, on).select_related("unit__grid", "grid").defer(*OUTLINES)
    return Territory(everything=user.is_superuser, standings=tuple(_standing(post) for post in posts))


def _standing(post: Post) -> Standing:
    served = post.grid or post.unit.grid
    return Standing(
        post_id=post.pk,
        role=post.role,
        unit_id=post.unit_id,
        unit_kind=post.unit.kind,
        unit_path=post.unit.grid.path,
        unit_level=post.unit.grid.level,
        path=served.path,
        grid_id=served.pk,
    )
