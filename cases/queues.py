"""What waits for whom: the queues and registers of the desk in one table, with how many cases stand in each.

A queue only ever narrows what somebody sees; the list of the API takes its name as a filter."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from grids.choices import Level, Role
from grids.territory import Territory, territory_of

from . import policies
from .choices import DeadlineKind, Status

if TYPE_CHECKING:
    from .querysets import CaseQuerySet

MOST = 100
"""So far a queue is counted: of more, nobody needs the figure, and no count costs more than so many rows."""
K = DeadlineKind
EMPTY = _("Nothing waits here now. What comes in appears by itself.")


@dataclass(frozen=True, slots=True)
class Eyes:
    """For whom a queue is asked, and when."""

    user: Any
    territory: Territory
    at: datetime

    @property
    def units(self) -> list[int]:
        return self.territory.unit_ids


Narrow = Callable[["CaseQuerySet", Eyes], "CaseQuerySet"]


@dataclass(frozen=True, slots=True)
class Queue:
    """One row. `cases` narrows what the user sees; `ordering` is a column of the keyset list; `roles` are the posts
    that need it (none: all); `nothing` is what an empty one says."""

    name: str
    group: str
    label: Any
    cases: Narrow
    roles: frozenset[str] = frozenset()
    ordering: str = "due_at"
    nothing: Any = EMPTY
    counted: bool = True


def _at_ones_unit(*statuses: Status, **more: Any) -> Narrow:
    """In one of these statuses, and the turn of one of one's units."""
    return lambda rows, eyes: rows.filter(status__in=statuses, duty_unit__in=eyes.units, **more)


def _led(status: Status) -> Narrow:
    return lambda rows, eyes: rows.open().filter(status=status, unit_ids__overlap=eyes.units, lead_unit__in=eyes.units)


def _asked(*kinds: DeadlineKind) -> Narrow:
    """One of one's units is asked for this, and the clock runs."""

    def narrow(rows: CaseQuerySet, eyes: Eyes) -> CaseQuerySet:
        from .models import Deadline

        running = Deadline.objects.filter(state="running", kind__in=kinds, unit__in=eyes.units)
        return rows.open().filter(pk__in=running.values("case"))

    return narrow


def _helps(rows: CaseQuerySet, eyes: Eyes) -> CaseQuerySet:
    """One of one's units is a co-handler that has still to do its part."""
    from .models import Assignment

    shares = Assignment.objects.running().filter(unit__in=eyes.units, part=Assignment.Part.CO)
    owed = shares.filter(reported_at__isnull=True, waived_at__isnull=True)
    return rows.filter(status__in=(Status.DISPATCHED, Status.HANDLING), pk__in=owed.values("case"))


def _to_rule(rows: CaseQuerySet, eyes: Eyes) -> CaseQuerySet:
    """Returned as often as its policy allows, below one's own level: only a ruling leads on."""
    spent = Q(pk__in=[])
    for policy in policies.book().policies:
        spent |= Q(policy=policy.id, returns__gte=policy.max_returns)
    below = Q(pk__in=[])
    for standing in eyes.territory.standings:
        if standing.of_authority and standing.role == Role.DISPATCHER:
            levels = [level.value for level in Level if level.rank > Level(standing.unit_level).rank]
            below |= Q(grid_path__startswith=standing.path, level__in=levels)
    return rows.filter(spent & below, status=Status.ACCEPTED, returns__gt=0)


def _today(rows: CaseQuerySet, eyes: Eyes) -> CaseQuerySet:
    """One's own that fall due before midnight."""
    day = timezone.localtime(eyes.at).date() + timedelta(days=1)
    midnight = timezone.make_aware(datetime.combine(day, time()))
    return rows.mine(eyes.user).filter(due_at__gte=eyes.at, due_at__lt=midnight)


DISPATCHERS = frozenset({Role.DISPATCHER.value, Role.VILLAGE_HEAD.value})
DESK = DISPATCHERS | {Role.LEADER.value}
HANDLERS = DESK | {Role.OFFICER.value, Role.GRID_WORKER.value}
WATCHERS = frozenset({Role.SUPERVISOR.value, Role.LEADER.value})
OVERSEERS = WATCHERS | {Role.DISPATCHER.value}

