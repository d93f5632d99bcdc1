"""Which cases somebody sees: `visible_to(user)`. Everything else (detail, filters, exports, statistics, related
rows, admin) asks it; what lies outside does not exist for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from grids import tree
from grids.choices import Level, Role
from grids.territory import Territory, territory_of

from .choices import ASKED_OF_A_UNIT, OPEN

if TYPE_CHECKING:
    from .models import Case


def _reach(territory: Territory, prefix: str = "") -> Q:
    reach = territory.within(f"{prefix}grid_path")
    if territory.unit_ids:
        reach |= Q(**{f"{prefix}unit_ids__overlap": territory.unit_ids})
    return reach


def reaches(territory: Territory, case: Case) -> bool:
    """`visible_to` for a case that is read already: the same two conditions, held together by a test."""
    if territory.everything or not set(territory.unit_ids).isdisjoint(case.unit_ids):
        return True
    return any(case.grid_path.startswith(path) for path in territory.paths)


def reads_peer_rating(territory: Territory, case: Case, co_handler: int) -> bool:
    """Who of those that see the case reads the verdicts that lead and this co-handler gave each other: these two, and
    the authorities over the place at the lead's level or above."""
    if territory.everything or not {case.lead_unit_id, co_handler}.isdisjoint(territory.unit_ids):
        return True
    lead = tree.unit(case.lead_unit_id) if case.lead_unit_id else None
    level = Level(lead.level if lead else case.level).rank
    return any(s.covers(case.grid_path) and Level(s.unit_level).rank <= level for s in territory.standings)


class CaseQuerySet(models.QuerySet):
    """Cases, by eyes, state and place."""

    def visible_to(self, user: Any) -> Self:
        """Cases in the user's subtrees, and those ever assigned to one of their units."""
        territory = territory_of(user)
        return self if territory.everything else self.filter(_reach(territory))

    def open(self) -> Self:
        return self.filter(status__in=OPEN)

    def overdue(self) -> Self:
        """Open cases past a moment that somebody owed, whether or not the sweep has flagged it yet."""
        # That they are open goes without saying, but not for the planner: the indexes of open cases are small
        return self.open().filter(due_at__lt=timezone.now())

    def mine(self, user: Any) -> Self:
        """Open cases that one of the user's units has now, or has a running share of, or in which something is asked of
        it: to decide, or to answer or check an order."""
        units = territory_of(user).unit_ids
        has_now: models.QuerySet = CaseQuerySet(self.model).open().filter(duty_unit__in=units).values("pk")
        # Lists of keys, each from an index of its own: an "or" of them would be asked of every case
        return self.open().filter(pk__in=has_now.union(_shares(units), _asked(units), all=True))


def _shares(units: list[int]) -> models.QuerySet:
    from .models import Assignment

    return Assignment.objects.filter(unit__in=units, ended_at__isnull=True).values("case")


def _asked(units: list[int]) -> models.QuerySet:
    from .models import Deadline

    asked = Deadline.objects.filter(state="running", kind__in=ASKED_OF_A_UNIT)  # as the index has it
    return asked.filter(unit__in=units).values("case")


class OfCaseQuerySet(models.QuerySet):
    """Rows of visible cases."""

    def visible_to(self, user: Any) -> Self:
        territory = territory_of(user)
        return self if territory.everything else self.filter(_reach(territory, "case__"))


class LookBackQuerySet(models.QuerySet):
    """Samples of units over which somebody watches."""

    def visible_to(self, user: Any) -> Self:
        """Those of the subtrees that one supervises or leads: no department looks back on itself."""
        territory = territory_of(user)
        return self if territory.everything else self.filter(_any_below(watched(user), "unit__grid__path"))


def watched(user: Any) -> list[str]:
    """Tree paths over which the user watches: as a supervisor or leader of their authorities."""
    roles = (Role.SUPERVISOR, Role.LEADER)
    return [s.path for s in territory_of(user).standings if s.of_authority and s.role in roles]


def _any_below(paths: list[str], field: str) -> Q:
    below = Q(pk__in=[])
    for path in paths:
        below |= Q(**{f"{field}__startswith": path})
    return below


class AssignmentQuerySet(OfCaseQuerySet):
    """Shares of visible cases."""

    def running(self) -> Self:
        return self.filter(ended_at__isnull=True)


class AttachmentQuerySet(OfCaseQuerySet):
    """Files of visible cases."""


WHAT_IF_ROLES = frozenset({Role.ADMINISTRATOR.value, Role.LEADER.value, Role.SUPERVISOR.value})
"""Who may ask what would have been in their territory, and read what came out."""


class SimulationQuerySet(models.QuerySet):
    """What-ifs of one's territory."""

    def visible_to(self, user: Any) -> Self:
        territory = territory_of(user)
        if territory.everything:
            return self
        reach = Q(pk__in=[])
        for standing in territory.standings:
            if standing.role in WHAT_IF_ROLES and standing.of_authority:
                reach |= Q(grid__path__startswith=standing.path)
        return self.filter(reach)


class SimulatedQuerySet(OfCaseQuerySet):
    """Clocks of visible cases."""
