"""What needs a leader, supervisor or dispatcher: what their units are asked to decide or answer, disputes up to them,
what is late with them, listed orders. Each is dealt with in place, by the actions that the table gives this person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.actors import Actor
from cases.choices import DeadlineKind, DeadlineState, Status
from cases.models import Case, Deadline, Extension, SupervisionOrder, Suspension, Whistle
from cases.querysets import LONG
from cases.workflow import TABLE, permitted
from grids.choices import Level
from grids.territory import territory_of

from .seats import ROLES

Kind = DeadlineKind
FIRST_ROWS = 4
"""Of each list on the leader's page; the rest is behind “all of them”."""
LOOK_AGAIN = timedelta(days=3)
"""So long before its day a suspended case is shown to who must look at it again."""
PRESS = ("instruct", "supervise")
"""What a leader may say to any open case."""
ANSWERS: dict[str, tuple[str, ...]] = {
    Kind.EXTENSION: ("decide_extension",),
    Kind.SUSPENSION: ("decide_suspension",),
    Kind.RESUME: ("review_suspension", "resume"),
    Kind.WHISTLE: ("answer_whistle", "refuse_whistle"),
    Kind.SUPERVISE: ("answer_supervision",),
    Kind.CHECK_ANSWER: ("check_supervision",),
}
"""What answers each clock."""


@dataclass(frozen=True, slots=True)
class Group:
    """A list of what needs somebody. `kinds` are the clocks that ask for it; without them `others` answer it."""

    name: str
    label: Any
    nothing: Any
    kinds: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def actions(self) -> tuple[str, ...]:
        """All that may answer one of its rows."""
        return self.others or tuple(name for kind in self.kinds for name in ANSWERS[kind])


GROUPS = (
    Group("extension", _("More time is asked for"), _("Nobody asks for more time."), (Kind.EXTENSION,)),
    Group("suspension", _("To suspend, or to look at again"), _("Nothing suspended waits for you."),
          (Kind.SUSPENSION, Kind.RESUME)),
    Group("whistle", _("Departments are called for"), _("Nobody whistles."), (Kind.WHISTLE,)),
    Group("order", _("Supervision orders to answer or to check"), _("No order waits for you."),
          (Kind.SUPERVISE, Kind.CHECK_ANSWER)),
    Group("ruling", _("Whose job it is, is in dispute"), _("No dispute waits for a ruling."), others=("rule",)),
    Group("late", _("Late with you"), _("Nothing is late with you."), others=PRESS),
    Group("listed", _("Listed supervision orders"), _("No listed order is open."), others=PRESS),
)  # fmt: skip
BY_NAME = {group.name: group for group in GROUPS}


@dataclass(frozen=True, slots=True)
class Need:
    """A case that needs somebody: what it is about in a sentence, until when, and which actions are theirs."""

    case: Case
    due_at: datetime | None
    unit_id: int | None
    words: str
    actions: Sequence[tuple[str, str]]


@dataclass(slots=True)
class Needs:
    """A group with its first rows; `more` where there are further ones."""

    group: Group
    rows: list[Need] = field(default_factory=list)
    more: bool = False


def own_units(user: Any) -> list[int]:
    """Units in which the user has a seat."""
    return sorted({s.unit_id for s in territory_of(user).standings if s.role in ROLES})


def rows_of(user: Any, group: Group, path: str = "") -> tuple[QuerySet[Any], str]:
    """The rows of a group, clocks, cases or orders, and the column that they come by. `path` narrows listed orders to a
    grid's subtree; what waits for oneself does so wherever it lies."""
    units = own_units(user)
    if group.kinds:
        asked = Deadline.objects.filter(state=DeadlineState.RUNNING, kind__in=group.kinds, unit__in=units)
        far = Q(kind=Kind.RESUME, due_at__gt=timezone.now() + LOOK_AGAIN)
        return asked.exclude(far).select_related("case").defer(*(f"case__{name}" for name in LONG)), "due_at"
    if group.name == "listed":
        listed = SupervisionOrder.objects.visible_to(user).filter(listed=True, case__grid_path__startswith=path)
        still = listed.exclude(state=SupervisionOrder.State.CLOSED)
        return still.select_related("case").defer(*(f"case__{name}" for name in LONG)), "issued_at"
    cases = Case.objects.visible_to(user).defer(*LONG)
    if group.name == "late":
        return cases.overdue().filter(duty_unit__in=units), "due_at"
    return _disputed(user, cases), "due_at"


