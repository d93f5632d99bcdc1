"""How often facts occur, by anchor and mark: from the daily sums where nothing narrows a place, else from the facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, CharField, Count, DateField, DateTimeField, F, Func, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Least, Substr

from grids.tree import STEP

from .choices import MARKS, Anchor
from .models import DEPTHS, DayCount, Fact
from .scopes import DAY, Reach

Tally = tuple[int, ...]
"""How many, and how many with each mark."""
EMPTY: Tally = (0,) * (1 + MARKS)


@dataclass(frozen=True, slots=True)
class Tallies:
    """Tallies by anchor; `closings` is how many closings the end of the period decided."""

    by_anchor: Mapping[int, Tally]
    closings: int = 0

    def of(self, anchor: int, marks: int = 0) -> int:
        """How many moments of this anchor, with this mark (0: any)."""
        tally = self.by_anchor.get(anchor, EMPTY)
        return tally[marks.bit_length()] if marks else tally[0]


NOTHING = Tallies({})


@dataclass(frozen=True, slots=True)
class By:
    """By what figures are told apart: a step of time (day, week, month), places of which none lies within another, or
    units; nothing of it: all together, under None."""

    step: str = ""
    places: tuple[str, ...] | None = None
    units: bool = False

    def of_facts(self) -> Any:
        """The key of a fact."""
        if self.step:
            return self._first_day()
        if self.places is not None:
            return _place_among(self.places)
        return F("unit") if self.units else Value(None, CharField())

    def of_sums(self) -> Any:
        """The key of a daily sum."""
        if self.step:
            return self._first_day()
        return F("path") if self.places is not None else Value(None, CharField())

    def _first_day(self) -> Any:
        return F("day") if self.step == "day" else _FirstDay("day", step=self.step)

    def last_day(self, ends: date) -> Any:
        """The last day of a fact's own step, within a period that ends then."""
        if self.step == "day":
            return F("day")
        return Least(_LastDay("day", step=self.step), Value(ends, DateField()))


ALL = By()


def tallies(reach: Reach, anchors: Collection[int], by: By = ALL) -> dict[Any, Tallies]:
    """The tallies of these anchors by their key."""
    found: dict[Any, dict[int, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0] * (1 + MARKS)))
    if _summed(reach, by):
        _add(found, 1, _of_sums(_sums(reach, anchors, by), by))
        if reach.scope.ends >= reach.today:
            _add(found, -1, _of_facts(reach.later_today().filter(anchor__in=anchors), by))
    else:
        _add(found, 1, _of_facts(reach.facts().filter(anchor__in=anchors), by))
    closings = _closings(reach, by) if Anchor.ACCEPTED in anchors else {}
    return {
        key: Tallies({anchor: tuple(tally) for anchor, tally in found[key].items()}, closings.get(key, 0))
        for key in found.keys() | closings.keys()
    }


def _summed(reach: Reach, by: By) -> bool:
    """Whether the daily sums can tell it: of whole places that they are kept of."""
    if by.units or reach.unit_ids is not None or reach.scope.filters:
        return False
    asked = by.places if by.places is not None else reach.paths
    return reach.everything if asked is None else all(len(path) <= DEPTHS * STEP for path in asked)


def _sums(reach: Reach, anchors: Collection[int], by: By) -> QuerySet[DayCount]:
    asked = by.places if by.places is not None else reach.paths
    where = Q(path__length=STEP) if asked is None else Q(path__in=asked)
    days = (reach.scope.starts, min(reach.scope.ends, reach.today))
    return DayCount.objects.order_by().filter(where, anchor__in=anchors, day__range=days)


def _of_sums(rows: QuerySet[DayCount], by: By) -> Iterable[tuple[Any, ...]]:
    sums = {f"sum{bit}": Sum(f"mark{bit}") for bit in range(1, 1 + MARKS)}
    return rows.values_list(by.of_sums(), "anchor").annotate(n=Sum("total"), **sums)


def _of_facts(rows: QuerySet[Fact], by: By) -> Iterable[tuple[Any, ...]]:
    sums = {f"sum{bit}": Sum(F("marks").bitrightshift(bit).bitand(1)) for bit in range(MARKS)}
    return rows.values_list(by.of_facts(), "anchor").annotate(n=Count("*"), **sums)


def _add(found: dict[Any, dict[int, list[int]]], sign: int, rows: Iterable[tuple[Any, ...]]) -> None:
    for key, anchor, *counts in rows:
        tally = found[key][anchor]
        for place, count in enumerate(counts):
            tally[place] += sign * count


def _closings(reach: Reach, by: By) -> dict[Any, int]:
    # What has been closed has been accepted before: its moment need not be looked at
    rows = reach.of_days().filter(closed_by(reach, by))
    return dict(rows.values_list(by.of_facts()).annotate(n=Count("*")))


def closed_by(reach: Reach, by: By = ALL) -> Q:
    """Closings that held when the period ended, or the step of time that they are counted in."""
    until: Any = reach.until
    if by.step:
        until = Least(_Midnight(Value(str(reach.zone)), by.last_day(reach.scope.ends)), Value(reach.now))
    still = Q(held_until__isnull=True) | Q(held_until__gte=until)
    return Q(still, anchor=Anchor.CLOSING, held_from__lt=until)


class _Midnight(Func):
    """When the day after a day of a time zone begins."""

    template = "timezone(%(expressions)s + interval '1 day')"
    arg_joiner = ", "
    output_field = DateTimeField()


class _FirstDay(Func):
    """The first day of the week (Monday) or month of a day."""

    template = "date_trunc('%(step)s', %(expressions)s::timestamp)::date"
    output_field = DateField()


class _LastDay(Func):
    """The last day of the week or month of a day."""

    template = "(date_trunc('%(step)s', %(expressions)s::timestamp) + interval '1 %(step)s' - interval '1 day')::date"
    output_field = DateField()


def _place_among(paths: tuple[str, ...]) -> Any:
    lengths = {len(path) for path in paths}
    if len(lengths) <= 1:
        return Substr("grid_path", 1, max(lengths, default=1))
    return Case(*(When(grid_path__startswith=path, then=Value(path)) for path in paths), output_field=CharField())


def steps(starts: date, ends: date, step: str) -> Iterable[date]:
    """The days, Mondays or firsts of months by which the steps of a period go; the first may lie before it."""
    name = starts
    if step == "week":
        name = starts - timedelta(days=starts.weekday())
    elif step == "month":
        name = starts.replace(day=1)
    while name <= ends:
        yield name
        name = _next(name, step)


def _next(first: date, step: str) -> date:
    if step == "month":
        return (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return first + (timedelta(days=7) if step == "week" else DAY)


def marked(mark: int) -> list[int]:
    """All values of `Fact.marks` that bear this mark: as a list, so that it is a plain condition."""
    return [value for value in range(1 << MARKS) if value & mark]
