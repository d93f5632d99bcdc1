"""Whose job it is: from a category and a grid to the lead unit, with the reason in a sentence."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from grids import tree
from grids.choices import Level, UnitKind

from . import categories, precedents
from .calendars import calendar_of
from .categories import CategoryRow, RuleRow

LONGEST_REASON = 120
"""Characters of a ruling's reason that a proposal repeats."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """The unit that should lead, and why. `unit_id` is None where the territory has no unit at all."""

    unit_id: int | None
    why: str


def propose(grid_path: str, category_id: int | None) -> Proposal:
    """The nearest precedent wins whose unit still serves; else the nearest ancestor's rule; else the nearest unit of
    the category's kind upward from the grid; else the authority of the town (or of the nearest grid above it that has
    one), whose dispatcher decides."""
    book = categories.book()
    category = book.by_id.get(category_id) if category_id else None
    if category is not None:
        rule = _nearest_rule(book.rules, grid_path, category.path)
        proposal = (
            _by_precedent(grid_path, category.path)
            or (_by_rule(rule, grid_path) if rule else None)
            or _by_kind(grid_path, category)
        )
        if proposal:
            return proposal
    town = tree.authority_upward(grid_path, from_level=Level.TOWN)
    if town is None:
        return Proposal(None, _("no unit serves this territory"))
    return Proposal(town.id, _("%(unit)s decides: nothing says more") % {"unit": town.name})


def _by_precedent(grid_path: str, category_path: str) -> Proposal | None:
    fitting = [row for row in precedents.book() if row.fits(grid_path, category_path) and tree.unit(row.unit_id)]
    row = max(fitting, key=lambda p: p.nearness, default=None)
    if row is None:
        return None
    said = {
        "number": row.case_number,
        "date": f"{row.ruled_at.astimezone(calendar_of(grid_path).zone):%Y-%m-%d}",
        "reason": Truncator(" ".join(row.reason.split())).chars(LONGEST_REASON),
    }
    return Proposal(row.unit_id, _("precedent: ruled in case %(number)s on %(date)s: %(reason)s") % said)


def _nearest_rule(rules: tuple[RuleRow, ...], grid_path: str, category_path: str) -> RuleRow | None:
    fitting = [
        rule for rule in rules if grid_path.startswith(rule.grid_path) and category_path.startswith(rule.category_path)
    ]
    return max(fitting, key=lambda r: (len(r.grid_path), len(r.category_path)), default=None)


def _by_rule(rule: RuleRow, grid_path: str) -> Proposal | None:
    unit = tree.unit(rule.unit_id) if rule.unit_id is not None else tree.nearest_of_kind(grid_path, rule.unit_kind)
    if unit is None:
        return None
    place = tree.by_path(rule.grid_path)
    said = {"grid": place.name if place else "", "unit": unit.name}
    return Proposal(unit.id, _("a rule of %(grid)s names %(unit)s") % said)


def _by_kind(grid_path: str, category: CategoryRow) -> Proposal | None:
    if not category.unit_kind:
        return None
    level = Level(category.lead_level) if category.lead_level else None
    unit = tree.nearest_of_kind(grid_path, category.unit_kind, level)
    if unit is None and level is not None:
        unit = tree.nearest_of_kind(grid_path, category.unit_kind)
    if unit is None:
        return None
    reason = _("“%(category)s” is a matter for %(kind)s, and %(unit)s is the nearest")
    kind = UnitKind(category.unit_kind).label
    return Proposal(unit.id, reason % {"category": category.name, "kind": kind, "unit": unit.name})
