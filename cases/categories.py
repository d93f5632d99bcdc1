"""The category tree and the routing rules, kept in the process."""

from __future__ import annotations

from dataclasses import dataclass

from grids.snapshots import Snapshot


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """A node of the tree, as routing and clocks need it."""

    id: int
    path: str
    code: str
    name: str
    name_en: str
    urgency: str
    unit_kind: str
    lead_level: str
    photo_required: bool
    active: bool
    leaf: bool


@dataclass(frozen=True, slots=True)
class RuleRow:
    """In this grid, matters of this category go to this unit, or to the nearest of this kind."""

    grid_path: str
    category_path: str
    unit_id: int | None
    unit_kind: str


@dataclass(frozen=True)
class CategoryBook:
    by_id: dict[int, CategoryRow]
    by_code: dict[str, CategoryRow]
    rules: tuple[RuleRow, ...]

    def path(self, category_id: int | None) -> str:
        """The tree path; empty for no category, which is below none."""
        return self.by_id[category_id].path if category_id else ""


def _build() -> CategoryBook:
    from .models import Category, RoutingRule

    rows = [
        CategoryRow(
            c.pk, c.path, c.code, c.name, c.name_en, c.urgency, c.unit_kind, c.lead_level,
            c.photo_required, c.active, c.numchild == 0,
        )
        for c in Category.objects.order_by("path")
    ]  # fmt: skip
    rules = RoutingRule.objects.values_list("grid__path", "category__path", "unit_id", "unit_kind")
    return CategoryBook(
        by_id={row.id: row for row in rows},
        by_code={row.code: row for row in rows},
        rules=tuple(RuleRow(*rule) for rule in rules),
    )


_book: Snapshot[CategoryBook] = Snapshot(("categories", "grids"), _build)


def book() -> CategoryBook:
    """The tree and rules as they are now."""
    return _book.get()
