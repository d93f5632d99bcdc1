"""The figures: each with its numerator and denominator, over time, ranked, and with the cases behind it. Pages, reports
and scores ask here; whose eyes reach where, `reach_of` says."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from django.contrib.postgres.fields import ArrayField
from django.db.models import Aggregate, Count, Exists, FloatField, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from cases.errors import BadInput
from cases.models import Case
from cases.querysets import CaseQuerySet
from grids.models import Grid, Unit
from grids.tree import STEP

from .counting import ALL, NOTHING, By, Tallies, closed_by, marked, steps, tallies
from .measures import MEASURES, Measure
from .models import Fact
from .scopes import Filters as Filters
from .scopes import Reach, reach_of
from .scopes import Scope as Scope

Step = Literal["day", "week", "month"]
Part = Literal["numerator", "denominator", "missing"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A rate or a count. `value` is the share, 0 to 1, or the count itself; None where the denominator is 0."""

    measure: str
    numerator: int
    denominator: int
    value: Decimal | None


class Percentiles(NamedTuple):
    """Minutes that half, nine tenths, and all but a hundredth of the cases took at most."""

    median: float
    p90: float
    p99: float


@dataclass(frozen=True, slots=True)
class Spread:
    """How long something took, over `count` cases: in working and in calendar minutes; None where there are none."""

    measure: str
    count: int
    working: Percentiles | None
    calendar: Percentiles | None


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a ranking: a grid, or a unit; `kind` is the grid's level or the unit's kind, `code` the grid's."""

    place_id: int
    name: str
    kind: str
    figures: dict[str, Figure | Spread]
    code: str = ""


def figures(
    user: Any, scope: Scope, measures: Collection[str] | None = None, at: datetime | None = None
) -> dict[str, Figure | Spread]:
    """The measures of a scope, all but stocks where None. Only what has come to pass by `at` (now where None) counts.

    Raises Http404 for a scope outside the user's territory, BadInput for a name that is no measure of a period.
    """
    reach, asked = reach_of(user, scope, at), chosen(measures)
    return _of_key(asked, tallies(reach, _anchors(asked)), _spreads(reach, asked, ALL), None)


def series(
    user: Any, scope: Scope, measure: str, step: Step = "day", at: datetime | None = None
) -> list[tuple[date, Figure | Spread]]:
    """A measure by days, weeks (from Monday) or months of the period, the first and last cut off at its ends; each goes
    by the name of its first whole day."""
    return several_series(user, scope, [measure], step, at)[measure]


def several_series(
    user: Any, scope: Scope, measures: Collection[str], step: Step = "day", at: datetime | None = None
) -> dict[str, list[tuple[date, Figure | Spread]]]:
    """The same of several measures at once, by their names: asked together, as they are counted together."""
    reach, asked = reach_of(user, scope, at), chosen(measures)
    found = tallies(reach, _anchors(asked), By(step=step))
    spreads = _spreads(reach, asked, By(step=step))
    days = [(day, _of_key(asked, found, spreads, day)) for day in steps(scope.starts, scope.ends, step)]
    return {one.name: [(day, figures[one.name]) for day, figures in days] for one in asked}


def ranking(
    user: Any,
    scope: Scope,
    measures: Collection[str],
    by: Literal["grid", "unit"] = "grid",
    at: datetime | None = None,
) -> list[Row]:
    """The grids directly below the scope's, or the units to whom something fell in it, each with its figures: in the
    order of the tree, not of any measure."""
    reach, asked = reach_of(user, scope, at), chosen(measures)
    places = _children(reach) if by == "grid" else None
    told_by = By(places=tuple(places)) if places is not None else By(units=True)
    found, spreads = tallies(reach, _anchors(asked), told_by), _spreads(reach, asked, told_by)
    if places is None:
        places = _units(found.keys() | {key for some in spreads.values() for key in some})
    return [
        Row(pk, name, kind, _of_key(asked, found, spreads, key), code) for key, (pk, name, kind, code) in places.items()
    ]


def cases_behind(
    user: Any, scope: Scope, measure: str, part: Part = "numerator", at: datetime | None = None
) -> CaseQuerySet:
    """The cases that a figure counts, as many as it says: a case that owed two deadlines stands there twice. `missing`
    are those of the denominator that the numerator has not."""
    facts = facts_behind(user, scope, measure, part, at)
    seen: CaseQuerySet = Case.objects.visible_to(user)
    return seen.filter(measured__in=facts)


