"""Requests to the level above that nobody has decided end where what they ask for is no longer possible: once the
case has moved on or another unit leads. Apart from the services that ask and decide: every change of a case asks here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases.choices import DeadlineKind, DeadlineState, Status
from cases.models import Extension, Suspension, Whistle
from cases.models.requests import Request

if TYPE_CHECKING:
    from .change import Change

K, S = DeadlineKind, Status

REQUESTS: dict[DeadlineKind, tuple[type[Request], tuple[Status, ...]]] = {
    K.WHISTLE: (Whistle, (S.HANDLING,)),
    K.EXTENSION: (Extension, (S.DISPATCHED, S.HANDLING)),
    K.SUSPENSION: (Suspension, (S.HANDLING,)),
}
"""By the clock that waits for the decision: the request, and the statuses in which it may wait."""


def lapse_requests(change: Change) -> None:
    """Lapses what waits for a decision that the case, as it is now, has no use for. Asks the database only where
    something may have waited in the status that the case came from."""
    case = change.case
    for kind, (_model, statuses) in REQUESTS.items():
        stays = case.status in statuses and case.lead_unit_id == change.lead_was
        if change.status_was in statuses and not stays:
            lapse(change, kind)


def lapse(change: Change, kind: DeadlineKind) -> bool:
    """Lapses the request that this kind of clock waits for, with its clock. Whether there was one."""
    model, _statuses = REQUESTS[kind]
    pending = model._default_manager.filter(case=change.case, state=Request.State.PENDING)
    found = pending.update(state=Request.State.LAPSED, decided_at=change.at)
    for deadline in [d for d in change.clocks.running if d.kind == kind]:
        change.clocks.stop(deadline, DeadlineState.CANCELLED)
    return bool(found)
