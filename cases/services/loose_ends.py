"""What hangs on a stage of a case and ends with it: orders, a suspension, a request that nobody answered in time.
Called from `Change.enter`, through which every change of status goes."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from cases.choices import OPEN, DeadlineKind, EventKind, Status
from cases.models import Deadline, SupervisionOrder, Suspension

from .lapsing import lapse

if TYPE_CHECKING:
    from .change import Change

K = DeadlineKind
State = SupervisionOrder.State
LAPSED: dict[str, EventKind] = {
    K.WHISTLE: EventKind.WHISTLE_ANSWERED,
    K.EXTENSION: EventKind.EXTENSION_DECIDED,
    K.SUSPENSION: EventKind.SUSPENSION_REFUSED,
}
"""By the clock of who must answer: the event of its answer."""


def tie_up(change: Change) -> None:
    """Ends what no longer belongs to the case's status. A merger can be undone: until then a suspension sleeps."""
    status = change.case.status
    if change.status_was == Status.SUSPENDED and status not in (Status.SUSPENDED, Status.MERGED):
        end_suspension(change)
    if status not in OPEN:
        close_orders(change)


def lapse_by_clock(change: Change, deadline: Deadline, due_at: datetime) -> None:
    """The last step of an unanswered request's ladder: it lapses, and the history says that nobody answered."""
    lapse(change, DeadlineKind(deadline.kind))
    said = {"decision": "lapsed", "unit": change.case.lead_unit_id, "by_clock": True}
    change.record(LAPSED[deadline.kind], due_at=due_at, **said)


def end_suspension(change: Change) -> None:
    """The case is no longer in the register of suspended ones."""
    change.case.suspended_until = None
    running = Suspension.objects.filter(case=change.case, state=Suspension.State.GRANTED, resumed_at=None)
    running.update(resumed_at=change.at, resumed_by=change.actor.user)


def close_orders(change: Change) -> None:
    """With the case's end its orders end; their clocks do so as all others."""
    if change.case.supervisions:  # every order is counted there: most cases never had one
        orders = SupervisionOrder.objects.filter(case=change.case).exclude(state=State.CLOSED)
        orders.update(state=State.CLOSED, closed_at=change.at, closed_by=change.actor.user)


def reopen_orders(change: Change, closed_at: datetime) -> None:
    """A merger that closed orders at this moment was undone: those whose clocks run again wait for their answer, the
    others for its check."""
    if change.case.supervisions:
        answering = {d.order_id for d in change.clocks.running}
        for order in SupervisionOrder.objects.filter(case=change.case, closed_at=closed_at):
            order.state = State.OPEN if order.pk in answering else State.ANSWERED
            order.closed_at = order.closed_by = None
            order.save(update_fields=["state", "closed_at", "closed_by"])
