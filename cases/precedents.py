"""The rulings that hold, kept in the process: routing asks them for every case that comes in, rulings are rare."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from grids.snapshots import Snapshot


@dataclass(frozen=True, slots=True)
class PrecedentRow:
    """In this grid, matters of this category are this unit's job: ruled in a case, for a reason."""

    id: int
    grid_path: str
    category_path: str
    unit_id: int
    case_number: str
    ruled_at: datetime
    reason: str

    def fits(self, grid_path: str, category_path: str) -> bool:
        return grid_path.startswith(self.grid_path) and category_path.startswith(self.category_path)

    @property
    def nearness(self) -> tuple[int, int, datetime, int]:
        """Of several that fit, the greatest wins: the deepest grid, then the deepest category, then the newest."""
        return len(self.grid_path), len(self.category_path), self.ruled_at, self.id


def _build() -> tuple[PrecedentRow, ...]:
    from .models import Precedent

    columns = ("pk", "grid__path", "category__path", "unit_id", "case__number", "ruled_at", "reason")
    return tuple(PrecedentRow(*row) for row in Precedent.objects.filter(active=True).values_list(*columns))


_book: Snapshot[tuple[PrecedentRow, ...]] = Snapshot(("precedents", "categories", "grids"), _build)


def book() -> tuple[PrecedentRow, ...]:
    """The precedents in force now."""
    return _book.get()
