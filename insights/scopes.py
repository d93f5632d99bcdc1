"""What a figure is asked about: a place or a unit, days, and what narrows them; and how far the asker's eyes reach."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone

from cases import categories
from cases.calendars import calendar_of
from cases.models import Case
from cases.querysets import CaseQuerySet
from grids.models import Grid, Unit
from grids.territory import territory_of

from .models import Fact

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows the cases; None: all. A category stands for all below it too. `level` is that of the unit that a
    fact is put down to."""

    category_id: int | None = None
    channel: str | None = None
    urgency: str | None = None
    level: str | None = None

    def __bool__(self) -> bool:
        return any(value is not None for value in (self.category_id, self.channel, self.urgency, self.level))

    def condition(self, prefix: str = "") -> Q:
        """On facts, or on cases where no level is asked for."""
        said = {"channel": self.channel, "urgency": self.urgency, "level": self.level}
        asked = Q(**{f"{prefix}{name}": value for name, value in said.items() if value is not None})
        if self.category_id is not None:
            book = categories.book()
            top = book.by_id.get(self.category_id)
            below = [row.id for row in book.by_id.values() if top is not None and row.path.startswith(top.path)]
            asked &= Q(**{f"{prefix}category_id__in": below})
        return asked


@dataclass(frozen=True, slots=True)
class Scope:
    """What is asked about. Neither grid nor unit: all that the asker answers for – their territory, or what falls to
    their units where they have none. `starts` and `ends` are days of the city, both inclusive."""

    grid: Grid | None
    unit: Unit | None
    starts: date
    ends: date
    filters: Filters = field(default_factory=Filters)


@dataclass(frozen=True, slots=True)
class Reach:
    """A scope as one user may see it, at a moment. `paths` are the places asked about, all of them within the user's
    territory; None where the unit is asked for wherever its cases lie. `own` are the user's units where cases outside
    the territory are seen because they were given to them."""

    scope: Scope
    now: datetime
    paths: tuple[str, ...] | None
    unit_ids: tuple[int, ...] | None
    everything: bool
    territory: tuple[str, ...]
    own: tuple[int, ...]

    @property
    def zone(self) -> ZoneInfo:
        path = self.paths[0] if self.paths else self.territory[0] if self.territory else ""
        return calendar_of(path).zone

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    @property
    def until(self) -> datetime:
        """The end of the period, exclusive; now, where it has not ended."""
        return min(midnight(self.scope.ends + DAY, self.zone), self.now)

    def facts(self) -> QuerySet[Fact]:
        """All facts of the period whose moment has come."""
        return self.of_days().filter(at__lte=self.now)

    def of_days(self) -> QuerySet[Fact]:
        """All facts of the period up to today, also of moments that are still to come."""
        return self.held().filter(day__range=(self.scope.starts, min(self.scope.ends, self.today)))

    def later_today(self) -> QuerySet[Fact]:
        """What is still to come today: daily sums have it already."""
        return self.held().filter(day=self.today, at__gt=self.now)

    def held(self) -> QuerySet[Fact]:
        """All facts, whatever the period."""
        rows = Fact.objects.order_by().filter(self.scope.filters.condition(), self._where("grid_path"))
        return rows.filter(unit__in=self.unit_ids) if self.unit_ids is not None else rows

    def cases(self) -> CaseQuerySet:
        """The cases in question, whatever the period; a unit's are those that it has now."""
        said = self.scope.filters
        narrowed = Q(level=said.level) if said.level else Q()
        narrowed &= Filters(said.category_id, said.channel, said.urgency).condition()
        rows: CaseQuerySet = Case.objects.filter(narrowed, self._where("grid_path", of_cases=True))
        return rows.filter(duty_unit__in=self.unit_ids) if self.unit_ids is not None else rows

    def _where(self, field_name: str, *, of_cases: bool = False) -> Q:
        if self.paths is not None:
            return below(self.paths, field_name)
        if self.everything:
            return Q()
        assigned = Case.objects.filter(unit_ids__overlap=list(self.own)).values("pk")
        by_hand = Q(**{"pk__in" if of_cases else "case__in": assigned})
        return below(self.territory, field_name) | by_hand if self.territory else by_hand


def below(paths: tuple[str, ...], field_name: str) -> Q:
    """Rows in one of these subtrees."""
    places = Q(pk__in=[]) if not paths else Q()
    for path in paths:
        places |= Q(**{f"{field_name}__startswith": path})
    return places


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a day of the city begins."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def reach_of(user: Any, scope: Scope, at: datetime | None = None) -> Reach:
    """What of a scope the user sees, at a moment (now where None).

    Raises Http404 for a grid outside the user's territory, and for a unit that they do not see.
    """
    territory = territory_of(user)
    paths = tuple(territory.paths)
    asked: tuple[str, ...] | None = None
    if scope.grid is not None:
        if not territory.everything and not any(scope.grid.path.startswith(path) for path in paths):
            raise Http404
        asked = (scope.grid.path,)
    units: tuple[int, ...] | None = None
    if scope.unit is not None:
        if not Unit.objects.visible_to(user).filter(pk=scope.unit.pk).exists():
            raise Http404
        units = (scope.unit.pk,)
    elif scope.grid is None and not territory.everything:
        asked, units = (paths, None) if paths else (None, tuple(territory.unit_ids))
    return Reach(
        scope=scope,
        now=at or timezone.now(),
        paths=asked,
        unit_ids=units,
        everything=territory.everything,
        territory=paths,
        own=tuple(territory.unit_ids),
    )
