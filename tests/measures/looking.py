"""A small world whose figures can be counted by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cases.models import Category
from insights.figures import Figure, Scope, Spread, figures
from insights.services import drain
from tests.stories import Stories

CHINA = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=CHINA)
LATER = MONDAY + timedelta(days=365)
"""When the figures are looked at, unless a test says otherwise: all deadlines have passed."""


@dataclass(slots=True)
class Looking:
    """Asks for figures after all that changed has been counted."""

    stories: Stories

    def figure(self, name: str, starts: date, ends: date, *, at: datetime = LATER, **where: Any) -> tuple[int, int]:
        """Numerator and denominator of a measure, of the city unless a grid or unit is named."""
        found = self._ask(name, starts, ends, at, where)
        assert isinstance(found, Figure)
        return found.numerator, found.denominator

    def spread(self, name: str, starts: date, ends: date, *, at: datetime = LATER, **where: Any) -> Spread:
        found = self._ask(name, starts, ends, at, where)
        assert isinstance(found, Spread)
        return found

    def _ask(self, name: str, starts: date, ends: date, at: datetime, where: dict[str, Any]) -> Figure | Spread:
        drain()
        grid = where.get("grid", None if "unit" in where else self.stories.cast.city)
        scope = Scope(grid, where.get("unit"), starts, ends)
        return figures(self.stories.cast.city_leader, scope, [name], at)[name]


def lights() -> int:
    """A category, by its key."""
    leaf: Category = Category.objects.add_root({"code": "010301", "name": "路灯"})
    return leaf.pk
