"""One change of a case: lock, check the table, write, record the event, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from structlog.contextvars import bound_contextvars

from cases.actors import Actor, ActorKind
from cases.choices import DeadlineState, EventKind, Status, StepAction
from cases.errors import Stale
from cases.models import Adjustment, Assignment, Case, CaseEvent, Deadline, StepFiring
from cases.workflow import check, standing_for
from grids import tree
from grids.territory import Standing

from .clocks import Clocks
from .history import next_line
from .lapsing import lapse_requests
from .loose_ends import tie_up
from .overtaken import Overtaken, overtaken, tell_first


class Change:
    """A locked case, the moment, the actor, and what is to be written when all is said."""

    def __init__(
        self,
        case: Case,
        actor: Actor,
        at: datetime,
        standing: Standing | None = None,
        running: list[Deadline] | None = None,
    ) -> None:
        self.case = case
        self.actor = actor
        self.at = at
        self.standing = standing
        self.status_was, self.lead_was = case.status, case.lead_unit_id
        self.version_was, self.hash_was = case.version, case.last_hash
        self.events: list[CaseEvent] = []
        self._entries: list[tuple[Adjustment, CaseEvent]] = []
        self._overtaken: list[Overtaken] = []
        # The sweep overtakes nothing: it fires in due order
        settle = None if actor.kind is ActorKind.CLOCK else self._overtake
        self.clocks = Clocks(case, at, running, actor.unclocked, settle)

    def _overtake(self, deadline: Deadline) -> None:
        steps = overtaken(deadline, self.at)
        self._overtaken += steps
        if any(one.step.action == StepAction.FLAG for one in steps):
            deadline.flagged_at = self.at

    def go_on_at(self, at: datetime) -> None:
        """What follows happens at this later moment: lines of history and clocks alike."""
        self.at = self.clocks.at = self.case.updated_at = at

    def record(self, kind: EventKind, *, due_at: datetime | None = None, **payload: Any) -> CaseEvent:
        """Adds a line to the history; `due_at` is when it should have happened, where a clock says so."""
        event = next_line(
            self.case,
            kind=kind,
            actor=self.actor.user,
            actor_kind=self.actor.kind.value,
            actor_unit_id=self.standing.unit_id if self.standing else None,
            at=self.at,
            due_at=due_at,
            payload=payload,
            quiet=self.actor.quiet,
        )
        self.events.append(event)
        return event

    def enter(self, status: Status, *, fate: DeadlineState | None = None, restart: bool = False) -> None:
        """Moves the case to a status: clocks and requests that no longer matter stop, the clocks that the status wants
        start.

        `fate` is what becomes of the stopped ones (by their due moment where None); `restart` stops all.
        """
        self.case.status = status
        self.clocks.follow(status, fate=fate, restart=restart)
        lapse_requests(self)
        tie_up(self)

    def hand_to(self, unit_id: int | None) -> None:
        """Whose turn it is now, and thereby which level has the case."""
        self.case.duty_unit_id = unit_id
        unit = tree.unit(unit_id) if unit_id is not None else None
        if unit is not None:
            self.case.level = unit.level

    def end_share(self, share: Assignment, reason: str) -> None:
        """A unit's share ends; it keeps seeing the case."""
        share.ended_at, share.end_reason = self.at, reason
        share.save(update_fields=["ended_at", "end_reason"])
        for deadline in self.clocks.of_share(share):
            self.clocks.stop(deadline, DeadlineState.CANCELLED)
        self.case.co_unit_ids = [u for u in self.case.co_unit_ids if u != share.unit_id]

    def give_share(self, unit_id: int, part: Assignment.Part, why: str = "", **fields: Any) -> Assignment:
        """A unit gets a share, and from now on sees the case."""
        if part == Assignment.Part.CO and unit_id not in self.case.co_unit_ids:
            self.case.co_unit_ids = [*self.case.co_unit_ids, unit_id]
        if unit_id not in self.case.unit_ids:
            self.case.unit_ids = [*self.case.unit_ids, unit_id]
        return Assignment.objects.create(
            case=self.case,
            unit_id=unit_id,
            part=part,
            dispatched_at=self.at,
            dispatched_by=self.actor.user,
            why=why,
            **fields,
        )

    def run_on(self, deadlines: Iterable[Deadline], reason: str, event: CaseEvent) -> None:
        """Clocks that had stopped run on; the time in between is entered in their ledgers with the event."""
        for deadline in deadlines:
            self.enter_in_ledger(self.clocks.resume(deadline, reason), event)

    def enter_in_ledger(self, entry: Adjustment, event: CaseEvent) -> None:
        """A pause or an extension, saved with the event that made it."""
        self._entries.append((entry, event))

    def running_shares(self) -> list[Assignment]:
        return list(self.case.assignments.running())

    def write(self) -> None:
        """Writes clocks, events and the case, in this order: the case says last what holds now."""
        self.clocks.write()
        self.case.updated_at = self.at
        firings = list(tell_first(self, self._overtaken)) if self._overtaken else []
        CaseEvent.objects.bulk_create(self.events)
        StepFiring.objects.bulk_create(firings)
        self.write_case()

    def write_case(self) -> None:
        """The last part of `write`, for whoever has written clocks and events already."""
        for entry, event in self._entries:
            entry.event = event
            entry.save()
        self.case.save(update_fields=CHANGING)


CHANGING = [
    "title", "category", "urgency", "status", "grid", "grid_path", "found_by", "accepted_by", "duty_unit", "level",
    "lead_unit", "dispatching_unit", "co_unit_ids", "unit_ids", "accepted_at", "dispatched_at", "finished_at",
    "closed_at", "updated_at", "due_at", "overdue_since", "escalations", "returns", "redos", "reopens", "urges",
    "extensions", "supervisions", "suspended_until", "binding", "listed_at", "outcome", "reply", "reject_reason",
    "merged_into", "version", "last_hash",
]  # fmt: skip


@contextmanager
def changing(
    case: Case | int, action: str, actor: Actor, *, at: datetime | None = None, version: int | None = None
) -> Iterator[Change]:
    """Locks the case, checks the move, and writes what the body did to it.

    `at` None means now, by the database's clock, which comes with the lock: hosts' clocks differ. `version` is the one
    that the caller has read (If-Match), None for any.
    The changed case is `change.case`; an object passed in is left as it was read.
    Raises Stale, IllegalMove, NotPermitted; django.db.OperationalError where the row stays locked too long.
    """
    pk = case if isinstance(case, int) else case.pk
    with bound_contextvars(case=pk), transaction.atomic():
        locked = locking(Case.objects.all()).get(pk=pk)
        if version is not None and locked.version != version:
            raise Stale(_("the case has changed since you read it: it is at version %d now") % locked.version)
        move = check(locked, action, actor)
        change = Change(locked, actor, moment_for(locked, at), standing_for(locked, move, actor))
        yield change
        change.write()


def locking(cases: QuerySet[Case], *, skip_locked: bool = False) -> QuerySet[Case]:
    """The same cases, to be locked, each with what time it was by the database's clock when it was asked. With
    `skip_locked` without those that somebody else is working on."""
    return cases.select_for_update(of=("self",), skip_locked=skip_locked).annotate(asked_at=Now())


def moment_for(case: Case, at: datetime | None) -> datetime:
    """Now, for a case that `locking` has read; but never before its last event: a history does not run backwards."""
    asked_at: datetime = case.asked_at  # type: ignore[attr-defined]  # locking annotates it
    return at or max(asked_at, case.updated_at)
