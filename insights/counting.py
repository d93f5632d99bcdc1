"""How often facts occur, by anchor and mark: from the daily sums where nothing narrows a place, else from the facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, CharField, Count, DateField, DateTimeField, F, Func, Q, Sum, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Least, Substr

from .choices import MARKS, Anchor
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


def tallies(
    reach: Reach, anchors: Collection[int], key: Combinable | None = None, ends: Combinable | None = None
) -> dict[Any, Tallies]:
    """The tallies of these anchors by a key of the facts, all under None where there is no key. `ends` is the last day
    of each key's own period, that of the scope where None."""
    grouped = key if key is not None else Value(None, CharField())
    sums = {f"sum{bit}": Sum(F("marks").bitand(1 << bit)) for bit in range(MARKS)}
    rows = reach.facts().filter(anchor__in=anchors).values(key=grouped).values_list("key", "anchor")
    found: dict[Any, dict[int, Tally]] = defaultdict(dict)
    for at, anchor, total, *marked in rows.annotate(total=Count("pk"), **sums):
        found[at][anchor] = (total, *(some >> bit for bit, some in enumerate(marked)))
    closings = _closings(reach, grouped, ends) if Anchor.ACCEPTED in anchors else {}
    return {at: Tallies(found.get(at, {}), closings.get(at, 0)) for at in found.keys() | closings.keys()}


def _closings(reach: Reach, key: Combinable, ends: Combinable | None) -> dict[Any, int]:
    rows = reach.facts().filter(closed_by(reach, ends)).values(key=key).values_list("key")
    return dict(rows.annotate(total=Count("pk")))


def closed_by(reach: Reach, ends: Combinable | None = None) -> Q:
    """Closings that held when the period ended."""
    until: Any = reach.until if ends is None else _Midnight(Value(str(reach.zone)), ends)
    still = Q(held_until__isnull=True) | Q(held_until__gte=until)
    return Q(still, anchor=Anchor.CLOSING, held_from__lt=until)


class _Midnight(Func):
    """When the day after a day of a time zone begins."""

    template = "timezone(%(expressions)s + interval '1 day')"
    arg_joiner = ", "
    output_field = DateTimeField()


def by_place(paths: Collection[str]) -> Combinable:
    """Which of these places, none within another, a fact lies below."""
    lengths = {len(path) for path in paths}
    if len(lengths) <= 1:
        return Substr("grid_path", 1, max(lengths, default=1))
    return Case(*(When(grid_path__startswith=path, then=Value(path)) for path in paths), output_field=CharField())


class _FirstDay(Func):
    """The first day of the week or month of a day."""

    template = "date_trunc('%(step)s', %(expressions)s::timestamp)::date"
    output_field = DateField()


class _LastDay(Func):
    """The last day of the week or month of a day."""

    template = "(date_trunc('%(step)s', %(expressions)s::timestamp) + interval '1 %(step)s' - interval '1 day')::date"
    output_field = DateField()


def step_of(step: str) -> Combinable:
    """The first day of a fact's day, week (Monday) or month."""
    return F("day") if step == "day" else _FirstDay("day", step=step)


def end_of(step: str, ends: date) -> Combinable:
    """The last day of a fact's day, week or month, within a period that ends then."""
    return F("day") if step == "day" else Least(_LastDay("day", step=step), Value(ends, DateField()))


def steps(starts: date, ends: date, step: str) -> Iterable[tuple[date, date, date]]:
    """The days, weeks or months of a period: by which name each goes, its first and its last day within the period."""
    name = first_of(starts, step)
    while name <= ends:
        following = _next(name, step)
        yield name, max(name, starts), min(following - DAY, ends)
        name = following


def first_of(day: date, step: str) -> date:
    """The first day of the week or month that a day lies in."""
    if step == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if step == "month" else day


def _next(first: date, step: str) -> date:
    if step == "month":
        return (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return first + (timedelta(days=7) if step == "week" else DAY)


def marked(mark: int) -> list[int]:
    """All values of `Fact.marks` that bear this mark: as a list, so that it is a plain condition."""
    return [value for value in range(1 << MARKS) if value & mark]
