"""What hangs on a stage of a case and ends with it: orders, a suspension, a request that nobody answered in time.
Called from `Change.enter`, through which every change of status goes."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from cases.choices import OPEN, EventKind, Lapse, Status
from cases.models import SupervisionOrder, Suspension
from grids import tree

if TYPE_CHECKING:
    from .change import Change

State = SupervisionOrder.State


def tie_up(change: Change) -> None:
    """Ends what no longer belongs to the case's status. A merger can be undone: until then a suspension sleeps."""
    status = change.case.status
    if change.status_was == Status.SUSPENDED and status not in (Status.SUSPENDED, Status.MERGED):
        end_suspension(change)
    if status not in OPEN:
        close_orders(change)


def end_suspension(change: Change) -> None:
    """The case is no longer in the register of suspended ones."""
    change.case.suspended_until = None
    running = Suspension.objects.filter(case=change.case, state=Suspension.State.GRANTED, resumed_at=None)
    running.update(resumed_at=change.at, resumed_by=change.actor.user)


def close_orders(change: Change) -> None:
    """With the case's end its orders end, and the history says so, but where they only sleep; their clocks end as all
    others."""
    if not change.case.supervisions:  # every order is counted there: most cases never had one
        return
    for order in SupervisionOrder.objects.filter(case=change.case).exclude(state=State.CLOSED).order_by("pk"):
        order.state, order.closed_at, order.closed_by = State.CLOSED, change.at, change.actor.user
        order.save(update_fields=["state", "closed_at", "closed_by"])
        if change.case.status != Status.MERGED:
            said = told(change, order) | {"decision": "lapsed", "lapse": Lapse.ENDED.value}
            change.record(EventKind.SUPERVISION_CHECKED, **said)


def told(change: Change, order: SupervisionOrder) -> dict[str, Any]:
    """What every event of an order says of it."""
    return {
        "order": order.pk,
        "unit": order.unit_id,
        "unit_name": tree.unit_name(order.unit_id, change.case.grid_path),
        "issued_by": order.issued_by_id,
    }


def reopen_orders(change: Change, closed_at: datetime) -> None:
    """A merger that closed orders at this moment was undone: those whose clocks run again wait for their answer, the
    others for its check."""
    if change.case.supervisions:
        answering = {d.order_id for d in change.clocks.running}
        for order in SupervisionOrder.objects.filter(case=change.case, closed_at=closed_at):
            order.state = State.OPEN if order.pk in answering else State.ANSWERED
            order.closed_at = order.closed_by = None
            order.save(update_fields=["state", "closed_at", "closed_by"])
