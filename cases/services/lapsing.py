"""Requests to the level above that nobody has decided end where what they ask for is no longer possible: once the
case has moved on or another unit leads. Apart from the services that ask and decide: every change of a case asks here.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from cases.choices import OPEN, DeadlineKind, DeadlineState, EventKind, Lapse, Status
from cases.models import Extension, Suspension, Whistle
from cases.models.requests import Request
from grids import tree

if TYPE_CHECKING:
    from .change import Change

K, S = DeadlineKind, Status

REQUESTS: dict[DeadlineKind, tuple[type[Request], tuple[Status, ...], EventKind]] = {
    K.WHISTLE: (Whistle, (S.HANDLING,), EventKind.WHISTLE_ANSWERED),
    K.EXTENSION: (Extension, (S.DISPATCHED, S.HANDLING), EventKind.EXTENSION_DECIDED),
    K.SUSPENSION: (Suspension, (S.HANDLING,), EventKind.SUSPENSION_REFUSED),
}
"""By the clock that waits for the decision: the request, the statuses in which it may wait, the event of its answer."""


def lapse_requests(change: Change) -> None:
    """Lapses what waits for a decision that the case, as it is now, has no use for. Asks the database only where
    something may have waited in the status that the case came from."""
    case = change.case
    for kind, (_model, statuses, _event) in REQUESTS.items():
        stays = case.status in statuses and case.lead_unit_id == change.lead_was
        if change.status_was in statuses and not stays:
            lapse(change, kind, _why(change, statuses))


def _why(change: Change, statuses: tuple[Status, ...]) -> Lapse:
    if change.case.status not in OPEN:
        return Lapse.ENDED
    return Lapse.OTHER_LEAD if change.case.lead_unit_id != change.lead_was else Lapse.MOVED_ON


def lapse(change: Change, kind: DeadlineKind, why: Lapse, *, due_at: datetime | None = None, **payload: Any) -> None:
    """Lapses the request that this kind of clock waits for, with its clock; where there was one, the history says why.
    `due_at` is when it should have been decided at the latest, where its own clock lapses it."""
    model, _statuses, event = REQUESTS[kind]
    request = model._default_manager.filter(case=change.case, state=Request.State.PENDING).first()
    for deadline in [d for d in change.clocks.running if d.kind == kind]:
        change.clocks.stop(deadline, DeadlineState.CANCELLED)
    if request is None:
        return
    request.state, request.decided_at = Request.State.LAPSED, change.at
    request.save(update_fields=["state", "decided_at"])
    said = {"unit": request.unit_id, "unit_name": tree.unit_name(request.unit_id, change.case.grid_path)}
    change.record(event, due_at=due_at, decision=request.state, lapse=why.value, **said, **payload)
