"""Which rows of the territory somebody sees: `visible_to(user)`, and nothing beside it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from django.db.models import Q
from treebeard.mp_tree import MP_NodeQuerySet

from .territory import NOWHERE, territory_of

if TYPE_CHECKING:
    from .models import User


class GridQuerySet(MP_NodeQuerySet):
    """Grids of one's own subtrees; a department's people see the grid that it serves."""

    def visible_to(self, user: Any) -> Self:
        territory = territory_of(user)
        if territory.everything:
            return self
        served = Q(pk__in=[s.grid_id for s in territory.standings])
        return self.filter(territory.within("path") | served)

    def standing(self) -> Self:
        """Without those that a merger dissolved."""
        return self.filter(dissolved_at__isnull=True)

    def below(self, path: str) -> Self:
        """The grid at this tree path and all that lies in it."""
        return self.filter(path__startswith=path)


class UnitQuerySet(models.QuerySet):
    """Units of one's own subtrees, and those one serves in."""

    def visible_to(self, user: Any) -> Self:
        territory = territory_of(user)
        if territory.everything:
            return self
        return self.filter(territory.within("grid__path") | Q(pk__in=territory.unit_ids))


class PostQuerySet(models.QuerySet):
    """Posts in visible units; and which of them are held on a day."""

    def visible_to(self, user: Any) -> Self:
        territory = territory_of(user)
        if territory.everything:
            return self
        if territory is NOWHERE:
            return self.none()
        return self.filter(
            territory.within("unit__grid__path") | Q(unit__in=territory.unit_ids) | Q(user=user) | Q(substitute=user)
        )

    def in_force(self, on: date) -> Self:
        return self.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on), starts_on__lte=on, unit__active=True)

    def held_by(self, user: User, on: date) -> Self:
        """Posts whose powers the user has on this day: their own, and those they stand in for."""
        return self.held_by_any([user.pk], on)

    def held_by_any(self, user_ids: Iterable[int], on: date) -> Self:
        """`held_by` for many users."""
        pks = list(user_ids)
        return self._held(Q(user__in=pks), Q(substitute__in=pks), on)

    def held_in_statement(self, user: Any, on: date) -> Self:
        """`held_by` in a subquery; `user` is an expression of the outer query."""
        return self._held(Q(user=user), Q(substitute=user), on)

    def _held(self, own: Q, stands_in: Q, on: date) -> Self:
        away = Q(leave_from__lte=on, leave_to__gte=on)
        return self.in_force(on).filter(own | (stands_in & away)).order_by("pk")


class IntakePointQuerySet(models.QuerySet):
    """Intake points of one's own subtrees."""

    def visible_to(self, user: Any) -> Self:
        return self.filter(territory_of(user).within("grid__path"))


class UserQuerySet(models.QuerySet):
    """People who serve in one's own subtrees or units, and oneself."""

    def visible_to(self, user: Any) -> Self:
        territory = territory_of(user)
        if territory.everything:
            return self
        if territory is NOWHERE:
            return self.none()
        from .models import Post

        colleagues = Post.objects.visible_to(user).values("user")
        return self.filter(Q(pk__in=colleagues) | Q(pk=user.pk))


class UserManager(DjangoUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Django's, with `visible_to`."""
