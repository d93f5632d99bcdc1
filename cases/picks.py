"""What can be picked in the form of an action: units, categories, co-handlers, orders; within the reach of the one who
acts. Pages of the desk and of the administration draw it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cases import categories
from cases.models import Case, SupervisionOrder
from grids import tree
from grids.models import Unit

MOST_UNITS = 500
"""Units beyond those that serve the place itself, nearest levels first: a longer list nobody reads."""

Options = list[tuple[str, str]]
"""Value and words."""
Groups = Sequence[tuple[str, Options]]
"""Options below a heading."""


class Picks:
    """For one case and one user; each list is made once, and only where it is asked for."""

    def __init__(self, case: Case, user: Any, orders: Iterable[SupervisionOrder]) -> None:
        self.case, self.user, self._all_orders = case, user, orders

    @property
    def orders(self) -> Options:
        """Orders on this case that are not closed."""
        open_ones = [order for order in self._all_orders if order.closed_at is None]
        return [(str(order.pk), f"{order.pk} · {order.text[:60]}") for order in open_ones]

    @property
    def helping(self) -> Options:
        """Co-handlers of this case."""
        return [(str(pk), tree.unit_name(pk, self.case.grid_path)) for pk in self.case.co_unit_ids]

    @cached_property
    def units(self) -> Groups:
        """Active units within the user's reach: those that serve the place, then the others."""
        seen = Unit.objects.visible_to(self.user).filter(active=True, grid__dissolved_at__isnull=True)
        path = self.case.grid_path
        way = [path[:end] for end in range(tree.STEP, len(path) + 1, tree.STEP)]
        columns = ("pk", "name")
        here = seen.filter(grid__path__in=way).order_by("-grid__path", "pk").values_list(*columns)
        others = seen.exclude(grid__path__in=way).order_by("grid__depth", "grid__path", "pk").values_list(*columns)
        return [
            (_("serve this place"), [(str(pk), name) for pk, name in here]),
            (_("others in your territory"), [(str(pk), name) for pk, name in others[:MOST_UNITS]]),
        ]

    @cached_property
    def categories(self) -> Groups:
        """Leaves in use, below the group that they stand in."""
        english = (get_language() or "").startswith("en")
        rows = sorted(categories.book().by_id.values(), key=lambda row: row.path)
        names = {row.path: (english and row.name_en) or row.name for row in rows}
        plan: dict[str, Options] = {}
        for row in rows:
            if row.active and row.leaf:
                plan.setdefault(_parent(row.path, names), []).append((row.code, names[row.path]))
        return list(plan.items())


def _parent(path: str, names: dict[str, str]) -> str:
    """The name of the nearest path above."""
    return next((names[path[:end]] for end in range(len(path) - 1, 0, -1) if path[:end] in names), "")
