"""The sweep: claims due steps oldest first, fires each exactly once, and pages until nothing is due.

The claim locks cases, not deadlines: every service locks the case first, so the two never wait for each other in a
circle. A step's effect, its event and the mark that it fired share a transaction; the unique key (deadline, step)
makes a second firing impossible, whoever else is sweeping.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from heapq import heappop, heappush

from django.db import connection, transaction

from cases.actors import CLOCK, Actor
from cases.choices import EventKind, Status, StepAction
from cases.models import Case, Deadline, StepFiring
from cases.policies import StepRow
from cases.policies import book as policy_book

from .change import Change
from .clocks import describe, fired_steps, pauses_of, schedule
from .desk import climb
from .loose_ends import REQUESTS, lapse_by_clock
from .supervision import list_case
from .voice import end

logger = logging.getLogger(__name__)
BATCH = 200


@dataclass(slots=True)
class Swept:
    """What a sweep did: steps fired, and deadlines set aside because their step failed."""

    fired: int = 0
    set_aside: int = 0


def sweep(now: datetime | None = None, *, batch: int = BATCH, actor: Actor = CLOCK) -> Swept:
    """Fires all that is due by `now` (the database's clock where None). `actor` is the clock; a quiet one tells
    nobody, for a replay."""
    swept = Swept()
    while _sweep_batch(now, batch, swept, actor):
        pass
    return swept


def _sweep_batch(now: datetime | None, batch: int, swept: Swept, actor: Actor) -> bool:
    """Fires what one claim holds in the order in which it was due, the steps that follow at once included; but nothing
    that is due later than what the claim left to the next."""
    with transaction.atomic():
        now = now or _database_now()
        queue = _due(_claim(now, batch), now)
        horizon = queue[-1][0] if len(queue) == batch else now
        before = swept.fired + swept.set_aside
        while queue:
            _, deadline_id = heappop(queue)
            again = _fire_or_set_aside(deadline_id, now, swept, actor)
            if again is not None and again <= horizon:
                heappush(queue, (again, deadline_id))
    return swept.fired + swept.set_aside > before


def _database_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
        return moment


CLAIM = """
    SELECT d.id FROM cases_deadline d JOIN cases_case c ON c.id = d.case_id
    WHERE d.fire_at <= %s ORDER BY d.fire_at, d.id LIMIT %s FOR UPDATE OF c SKIP LOCKED
"""


def _claim(now: datetime, batch: int) -> list[int]:
    """Deadlines whose next step is due and whose case nobody else is working on, oldest first; the cases are locked."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [now, batch])
        return [pk for (pk,) in cursor.fetchall()]


def _due(claimed: list[int], now: datetime) -> list[tuple[datetime, int]]:
    # Read again now that the cases are locked: between the claim's snapshot and its locks somebody may have acted.
    rows = Deadline.objects.filter(pk__in=claimed, fire_at__lte=now).order_by("fire_at", "id")
    return [(moment, pk) for moment, pk in rows.values_list("fire_at", "pk") if moment]


def _fire_or_set_aside(deadline_id: int, now: datetime, swept: Swept, actor: Actor) -> datetime | None:
    """When the deadline's next step is due, once this one has fired."""
    try:
        with transaction.atomic():
            fired, again = fire(deadline_id, now, actor)
    except Exception as error:  # one poisoned row must not stop the others; it is set aside and alarmed
        logger.exception("deadline %s is set aside: its step cannot be fired", deadline_id)
        said = f"{type(error).__name__}: {error}"[:2000]
        Deadline.objects.filter(pk=deadline_id).update(fire_at=None, fire_step=None, error=said)
        swept.set_aside += 1
        return None
    swept.fired += fired
    return again


def fire(deadline_id: int, now: datetime, actor: Actor = CLOCK) -> tuple[bool, datetime | None]:
    """Fires the next step of a deadline whose case is locked.

    Whether it fired (not where an earlier step has made it moot), and when the step after it is due.
    """
    case = Case.objects.get(deadlines=deadline_id)
    change = Change(case, actor, max(now, case.updated_at))
    deadline = next((d for d in change.clocks.running if d.pk == deadline_id), None)
    if deadline is None or deadline.fire_at is None or deadline.fire_at > now:
        return False, None
    deadline.case, due_at = case, deadline.fire_at
    steps = policy_book().allowances[deadline.allowance_id].steps
    step = next(step for step in steps if step.id == deadline.fire_step_id)
    EFFECTS[StepAction(step.action)](change, deadline, step, due_at)
    if deadline in change.clocks.running:
        fired = [*fired_steps(deadline), step.id]
        schedule(deadline, fired=fired, pauses=pauses_of(deadline))
    change.clocks.touch(deadline)
    change.write()
    event = change.events[-1] if change.events else None
    StepFiring.objects.create(deadline=deadline, step_id=step.id, due_at=due_at, fired_at=change.at, event=event)
    return True, deadline.fire_at


def _remind(change: Change, deadline: Deadline, step: StepRow, due_at: datetime) -> None:
    change.record(EventKind.REMINDED, due_at=due_at, **describe(deadline))


def _flag(change: Change, deadline: Deadline, step: StepRow, due_at: datetime) -> None:
    deadline.flagged_at = change.at
    change.record(EventKind.FLAGGED, due_at=due_at, **describe(deadline))


def _urge(change: Change, deadline: Deadline, step: StepRow, due_at: datetime) -> None:
    change.case.urges += 1
    change.record(EventKind.URGED, due_at=due_at, **describe(deadline))


def _escalate(change: Change, deadline: Deadline, step: StepRow, due_at: datetime) -> None:
    climb(change, "overdue", due_at=due_at, **describe(deadline))


def _supervise(change: Change, deadline: Deadline, step: StepRow, due_at: datetime) -> None:
    list_case(change, "overdue", due_at=due_at, **describe(deadline))


def _notify(change: Change, deadline: Deadline, step: StepRow, due_at: datetime) -> None:
    change.record(EventKind.ROLE_NOTIFIED, due_at=due_at, role=step.role, **describe(deadline))


def _close(change: Change, deadline: Deadline, step: StepRow, due_at: datetime) -> None:
    if deadline.kind in REQUESTS:
        return lapse_by_clock(change, deadline, due_at)
    if change.case.status == Status.FEEDBACK:
        end(change, due_at=due_at, by_clock=True)
    return None


EFFECTS: dict[StepAction, Callable[[Change, Deadline, StepRow, datetime], None]] = {
    StepAction.REMIND: _remind,
    StepAction.FLAG: _flag,
    StepAction.URGE: _urge,
    StepAction.ESCALATE: _escalate,
    StepAction.SUPERVISE: _supervise,
    StepAction.NOTIFY: _notify,
    StepAction.CLOSE: _close,
}