def facts_behind(
    user: Any, scope: Scope, measure: str, part: Part = "numerator", at: datetime | None = None
) -> QuerySet[Fact]:
    """The facts themselves: each names its case, moment and unit."""
    reach, (asked,) = reach_of(user, scope, at), chosen([measure])
    rows = reach.facts()
    all_ = Q(anchor=asked.anchor)
    if asked.denominator:
        all_ &= Q(marks__in=marked(asked.denominator))
    if asked.kind == "duration":
        return rows.filter(all_, calendar__isnull=False)
    if part == "denominator":
        return rows.filter(all_)
    counted = all_ & Q(marks__in=marked(asked.numerator)) if asked.numerator else all_
    if not asked.until_end:
        return rows.filter(counted) if part == "numerator" else rows.filter(all_).exclude(counted)
    closings = closed_by(reach)
    if part == "numerator":
        return rows.filter(counted | closings)
    later = Fact.objects.filter(closings, case=OuterRef("case"))
    return rows.filter(all_).exclude(counted).filter(~Exists(later))


def chosen(measures: Collection[str] | None) -> list[Measure]:
    """The measures of these names; all that have a period where None. Raises BadInput for another name."""
    counted = [m for m in MEASURES.values() if m.kind != "stock"]
    if measures is None:
        return counted
    known = {m.name for m in counted}
    if unknown := [name for name in measures if name not in known]:
        raise BadInput(measure=_("“%(name)s” is no measure of a period; there are: %(names)s")
                       % {"name": unknown[0], "names": ", ".join(sorted(known))})  # fmt: skip
    return [MEASURES[name] for name in measures]


def _anchors(measures: Iterable[Measure]) -> set[int]:
    return {int(m.anchor) for m in measures if m.kind != "duration" and m.anchor is not None}


def _of_key(
    measures: Iterable[Measure], found: dict[Any, Tallies], spreads: dict[str, dict[Any, Spread]], key: Any
) -> dict[str, Figure | Spread]:
    """What stands under one key, measure by measure."""
    own = found.get(key, NOTHING)
    return {
        m.name: _figure(m, own) if m.kind != "duration" else spreads[m.name].get(key) or _no_spread(m) for m in measures
    }


def _figure(measure: Measure, found: Tallies) -> Figure:
    anchor = measure.anchor or 0
    numerator = found.of(anchor, measure.numerator) + (found.closings if measure.until_end else 0)
    denominator = found.of(anchor, measure.denominator)
    if measure.kind == "count":
        value: Decimal | None = Decimal(numerator)
    else:
        value = Decimal(numerator) / denominator if denominator else None
    return Figure(measure.name, numerator, denominator, value)


def _no_spread(measure: Measure) -> Spread:
    return Spread(measure.name, 0, None, None)


class _Percentiles(Aggregate):
    template = "percentile_cont(ARRAY[0.5, 0.9, 0.99]) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = ArrayField(FloatField())


def _spreads(reach: Reach, measures: Iterable[Measure], by: By) -> dict[str, dict[Any, Spread]]:
    """The spread of each duration by its key: exact, from the facts themselves."""
    found: dict[str, dict[Any, Spread]] = {}
    for measure in measures:
        if measure.kind == "duration" and measure.anchor is not None:
            rows: Any = reach.facts().filter(anchor=measure.anchor, calendar__isnull=False).values_list(by.of_facts())
            rows = rows.annotate(n=Count("pk"), w=_Percentiles("working"), c=_Percentiles("calendar"))
            found[measure.name] = {
                key: Spread(measure.name, n, Percentiles(*working), Percentiles(*calendar))
                for key, n, working, calendar in rows
                if n
            }
    return found


Place = tuple[int, str, str, str]


def _children(reach: Reach) -> dict[str, Place]:
    """The standing grids below the one asked about, by their tree paths; where none or several are, these."""
    if reach.scope.grid is not None:
        above = reach.scope.grid.path
        rows = Grid.objects.below(above).filter(depth=len(above) // STEP + 1)
    elif reach.paths is None and reach.everything:
        rows = Grid.objects.filter(depth=1)
    elif reach.paths is not None and len(reach.paths) == 1:
        rows = Grid.objects.below(reach.paths[0]).filter(depth=len(reach.paths[0]) // STEP + 1)
    else:
        rows = Grid.objects.filter(path__in=reach.paths or [])
    rows = rows.standing()
    found = rows.values_list("path", "pk", "name", "level", "code")
    return {path: (pk, name, level, code) for path, pk, name, level, code in found}


def _units(keys: Iterable[Any]) -> dict[Any, Place]:
    rows = Unit.objects.filter(pk__in=[key for key in keys if key is not None])
    return {pk: (pk, name, kind, "") for pk, name, kind in rows.values_list("pk", "name", "kind")}