GROUPS: dict[str, Any] = {
    "waiting": _("Waits for you"),
    "decide": _("To be decided and answered"),
    "territory": _("In your territory"),
    "registers": _("Registers"),
}
QUEUES: tuple[Queue, ...] = (
    Queue("accept", "waiting", _("To accept"), _at_ones_unit(Status.SUBMITTED), DISPATCHERS),
    Queue("dispatch", "waiting", _("To dispatch"), _at_ones_unit(Status.ACCEPTED, returns=0), DESK),
    Queue("returned", "waiting", _("Came back"), _at_ones_unit(Status.ACCEPTED, returns__gt=0), DESK),
    Queue("sign", "waiting", _("To sign"), _led(Status.DISPATCHED), HANDLERS),
    Queue("handling", "waiting", _("In our hands"), _led(Status.HANDLING), HANDLERS),
    Queue("help", "waiting", _("To help with"), _helps, HANDLERS),
    Queue("check", "waiting", _("To check"), _at_ones_unit(Status.REVIEW), DESK),
    Queue("revisit", "waiting", _("To revisit"), _at_ones_unit(Status.FEEDBACK),
          frozenset({Role.DISPATCHER.value, Role.SUPERVISOR.value})),
    Queue("extensions", "decide", _("More time asked for"), _asked(K.EXTENSION), DESK - {Role.VILLAGE_HEAD.value}),
    Queue("suspensions", "decide", _("Suspensions to decide"), _asked(K.SUSPENSION, K.RESUME),
          DESK - {Role.VILLAGE_HEAD.value}),
    Queue("whistles", "decide", _("Whistles to answer"), _asked(K.WHISTLE), DESK),
    Queue("rulings", "decide", _("Rulings asked for"), _to_rule, frozenset({Role.DISPATCHER.value})),
    Queue("orders", "decide", _("Orders to answer"), _asked(K.SUPERVISE), HANDLERS - {Role.GRID_WORKER.value}),
    Queue("answers", "decide", _("Answers to check"), _asked(K.CHECK_ANSWER), WATCHERS),
    Queue("mine", "territory", _("Mine"), lambda rows, eyes: rows.mine(eyes.user),
          nothing=_(
              "Nothing waits for your unit. What is given to it appears here; “All open” shows what others have.")),
    Queue("today", "territory", _("Due today"), _today, nothing=_("Nothing of yours falls due before midnight.")),
    Queue("open", "territory", _("All open"), lambda rows, eyes: rows.open(), counted=False,
          nothing=_("Nothing here yet. What residents report in your territory appears here.")),
    Queue("all", "territory", _("All"), lambda rows, eyes: rows, ordering="-submitted_at", counted=False,
          nothing=_("Nothing here yet. What residents report in your territory appears here.")),
    Queue("overdue", "registers", _("Overdue"), lambda rows, eyes: rows.overdue(),
          nothing=_("Nothing in your territory is overdue.")),
    Queue("suspended", "registers", _("Suspended"), lambda rows, eyes: rows.filter(status=Status.SUSPENDED), OVERSEERS,
          nothing=_("No case in your territory is suspended.")),
    Queue("sent-away", "registers", _("Returned by units"), lambda rows, eyes: rows.filter(returns__gt=0), OVERSEERS,
          "-submitted_at", _("No unit has returned a case that fits.")),
    Queue("redone", "registers", _("Sent back to be redone"), lambda rows, eyes: rows.filter(redos__gt=0), OVERSEERS,
          "-submitted_at", _("No case that fits was sent back to be done again.")),
    Queue("supervised", "registers", _("Supervision orders"), lambda rows, eyes: rows.filter(supervisions__gt=0),
          OVERSEERS, "-submitted_at", _("No supervision order fits.")),
    Queue("listed", "registers", _("Listed supervision"),
          lambda rows, eyes: rows.filter(supervisions__gt=0, listed_at__isnull=False), OVERSEERS, "-submitted_at",
          _("No case that fits is listed for supervision.")),
)  # fmt: skip
BY_NAME = {queue.name: queue for queue in QUEUES}
FIRST = "mine"
"""The queue of an address that names none."""


def queues_of(user: Any) -> list[Queue]:
    """The queues that somebody needs, by their posts; all for who sees everything."""
    territory = territory_of(user)
    roles = {standing.role for standing in territory.standings}
    return [queue for queue in QUEUES if territory.everything or not queue.roles or queue.roles & roles]


def in_queue(rows: CaseQuerySet, name: str, user: Any, at: datetime | None = None) -> CaseQuerySet:
    """Those of the rows that stand in the queue of this name for the user at a moment (None: now)."""
    return BY_NAME[name].cases(rows, Eyes(user, territory_of(user), at or timezone.now()))


def counts_of(user: Any, queues: Iterable[Queue] | None = None, at: datetime | None = None) -> dict[str, int]:
    """How many visible cases stand in each counted queue, up to MOST: all by one statement."""
    from .models import Case

    names = [queue.name for queue in (queues_of(user) if queues is None else queues) if queue.counted]
    if not names:
        return {}
    asked: list[str] = []
    given: list[Any] = []
    for name in names:
        rows = in_queue(Case.objects.visible_to(user), name, user, at).order_by().values("pk")[:MOST]
        try:
            sql, values = rows.query.get_compiler(connection=connection).as_sql()
        except EmptyResultSet:  # a condition that nothing can meet, such as "one of no units"
            sql, values = "SELECT 1 WHERE false", ()
        asked.append(f"(SELECT count(*) FROM ({sql}) found)")  # noqa: S608 - as the ORM has made it
        given += values
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(asked)}", given)
        return dict(zip(names, cursor.fetchone(), strict=True))
