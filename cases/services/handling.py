"""What the lead unit and its co-handlers do, and the check of their result."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from cases import categories, policies
from cases.actors import Actor
from cases.choices import DeadlineKind, DeadlineState, EventKind, Status
from cases.errors import BadInput, IllegalMove
from cases.models import Assignment, Case, Deadline
from grids import tree

from .change import Change, changing
from .joint import owing_their_part


def sign(
    case: Case | int, actor: Actor, *, note: str = "", at: datetime | None = None, version: int | None = None
) -> Case:
    """dispatched → handling. The handling clock has run since the dispatch and is not touched."""
    with changing(case, "sign", actor, at=at, version=version) as change:
        _lead_share(change, signed_at=change.at)
        change.record(EventKind.SIGNED, note=note)
        change.enter(Status.HANDLING)
    return change.case


def _lead_share(change: Change, **fields: datetime) -> None:
    lead = Assignment.Part.LEAD
    change.case.assignments.running().filter(part=lead).update(**fields)


def return_case(
    case: Case | int, actor: Actor, *, reason: str, at: datetime | None = None, version: int | None = None
) -> Case:
    """dispatched, handling → accepted, back on the dispatcher's desk; as often as the policy allows, and never
    against a ruling."""
    with changing(case, "return", actor, at=at, version=version) as change:
        locked = change.case
        if locked.binding:
            raise IllegalMove(_("a ruling has given you this case: it cannot be returned"))
        limit = policies.book()[locked.policy_id].max_returns
        if locked.returns >= limit:
            raise IllegalMove(
                _("the case has been returned %d times: ask the level above for a ruling") % locked.returns
            )
        for share in change.running_shares():
            change.end_share(share, "returned")
        change.record(EventKind.RETURNED, reason=reason, unit=locked.lead_unit_id)
        locked.returns += 1
        locked.lead_unit_id = None
        change.hand_to(locked.dispatching_unit_id)
        change.enter(Status.ACCEPTED, fate=DeadlineState.CANCELLED)
    return change.case


def progress(
    case: Case | int, actor: Actor, *, note: str, at: datetime | None = None, version: int | None = None
) -> Case:
    """What has been done so far. No clock is touched: a co-handler's part is done when it says so by `contribute`."""
    with changing(case, "progress", actor, at=at, version=version) as change:
        change.record(EventKind.PROGRESSED, note=note)
    return change.case


def finish(
    case: Case | int,
    actor: Actor,
    *,
    outcome: str,
    reply: str,
    at: datetime | None = None,
    version: int | None = None,
) -> Case:
    """handling → review, with the outcome and the reply that the resident will read once it is approved. Every
    co-handler has done its part by then, or was released from it."""
    with changing(case, "finish", actor, at=at, version=version) as change:
        if missing := owing_their_part(change):
            names = ", ".join(tree.unit_name(unit, change.case.grid_path) for unit in missing)
            raise IllegalMove(_("still to do their part, or to be released from it: %(units)s") % {"units": names})
        change.case.outcome, change.case.reply = outcome, reply
        change.case.finished_at = change.at
        change.record(EventKind.FINISHED, outcome=outcome, reply=reply)
        change.hand_to(change.case.dispatching_unit_id)
        change.enter(Status.REVIEW)
    return change.case


def approve(
    case: Case | int, actor: Actor, *, note: str = "", at: datetime | None = None, version: int | None = None
) -> Case:
    """review → feedback: the reply goes out."""
    with changing(case, "approve", actor, at=at, version=version) as change:
        change.record(EventKind.APPROVED, note=note)
        change.enter(Status.FEEDBACK)
    return change.case


def send_back(
    case: Case | int, actor: Actor, *, reason: str, at: datetime | None = None, version: int | None = None
) -> Case:
    """review → handling, as redo. The old handling clock runs on: a poor reply buys no time, the check costs none."""
    with changing(case, "send_back", actor, at=at, version=version) as change:
        locked = change.case
        event = change.record(EventKind.SENT_BACK, reason=reason)
        locked.redos += 1
        stopped = Deadline.objects.filter(case=locked, kind=DeadlineKind.HANDLE, ended_at=locked.finished_at)
        locked.finished_at = None
        change.hand_to(locked.lead_unit_id)
        change.run_on(stopped.select_related("case").order_by("-pk")[:1], "checked", event)
        change.enter(Status.HANDLING)
    return change.case


def solve_on_spot(
    case: Case | int, actor: Actor, *, note: str, at: datetime | None = None, version: int | None = None
) -> Case:
    """submitted, accepted → feedback, without dispatch: done there and then (当场解决)."""
    with changing(case, "solve_on_spot", actor, at=at, version=version) as change:
        locked = change.case
        category = categories.book().by_id.get(locked.category_id) if locked.category_id else None
        if category and category.photo_required and not locked.attachments.exists():
            raise BadInput(note=_("this kind of matter needs a photo: attach one first"))
        locked.accepted_at = locked.accepted_at or change.at
        locked.accepted_by = locked.accepted_by or actor.user
        locked.outcome, locked.reply, locked.finished_at = "solved", note, change.at
        if change.standing:
            change.hand_to(change.standing.unit_id)
            locked.lead_unit_id = locked.dispatching_unit_id = change.standing.unit_id
        change.record(EventKind.SOLVED_ON_SPOT, note=note)
        change.enter(Status.FEEDBACK)
    return change.case
