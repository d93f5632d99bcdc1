"""What hangs on a stage of a case and ends with it: requests that nobody has answered yet, orders, a suspension. Called
from `Change.enter`, through which every change of status or lead goes."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from cases.choices import OPEN, DeadlineKind, DeadlineState, EventKind, Status
from cases.models import Deadline, Extension, SupervisionOrder, Suspension, Whistle

if TYPE_CHECKING:
    from .change import Change

K = DeadlineKind
REQUESTS: dict[str, tuple[type[Extension | Suspension | Whistle], EventKind]] = {
    K.WHISTLE: (Whistle, EventKind.WHISTLE_ANSWERED),
    K.EXTENSION: (Extension, EventKind.EXTENSION_DECIDED),
    K.SUSPENSION: (Suspension, EventKind.SUSPENSION_REFUSED),
}
"""By the clock of who must answer: where the request stands, and the event of its answer. A request waits as long as
its clock runs, so the clocks tell whether there is one."""
NEVER_RUN_ON = frozenset({*REQUESTS, K.SUPERVISE, K.RESUME})
"""Clocks of what a merger ends for good: an undone one does not bring them back."""


def tie_up(change: Change) -> None:
    """Ends what no longer belongs to the case's status or lead."""
    status, lead = change.case.status, change.case.lead_unit_id
    if status not in (Status.DISPATCHED, Status.HANDLING) or lead != change.lead_before:
        lapse_requests(change)
    if change.status_before == Status.SUSPENDED != status:
        end_suspension(change)
    if status not in OPEN:
        close_orders(change)


def lapse_requests(change: Change) -> None:
    """The pending requests of the case have lost their object: nobody needs to answer them any more."""
    for deadline in [d for d in change.clocks.running if d.kind in REQUESTS]:
        change.clocks.stop(deadline, DeadlineState.CANCELLED)
        _lapse(change, deadline)


def lapse_by_clock(change: Change, deadline: Deadline, due_at: datetime) -> None:
    """The last step of an unanswered request's ladder: it lapses, and the history says that nobody answered."""
    change.clocks.stop(deadline)
    _lapse(change, deadline)
    change.record(
        REQUESTS[deadline.kind][1], due_at=due_at, decision="lapsed", unit=change.case.lead_unit_id, by_clock=True
    )


def _lapse(change: Change, deadline: Deadline) -> None:
    model, _kind = REQUESTS[deadline.kind]
    pending = model.objects.filter(case=change.case, state=model.State.PENDING)
    pending.update(state=model.State.LAPSED, decided_at=change.at)


def end_suspension(change: Change) -> None:
    """The case is no longer in the register of suspended ones."""
    change.case.suspended_until = None
    running = Suspension.objects.filter(case=change.case, state=Suspension.State.GRANTED, resumed_at=None)
    running.update(resumed_at=change.at, resumed_by=change.actor.user)


def close_orders(change: Change) -> None:
    """With the case's end its orders end; their clocks do so as all others."""
    if change.case.supervisions:  # every order is counted there: most cases never had one
        orders = SupervisionOrder.objects.filter(case=change.case).exclude(state=SupervisionOrder.State.CLOSED)
        orders.update(state=SupervisionOrder.State.CLOSED, closed_at=change.at, closed_by=change.actor.user)
