"""What the address of a leader's page asks for: a place or unit, a period, filters, a measure. All that is seen
stands in it, so that it can be sent to a colleague, who sees as much of it as they may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.http import Http404, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import categories
from cases.choices import Channel, Urgency
from cases.errors import BadInput
from grids import tree
from grids.models import Grid, Unit
from grids.tree import GridSlot, UnitSlot
from insights.figures import Filters, Scope
from insights.measures import MEASURES
from portal.places import grid_of

from .seats import Seat, seats_of

DAYS = {"today": 1, "week": 7, "month": 30, "quarter": 90}
"""How many days a period has, today the last of them."""
PERIODS: Mapping[str, Any] = {
    "today": gettext_lazy("Today"),
    "week": gettext_lazy("7 days"),
    "month": gettext_lazy("30 days"),
    "quarter": gettext_lazy("90 days"),
    "own": gettext_lazy("From – to"),
}
USUAL_PERIOD = "week"
MOST_DAYS = 731
"""The longest period of one's own: two years."""
COLOURED = ("on_time", "response", "closure", "satisfaction", "low_level", "reported", "overdue", "climbing")
"""Measures that the map and the table of places can show, the usual one first."""
FILTERS = ("category", "channel", "urgency")
NAMES = ("place", "unit", "period", "from", "to", *FILTERS, "measure", "by")
LONGEST = 40


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for, checked. `unit` is None for all units; `said` holds the address's words without the usual
    ones."""

    seats: list[Seat]
    seat: Seat
    grid: GridSlot
    unit: UnitSlot | None
    period: str
    starts: date
    ends: date
    filters: Filters
    measure: str
    by: str
    said: dict[str, str]

    @property
    def scope(self) -> Scope:
        """What the figures are asked for."""
        return self._scope(self.starts, self.ends)

    @property
    def days(self) -> int:
        return (self.ends - self.starts).days + 1

    @property
    def before(self) -> Scope:
        """The period of the same length right before."""
        return self._scope(self.starts - timedelta(days=self.days), self.starts - timedelta(days=1))

    def within(self, starts: date, ends: date) -> Scope:
        """Another period of the same."""
        return self._scope(starts, ends)

    def _scope(self, starts: date, ends: date) -> Scope:
        unit = Unit(pk=self.unit.id, grid_id=self.unit.grid_id) if self.unit else None
        # A department has no territory: its cases are asked for wherever they lie
        grid = _light(self.grid) if self.seat.unit_id is None else None
        return Scope(grid=grid, unit=unit, starts=starts, ends=ends, filters=self.filters)

    def address(self, name: str = "leaders", **other: Any) -> str:
        """The address of a page with the same words but for those given; an empty one is left out."""
        said = self.said | {key: str(value) for key, value in other.items()}
        kept = {key: value for key, value in said.items() if value}
        return f"{reverse(name)}?{urlencode(kept)}" if kept else reverse(name)

    @property
    def title(self) -> str:
        """The place or unit that is looked at."""
        return self.unit.name if self.unit else self.grid.name

    @property
    def whole(self) -> bool:
        """Whether no filter narrows it."""
        return not any(name in self.said for name in FILTERS)

    @property
    def crumbs(self) -> list[tuple[str, str]]:
        """The way down from the seat to what is looked at: names with their addresses."""
        if self.seat.unit_id is not None:
            return [(self.seat.name, self.address(place="", unit=self.seat.unit_id))]
        way = [slot for slot in tree.way_to(self.grid.path) if slot.path.startswith(self.seat.grid.path)]
        found = [(slot.name, self.address(place=slot.code, unit="")) for slot in way]
        return [*found, (self.unit.name, self.address())] if self.unit else found

    def at(self, place: GridSlot) -> Asked:
        """The same, looked at another place."""
        return replace(self, grid=place, unit=None, said=self.said | {"place": place.code})


def _light(slot: GridSlot) -> Grid:
    """The row as far as figures need it, without asking for its outline."""
    return Grid(
        pk=slot.id, path=slot.path, depth=len(slot.path) // tree.STEP, code=slot.code, name=slot.name, level=slot.level
    )


def read(user: Any, query: QueryDict) -> Asked:
    """What an address asks for.

    Raises NotPermitted for who has no seat, Http404 for a place or unit outside the seats, and BadInput that names what
    else cannot be used.
    """
    return _Reader(user, query).read()


class _Reader:
    def __init__(self, user: Any, query: QueryDict) -> None:
        self.said = {name: query.get(name, "").replace("\0", "").strip()[:LONGEST] for name in NAMES}
        self.seats = seats_of(user)
        self.faults: dict[str, Any] = {}

    def read(self) -> Asked:
        seat, grid, unit = self._place()
        period = self._one_of("period", PERIODS, USUAL_PERIOD)
        starts, ends = self._own_days() if period == "own" else _last_days(period)
        filters = Filters(
            category_id=self._category(),
            channel=self._one_of("channel", Channel.values, "") or None,
            urgency=self._one_of("urgency", Urgency.values, "") or None,
        )
        measure = self._one_of("measure", COLOURED, COLOURED[0])
        by = self._one_of("by", ("grid", "unit"), "grid")
        if self.faults:
            raise BadInput(**self.faults)
        said = {name: value for name, value in self.said.items() if value}
        return Asked(self.seats, seat, grid, unit, period, starts, ends, filters, measure, by, said)

    def _place(self) -> tuple[Seat, GridSlot, UnitSlot | None]:
        code = self.said["place"]
        if not code and not self.said["unit"] and self.seats[0].unit_id is not None:
            self.said["unit"] = str(self.seats[0].unit_id)
        unit = self._unit(self.said["unit"]) if self.said["unit"] else None
        grid = grid_of(code) if code else tree.by_id(unit.grid_id) if unit else self.seats[0].grid
        if grid is None:
            raise Http404
        for seat in self.seats:
            if seat.holds(grid.path) and (unit is None or unit.path.startswith(seat.grid.path)):
                return seat, grid, unit
            if unit is not None and seat.unit_id == unit.id and seat.grid.id == grid.id:
                return seat, grid, unit
        raise Http404

    def _unit(self, key: str) -> UnitSlot:
        unit = tree.unit(int(key)) if key.isascii() and key.isdigit() and len(key) < 19 else None
        if unit is None:
            raise Http404
        return unit

    def _one_of(self, name: str, known: Any, usual: str) -> str:
        value = self.said[name]
        if value and value not in known:
            self.faults[name] = _("must be one of %s") % ", ".join(known)
            return usual
        return value or usual

    def _own_days(self) -> tuple[date, date]:
        today = timezone.localdate()
        starts, ends = self._day("from"), self._day("to")
        if starts is None or ends is None:
            return today, today
        if not (starts <= ends <= today and (ends - starts).days < MOST_DAYS):
            self.faults["to"] = _("must be from the first day on, not in the future, and at most two years later")
        return starts, ends

    def _day(self, name: str) -> date | None:
        try:
            found = parse_date(self.said[name])
        except ValueError:
            found = None
        if found is None or found.year < 2000:
            self.faults[name] = _("must be a day, such as 2026-03-31")
        return found

    def _category(self) -> int | None:
        code = self.said["category"]
        row = categories.book().by_code.get(code) if code else None
        if code and row is None:
            self.faults["category"] = _("no category has the code %s") % code
        return row.id if row else None


def _last_days(period: str) -> tuple[date, date]:
    today = timezone.localdate()
    return today - timedelta(days=DAYS[period] - 1), today


def measure_of(name: str) -> Any:
    """The measure of this name. Raises Http404 where there is none."""
    if name not in MEASURES:
        raise Http404
    return MEASURES[name]