def _disputed(user: Any, cases: QuerySet[Case]) -> QuerySet[Case]:
    """Accepted cases that were returned as often as their policy allows, below a post that may rule."""
    may = Q(pk__in=[])
    roles = {role for who in TABLE["rule"].who for role in who.roles}
    for standing in territory_of(user).standings:
        if standing.role in roles and standing.of_authority:
            below = [level for level in Level if level.rank > Level(standing.unit_level).rank]
            may |= Q(grid_path__startswith=standing.path, level__in=below)
    return cases.filter(may, status=Status.ACCEPTED, returns__gt=0, returns__gte=F("policy__max_returns"))


def read_needs(user: Any, path: str, names: Iterable[str] = BY_NAME) -> list[Needs]:
    """The first rows of each group that this user could act on; one query a group."""
    actor = Actor.person(user)
    found = []
    for group in (BY_NAME[name] for name in names):
        if not _has_part(actor, group):
            continue
        rows, column = rows_of(user, group, path)
        first = list(rows.order_by(column, "pk")[: FIRST_ROWS + 1])
        found.append(Needs(group, said(actor, group, first[:FIRST_ROWS]), len(first) > FIRST_ROWS))
    return found


def _has_part(actor: Actor, group: Group) -> bool:
    """Whether any of the user's roles could ever answer it."""
    roles = {standing.role for standing in actor.territory.standings}
    asked = {role for name in group.actions for who in TABLE[name].who for role in who.roles}
    return group.name == "listed" or bool(roles & asked)


def said(actor: Actor, group: Group, rows: Sequence[Any]) -> list[Need]:
    """The rows in words; what was asked is read for all of them at once."""
    asked = _asked_words(rows) if group.kinds else {}
    found = []
    for row in rows:
        case = row if isinstance(row, Case) else row.case
        due_at = row.due_at if isinstance(row, (Case, Deadline)) else None
        words = row.text if isinstance(row, SupervisionOrder) else asked.get(_key(row), "") if asked else ""
        names = ANSWERS[row.kind] if isinstance(row, Deadline) else group.actions
        found.append(Need(case, due_at, _unit(row), words, actions_on(actor, case, names)))
    return found


def _unit(row: Any) -> int | None:
    """Whose turn it is: of an order, whoever must answer it."""
    if isinstance(row, SupervisionOrder):
        return row.unit_id
    case: Case = row if isinstance(row, Case) else row.case
    return case.duty_unit_id


def actions_on(actor: Actor, case: Case, names: Iterable[str]) -> list[tuple[str, str]]:
    """Those of the actions that the table gives to this person in this case now, with their labels."""
    moves = [TABLE[name] for name in names]
    return [
        (move.action, str(move.label)) for move in moves if case.status in move.sources and permitted(case, move, actor)
    ]


ASKED_IN: dict[str, type[Any]] = {Kind.EXTENSION: Extension, Kind.SUSPENSION: Suspension, Kind.WHISTLE: Whistle}


def _key(row: Any) -> Any:
    return row.order_id if row.kind in (Kind.SUPERVISE, Kind.CHECK_ANSWER) else (row.kind, row.case_id)


def _asked_words(rows: Sequence[Deadline]) -> dict[Any, str]:
    """The reasons and orders that clocks stand for, by `_key`."""
    found: dict[Any, str] = {}
    for kind, model in ASKED_IN.items():
        cases = [row.case_id for row in rows if row.kind == kind]
        if cases:
            pending = model._default_manager.filter(case__in=cases, state="pending").values_list("case", "reason")
            found |= {(kind, case): reason for case, reason in pending}
    orders = [row.order_id for row in rows if row.order_id]
    if orders:
        found |= dict(SupervisionOrder.objects.filter(pk__in=orders).values_list("pk", "text"))
    return found


def is_late(need: Need) -> bool:
    """Whether its moment has passed."""
    return need.due_at is not None and need.due_at < timezone.now()
