"""What lies there at a moment: open, overdue and suspended cases by their age; and what was left out of the measures,
with the reasons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case as Choose
from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils.translation import gettext_lazy as _

from cases.choices import DeadlineState, Status
from cases.models import Case, Deadline
from cases.querysets import CaseQuerySet
from cases.services.clocks import BESIDE

from .choices import MERGED, REJECTED, WAS_OPEN, WITHDRAWN, Anchor
from .counting import marked
from .models import HELD_UNTIL, Fact
from .scopes import Reach, Scope, reach_of

AGES: tuple[tuple[str, Any, int, int | None], ...] = (
    ("week", _("up to a week"), 0, 7),
    ("fortnight", _("one to two weeks"), 7, 14),
    ("month", _("two weeks to a month"), 14, 30),
    ("quarter", _("one to three months"), 30, 90),
    ("older", _("older than three months"), 90, None),
)
"""Name, words, and days since the report: from, and below."""


@dataclass(frozen=True, slots=True)
class AgeBand:
    """The stock of one age: cases reported at least `from_days` and less than `below_days` days ago."""

    name: str
    label: Any
    from_days: int
    below_days: int | None
    open: int
    overdue: int
    suspended: int


@dataclass(frozen=True, slots=True)
class Stock:
    """Open cases at a moment; how many of them somebody is late with; how many rest."""

    at: datetime
    open: int
    overdue: int
    suspended: int
    ages: tuple[AgeBand, ...]


def stock(user: Any, scope: Scope, at: datetime | None = None) -> Stock:
    """The stock of a scope at a moment, now where None; its days do not matter. A unit's stock is what it has.

    A past moment is read from the facts, by the unit that each was put down to. Raises Http404 for a scope outside
    the user's territory.
    """
    reach = reach_of(user, scope, at)
    rows = _now(reach) if at is None else _then(reach)
    bands = [_band(place, found) for place, found in enumerate(_filled(rows))]
    return Stock(
        at=reach.now,
        open=sum(band.open for band in bands),
        overdue=sum(band.overdue for band in bands),
        suspended=sum(band.suspended for band in bands),
        ages=tuple(bands),
    )


def cases_in_stock(user: Any, scope: Scope, name: str) -> CaseQuerySet:
    """The cases behind one figure of today's stock: open, overdue or suspended."""
    reach = reach_of(user, scope)
    return reach.cases().visible_to(user).open().filter(STOCKS[name](reach.now))


STOCKS = {
    "open": lambda now: Q(),
    "overdue": lambda now: Q(due_at__lt=now),
    "suspended": lambda now: Q(status=Status.SUSPENDED),
}
"""Which open cases each figure of the stock counts."""

Tally = dict[int, tuple[int, int, int]]


def _now(reach: Reach) -> Tally:
    rows = reach.cases().open()
    return _counted(rows, reach.now, STOCKS["overdue"](reach.now), STOCKS["suspended"](reach.now), "submitted_at")


def _then(reach: Reach) -> Tally:
    """Whatever was open at the moment; late is what had a clock of the case's own way behind it."""
    rows = _held(reach.held().filter(anchor__in=WAS_OPEN), reach.now)
    late = Deadline.objects.filter(case=OuterRef("case"), assignment=None, order=None, due_at__lt=reach.now)
    late = late.exclude(kind__in=BESIDE).exclude(state=DeadlineState.PAUSED)
    late = late.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=reach.now), starts_at__lte=reach.now)
    rests = _held(Fact.objects.filter(case=OuterRef("case"), anchor=Anchor.SUSPENDED), reach.now)
    # The first one's key, not whether there is any: else the planner reads all clocks that ever were
    rows = rows.annotate(late_clock=Subquery(late.order_by().values("pk")[:1]))
    return _counted(rows, reach.now, Q(late_clock__isnull=False), Exists(rests), "at")


def _held(rows: QuerySet[Fact], at: datetime) -> QuerySet[Fact]:
    """Those that held at the moment."""
    return rows.alias(until=HELD_UNTIL).filter(held_from__lte=at, until__gt=at)


def _counted(rows: QuerySet[Any], now: datetime, late: Any, rests: Any, moment: str) -> Tally:
    ages = [
        When(**{f"{moment}__gt": now - timedelta(days=below)}, then=Value(place))
        for place, (_name, _label, _from, below) in enumerate(AGES)
        if below is not None
    ]
    band = Choose(*ages, default=Value(len(AGES) - 1), output_field=IntegerField())
    found = rows.values(band=band).annotate(
        n=Count("pk"), late=Count("pk", filter=Q(late)), rests=Count("pk", filter=Q(rests))
    )
    return {row["band"]: (row["n"], row["late"], row["rests"]) for row in found.order_by()}


def _filled(found: Tally) -> list[tuple[int, int, int]]:
    return [found.get(place, (0, 0, 0)) for place in range(len(AGES))]


def _band(place: int, found: tuple[int, int, int]) -> AgeBand:
    return AgeBand(*AGES[place], *found)


REASONS: dict[str, tuple[Any, int]] = {
    "rejected": (_("rejected"), REJECTED),
    "merged": (_("merged"), MERGED),
    "withdrawn": (_("withdrawn"), WITHDRAWN),
}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Cases that no rate counts, and why: rejected, merged into another, withdrawn."""

    reason: str
    label: Any
    count: int


def left_out(user: Any, scope: Scope, at: datetime | None = None) -> list[LeftOut]:
    """What was left out in the period, by reason. Raises Http404 as `stock`."""
    reach = reach_of(user, scope, at)
    found = dict(
        reach.facts().filter(anchor=Anchor.LEFT_OUT).values("marks").annotate(n=Count("pk")).values_list("marks", "n")
    )
    return [LeftOut(reason, label, found.get(mark, 0)) for reason, (label, mark) in REASONS.items()]


def facts_left_out(user: Any, scope: Scope, reason: str, at: datetime | None = None) -> QuerySet[Fact]:
    """The facts behind one reason: each names its case and moment."""
    mark = REASONS[reason][1]
    return reach_of(user, scope, at).facts().filter(anchor=Anchor.LEFT_OUT, marks__in=marked(mark))


def cases_left_out(user: Any, scope: Scope, reason: str, at: datetime | None = None) -> CaseQuerySet:
    """The cases behind one reason."""
    seen: CaseQuerySet = Case.objects.visible_to(user)
    return seen.filter(measured__in=facts_left_out(user, scope, reason, at))
