"""Steps that were due when somebody acted, and that no sweep had fired yet. That it was late is a fact, whoever comes
first: it goes into the history ahead of what was done. Decisions: docs/adr/0020-late-whoever-comes-first.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from cases.actors import ActorKind
from cases.choices import EventKind, StepAction
from cases.models import CaseEvent, Deadline, StepFiring
from cases.policies import StepRow
from grids.choices import Role

from .clocks import describe, fired_steps, is_beside, pauses_of, steps_ahead
from .history import canonical, chain

if TYPE_CHECKING:
    from .change import Change

A = StepAction
LATE_AFTER = timedelta(minutes=15)
"""So late, a step fires after an outage, a jump of the clock or a restored backup: it is no news any more, and comes
with many others."""
OF_RECORD = frozenset({A.FLAG, A.NOTIFY})
"""What is fired though somebody has acted since: that it was late, and what a third person was to hear. A reminder, an
urging, a climb or a closing would have made somebody act; who has acted makes them moot."""
TOLD_INSTEAD = {A.ESCALATE: Role.LEADER, A.SUPERVISE: Role.SUPERVISOR}
"""Who hears of it where a clock beside the case's way says that the case moves: it does not."""


class Overtaken(NamedTuple):
    """A step that was due at this moment, on a clock that somebody's act has just stopped."""

    deadline: Deadline
    step: StepRow
    due_at: datetime


def overtaken(deadline: Deadline, at: datetime) -> list[Overtaken]:
    """The steps of record of a clock that are due by then and have not fired. Asks the database for what has: to be
    called only where something is due."""
    ahead = steps_ahead(deadline, fired=fired_steps(deadline), pauses=pauses_of(deadline))
    return [Overtaken(deadline, step, due) for due, step in ahead if due <= at and _is_of_record(deadline, step)]


def _is_of_record(deadline: Deadline, step: StepRow) -> bool:
    return step.action in OF_RECORD or (is_beside(deadline) and step.action in TOLD_INSTEAD)


def tell_first(change: Change, steps: Iterable[Overtaken]) -> Iterator[StepFiring]:
    """Puts the events of these steps, in the order in which they were due, before those of the change. Their marks, to
    be saved after the events. Nobody is told of what a quiet actor replays: then lateness alone is of record."""
    fired = sorted(steps, key=lambda one: (one.due_at, one.deadline.pk, one.step.id))
    if change.actor.quiet:
        fired = [one for one in fired if one.step.action == A.FLAG]
    events = [_event(change, *one) for one in fired]
    change.events[:0] = events
    chain(change.case, change.events, change.version_was, change.hash_was)
    for one, event in zip(fired, events, strict=True):
        yield StepFiring(deadline=one.deadline, step_id=one.step.id, due_at=one.due_at, fired_at=change.at, event=event)


def _event(change: Change, deadline: Deadline, step: StepRow, due_at: datetime) -> CaseEvent:
    """What the sweep would have written, but now."""
    said = about(change, deadline, due_at)
    if step.action != A.FLAG:
        said["role"] = TOLD_INSTEAD.get(A(step.action), step.role)
    return CaseEvent(
        case_id=change.case.pk,
        kind=EventKind.FLAGGED if step.action == A.FLAG else EventKind.ROLE_NOTIFIED,
        actor_kind=ActorKind.CLOCK.value,
        at=change.at,
        due_at=due_at,
        payload=canonical(said),
        quiet=change.actor.quiet,
    )


def lateness(change: Change, due_at: datetime) -> dict[str, Any]:
    """What an event says of a step that fires long after it was due: by how many whole minutes, and that it is to be
    told together with others (`digest`). Nothing where it is in time."""
    late = change.at - due_at
    if late <= LATE_AFTER:
        return {}
    return {"late_minutes": late // timedelta(minutes=1), "digest": True}


def about(change: Change, deadline: Deadline, due_at: datetime) -> dict[str, Any]:
    """What the event of a step says of its clock, and of its own lateness."""
    return describe(deadline) | lateness(change, due_at)
