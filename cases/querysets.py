"""Which cases somebody sees: `visible_to(user)`. Everything else (detail, filters, exports, statistics, related
rows, admin) asks it; what lies outside does not exist for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import BooleanField, Case, F, Func, Max, Q, TextField, Value, When, Window
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan
from django.utils import timezone

from grids import tree
from grids.choices import Level, Role
from grids.territory import Territory, territory_of

from .choices import ASKED_OF_A_UNIT, OPEN
from .words import wanted, within

if TYPE_CHECKING:
    from .models import Case as CaseRow


LONG = ("text", "reply", "reporter_sealed", "last_hash")
"""Columns of a case that no list shows."""


def _reach(territory: Territory, prefix: str = "") -> Q:
    reach = territory.within(f"{prefix}grid_path")
    if territory.unit_ids:
        reach |= Q(**{f"{prefix}unit_ids__overlap": territory.unit_ids})
    return reach


def reaches(territory: Territory, case: CaseRow) -> bool:
    """`visible_to` for a case that is read already: the same two conditions, held together by a test."""
    if territory.everything or not set(territory.unit_ids).isdisjoint(case.unit_ids):
        return True
    return any(case.grid_path.startswith(path) for path in territory.paths)


def reads_peer_rating(territory: Territory, case: CaseRow, co_handler: int) -> bool:
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

    def search(self, said: str, user: Any, *, newest: int | None = None) -> Self:
        """Cases of the user's in whose number, title, text or address everything that was typed stands.

        `newest` may cut what is found to so many, where nothing else narrows the list: then no more need be joined.
        Raises BadInput where nothing in it can be looked for."""
        from .models import CaseWords

        asked = wanted(said)
        rows = self
        for number in asked.numbers:
            rows = rows.filter(number__startswith=number)
        if not asked.lexemes:
            return rows
        territory = territory_of(user)
        narrow = within(asked.lexemes, territory.paths)
        if territory.everything or narrow is None:
            return rows.filter(pk__in=CaseWords.objects.visible_to(user).having(asked.lexemes).values("case"))
        # Two lists of keys, each by an index that knows words and eyes together
        lies_there: Any = CaseWords.objects.filter(territory.within("grid_path")).having(narrow).values("case")
        assigned: Any = self.model._default_manager.filter(unit_ids__overlap=territory.unit_ids)
        assigned = assigned.filter(Having(F("words__words"), Value(asked.lexemes))).values("pk")
        if newest is not None and not asked.numbers:
            lies_there, assigned = lies_there.order_by("-case")[:newest], assigned.order_by("-pk")[:newest]
        return rows.filter(pk__in=lies_there.union(assigned, all=True) if territory.paths else assigned)

    def best(self, said: str) -> models.QuerySet:
        """The newest of these, the best first: a term in the title counts more than one in the address, and that more
        than one in the text; between equals the newer one. No more than BEST_OF_NEWEST are weighed; `newest` is the
        key of the newest of them."""
        newest = self.order_by("-pk").values("pk")[:BEST_OF_NEWEST]
        score: Any = Value(0)
        for term in wanted(said).terms:
            score = score + sum((_weight(field, term, weight) for field, weight in WEIGHTS.items()), Value(0))
        rows = self.model._default_manager.filter(pk__in=newest).annotate(score=score, newest=Window(Max("pk")))
        return rows.defer(*LONG).order_by("-score", "-pk")


BEST_OF_NEWEST = 500
"""So many matches are ranked: nobody turns more pages, and weighing all would cost the more the worse the search is."""
WEIGHTS = {"title": 8, "address": 3, "text": 1}
"""What a term counts in each field."""


class Folded(Func):
    """A text as searches compare it (`cases.words.folded`)."""

    function = "cases_folded"
    output_field = TextField()


class Having(Func):
    """Whether a `tsvector` matches the text of a `tsquery`."""

    template = "%(expressions)s::tsquery"
    arg_joiner = " @@ "
    output_field = BooleanField()


def _weight(field: str, term: str, weight: int) -> Any:
    stands = GreaterThan(StrIndex(Folded(F(field)), Value(term)), Value(0))
    return Case(When(stands, then=Value(weight)), default=Value(0))


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


class PublicEntryQuerySet(OfCaseQuerySet):
    """Entries of the bulletin."""

    def shown(self) -> Self:
        """Those that anybody may read: approved, not taken out, and their matter still solved."""
        return self.filter(withdrawn_at__isnull=True, case__status="closed")

    def below(self, path: str) -> Self:
        """Those of the grid at a tree path and below it."""
        return self.filter(case__grid_path__startswith=path)


class CaseWordsQuerySet(models.QuerySet):
    """What can be searched of visible cases."""

    def visible_to(self, user: Any) -> Self:
        territory = territory_of(user)
        return self if territory.everything else self.filter(_reach(territory))

    def having(self, lexemes: str) -> Self:
        """Those that match a `tsquery`, as `cases.words` makes it."""
        return self.filter(Having(F("words"), Value(lexemes)))


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


class JobQuerySet(models.QuerySet):
    """Long pieces of work."""

    def visible_to(self, user: Any) -> Self:
        """One's own: what came out of it is what one saw oneself."""
        return self if territory_of(user).everything else self.filter(asked_by=user)


class JobItemQuerySet(models.QuerySet):
    """Cases of one's own jobs, as far as one still sees them."""

    def visible_to(self, user: Any) -> Self:
        territory = territory_of(user)
        if territory.everything:
            return self
        return self.filter(_reach(territory, "case__"), job__asked_by=user)


class PatrolQuerySet(models.QuerySet):
    """Check-ins on patrols."""

    def visible_to(self, user: Any) -> Self:
        """One's own, and those in one's subtrees."""
        territory = territory_of(user)
        if territory.everything:
            return self
        return self.filter(territory.within("grid__path") | Q(user=user)) if territory.standings else self.none()


class PatrolPhotoQuerySet(models.QuerySet):
    """Photos of visible check-ins."""

    def visible_to(self, user: Any) -> Self:
        territory = territory_of(user)
        if territory.everything:
            return self
        reach = territory.within("patrol__grid__path") | Q(patrol__user=user)
        return self.filter(reach) if territory.standings else self.none()


class SavedFilterQuerySet(models.QuerySet):
    """Lists under a name."""

    def visible_to(self, user: Any) -> Self:
        """One's own, and those of the units that one serves in."""
        return self.filter(Q(owner=user, unit__isnull=True) | Q(unit__in=territory_of(user).unit_ids))
