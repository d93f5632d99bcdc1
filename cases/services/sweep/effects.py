"""What each step of a ladder does to a case: one function for each action. They change the rows in memory and record
events; the batch writes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from cases.choices import DeadlineKind, EventKind, Lapse, Status, StepAction
from cases.models import Deadline
from cases.policies import StepRow
from cases.services.change import Change
from cases.services.clocks import is_beside
from cases.services.desk import climb
from cases.services.lapsing import REQUESTS, lapse
from cases.services.overtaken import TOLD_INSTEAD, about, lateness
from cases.services.supervision import list_case
from cases.services.voice import end

Effect = Callable[[Change, Deadline, StepRow, datetime], None]


def _remind(change: Change, deadline: Deadline, step: StepRow, due_at: datetime) -> None:
    change.record(EventKind.REMINDED, due_at=due_at, **about(change, deadline, due_at))


def _flag(change: Change, deadline: Deadline, step: StepRow, due_at: datetime) -> None:
    deadline.flagged_at = change.at
    change.record(EventKind.FLAGGED, due_at=due_at, **about(change, deadline, due_at))


def _urge(change: Change, deadline: Deadline, step: StepRow, due_at: datetime) -> None:
    change.case.urges += 1
    change.record(EventKind.URGED, due_at=due_at, **about(change, deadline, due_at))


def _escalate(change: Change, deadline: Deadline, step: StepRow, due_at: datetime) -> None:
    if is_beside(deadline):  # somebody else's lateness: the case does not leave its lead for that
        return _tell(change, deadline, TOLD_INSTEAD[StepAction.ESCALATE], due_at)
    return climb(change, "overdue", due_at=due_at, **about(change, deadline, due_at))


def _supervise(change: Change, deadline: Deadline, step: StepRow, due_at: datetime) -> None:
    if is_beside(deadline):
        return _tell(change, deadline, TOLD_INSTEAD[StepAction.SUPERVISE], due_at)
    return list_case(change, "overdue", due_at=due_at, **about(change, deadline, due_at))


def _notify(change: Change, deadline: Deadline, step: StepRow, due_at: datetime) -> None:
    _tell(change, deadline, step.role, due_at)


def _tell(change: Change, deadline: Deadline, role: str, due_at: datetime) -> None:
    change.record(EventKind.ROLE_NOTIFIED, due_at=due_at, role=role, **about(change, deadline, due_at))


def _close(change: Change, deadline: Deadline, step: StepRow, due_at: datetime) -> None:
    if deadline.kind in REQUESTS:
        lapse(change, DeadlineKind(deadline.kind), Lapse.UNANSWERED, due_at=due_at, by_clock=True)
    elif change.case.status == Status.FEEDBACK:
        end(change, due_at=due_at, by_clock=True, **lateness(change, due_at))


EFFECTS: dict[StepAction, Effect] = {
    StepAction.REMIND: _remind,
    StepAction.FLAG: _flag,
    StepAction.URGE: _urge,
    StepAction.ESCALATE: _escalate,
    StepAction.SUPERVISE: _supervise,
    StepAction.NOTIFY: _notify,
    StepAction.CLOSE: _close,
}

SIMPLE = frozenset({StepAction.REMIND, StepAction.FLAG, StepAction.URGE, StepAction.NOTIFY})
"""Actions that touch nothing but what `light.py` has, and move no other step; all others need the whole case."""
