"""Two voices on one matter: one case goes into another, and comes out of it again as it was, its clocks intact."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from cases.actors import Actor
from cases.choices import OPEN, DeadlineKind, DeadlineState, EventKind, Status
from cases.errors import BadInput, IllegalMove
from cases.models import Adjustment, Case, CaseEvent, Deadline, Suspension
from grids import tree

from .change import Change, changing
from .lapsing import REQUESTS
from .loose_ends import reopen_orders


def merge(
    case: Case | int,
    actor: Actor,
    *,
    into: Case,
    note: str = "",
    at: datetime | None = None,
    version: int | None = None,
) -> Case:
    """Any open → merged, into another open case of the same city; both histories say so."""
    pk = case if isinstance(case, int) else case.pk
    if into.pk == pk:
        raise BadInput(into=_("a case cannot be merged into itself"))
    with changing(case, "merge", actor, at=at, version=version) as change:
        other = Case.objects.select_for_update(of=("self",)).get(pk=into.pk)
        if other.status not in OPEN:
            raise IllegalMove(_("the other case is not open"))
        if tree.city_of(other.grid_id).id != tree.city_of(change.case.grid_id).id:
            raise BadInput(into=_("must be a case of the same city"))
        change.case.merged_into = other
        change.record(EventKind.MERGED, into=other.number, was=change.case.status, note=note, **_clocks(change))
        change.enter(Status.MERGED, fate=DeadlineState.CANCELLED)
        joined = Change(other, actor, max(change.at, other.updated_at), change.standing)
        joined.record(EventKind.VOICE_JOINED, voice=change.case.number)
        joined.write()
    return change.case


def _clocks(change: Change) -> dict[str, Any]:
    """Which clocks the merger stops, and which of them rested: by their keys, so that undoing it wakes these and no
    other. What waits for a decision is not among them: an undecided request lapses."""
    kept = [d for d in change.clocks.running if d.kind not in REQUESTS]
    rested = [d.pk for d in kept if d.state == DeadlineState.PAUSED]
    return {"stopped": [d.pk for d in kept], "rested": rested}


def unmerge(
    case: Case | int,
    actor: Actor,
    *,
    note: str = "",
    at: datetime | None = None,
    version: int | None = None,
) -> Case:
    """merged → where it stood; its clocks run on, or rest on, and the time in between does not count."""
    with changing(case, "unmerge", actor, at=at, version=version) as change:
        merged = change.case.events.filter(kind=EventKind.MERGED).latest("seq")
        was = merged.payload["was"]
        change.case.merged_into = None
        event = change.record(EventKind.UNMERGED, back_to=was, note=note)
        _wake(change, merged, event)
        reopen_orders(change, merged.at)
        change.enter(Status(was))
    return change.case


def _wake(change: Change, merged: CaseEvent, event: CaseEvent) -> None:
    stopped = Deadline.objects.filter(pk__in=merged.payload["stopped"]).select_related("case").order_by("pk")
    change.run_on(stopped, "merged", event)
    for deadline in change.clocks.running:
        if deadline.pk in merged.payload["rested"]:
            change.enter_in_ledger(change.clocks.pause(deadline, _why_it_rested(deadline)), event)
        if deadline.kind == DeadlineKind.RESUME:
            _look_again_by(change.case, deadline.due_at)


def _why_it_rested(deadline: Deadline) -> str:
    return deadline.adjustments.filter(kind=Adjustment.Kind.PAUSE).latest("pk").reason


def _look_again_by(case: Case, moment: datetime) -> None:
    """The day on which a suspended case is looked at again moves with its clock."""
    case.suspended_until = moment
    Suspension.objects.filter(case=case, state=Suspension.State.GRANTED, resumed_at=None).update(review_at=moment)
