"""What a desk does: accept or refuse, dispatch, escalate, urge."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from cases import categories
from cases.actors import Actor
from cases.choices import DeadlineState, EventKind, Status
from cases.errors import BadInput
from cases.models import Case, Category
from grids import tree
from grids.models import Unit

from .change import Change, changing
from .shares import hand_out, handed, replace_lead
from .supervision import list_case


def accept(
    case: Case | int,
    actor: Actor,
    *,
    category: Category | None = None,
    urgency: str = "",
    note: str = "",
    at: datetime | None = None,
    version: int | None = None,
) -> Case:
    """submitted → accepted, onto the desk of whoever accepts. A category or urgency given here is the case's from now
    on, before the next clock."""
    with changing(case, "accept", actor, at=at, version=version) as change:
        _classify(change, category, urgency)
        change.case.accepted_at, change.case.accepted_by = change.at, actor.user
        if change.standing is not None:
            change.hand_to(change.standing.unit_id)
        change.record(EventKind.ACCEPTED, note=note, category=change.case.category_id, urgency=change.case.urgency)
        change.enter(Status.ACCEPTED)
    return change.case


def reject(
    case: Case | int,
    actor: Actor,
    *,
    reason_code: str,
    text: str,
    at: datetime | None = None,
    version: int | None = None,
) -> Case:
    """submitted → rejected. `text` is what the resident reads."""
    with changing(case, "reject", actor, at=at, version=version) as change:
        change.case.reject_reason, change.case.reply = reason_code, text
        change.record(EventKind.REJECTED, reason_code=reason_code, text=text)
        change.enter(Status.REJECTED)
    return change.case


def recategorise(
    case: Case | int,
    actor: Actor,
    *,
    reason: str,
    category: Category | None = None,
    urgency: str = "",
    at: datetime | None = None,
    version: int | None = None,
) -> Case:
    """Another category or urgency. No running clock starts anew: an edit buys nobody time."""
    if category is None and not urgency:
        raise BadInput(category=_("give a category or an urgency"))
    with changing(case, "recategorise", actor, at=at, version=version) as change:
        before = {"category": change.case.category_id, "urgency": change.case.urgency}
        _classify(change, category, urgency)
        after = {"category": change.case.category_id, "urgency": change.case.urgency}
        change.record(EventKind.RECATEGORISED, before=before, after=after, reason=reason)
    return change.case


def _classify(change: Change, category: Category | None, urgency: str) -> None:
    if category is not None:
        row = categories.book().by_id.get(category.pk)
        if row is None or not row.active:
            raise BadInput(category=_("no such category is in use"))
        change.case.category_id = row.id
        change.case.urgency = urgency or row.urgency
    elif urgency:
        change.case.urgency = urgency


def dispatch(
    case: Case | int,
    actor: Actor,
    *,
    lead: Unit,
    co_handlers: Sequence[Unit] = (),
    note: str = "",
    at: datetime | None = None,
    version: int | None = None,
) -> Case:
    """accepted, dispatched, handling → dispatched: one lead, any co-handlers, all within the dispatcher's territory."""
    with changing(case, "dispatch", actor, at=at, version=version) as change:
        hand_out(change, lead, co_handlers)
        change.record(EventKind.DISPATCHED, **handed(lead, co_handlers), note=note)
    return change.case


def escalate(
    case: Case | int,
    actor: Actor,
    *,
    reason: str,
    at: datetime | None = None,
    version: int | None = None,
) -> Case:
    """One level up: a dispatched case gets a new lead, any other a new desk; the lower unit stays as co-handler.

    At the top there is nowhere to go: the case is listed for supervision (挂牌督办).
    """
    with changing(case, "escalate", actor, at=at, version=version) as change:
        climb(change, reason)
    return change.case


def climb(change: Change, reason: str, *, due_at: datetime | None = None, **payload: object) -> None:
    """`escalate` on a case that is locked already; `due_at` is when the clock says that it should have climbed."""
    case = change.case
    below = tree.unit(case.duty_unit_id) if case.duty_unit_id else None
    above = tree.authority_above(below.path) if below else tree.authority_upward(case.grid_path)
    if above is None:
        return list_case(change, reason, due_at=due_at, **payload)
    said = {
        "from_unit": case.duty_unit_id,
        "from_name": below.name if below else "",
        "from_level": case.level,
    }
    case.escalations += 1
    if case.status in (Status.DISPATCHED, Status.HANDLING):
        replace_lead(change, above.id)
        status = Status.DISPATCHED
    else:
        status = Status(case.status)
        if status == Status.REVIEW:
            case.dispatching_unit_id = above.id
    change.hand_to(above.id)
    change.enter(status, fate=DeadlineState.CANCELLED, restart=True)
    said |= {"to_unit": above.id, "to_name": above.name, "to_level": case.level, "reason": reason}
    change.record(EventKind.ESCALATED, due_at=due_at, **said, **payload)
    return None


def urge(case: Case | int, actor: Actor, *, note: str, at: datetime | None = None, version: int | None = None) -> Case:
    """Presses whoever has it (催办)."""
    with changing(case, "urge", actor, at=at, version=version) as change:
        change.case.urges += 1
        change.record(EventKind.URGED, note=note, unit=change.case.duty_unit_id)
    return change.case


def instruct(
    case: Case | int, actor: Actor, *, note: str, at: datetime | None = None, version: int | None = None
) -> Case:
    """A leader's note on a case (批示)."""
    with changing(case, "instruct", actor, at=at, version=version) as change:
        change.record(EventKind.INSTRUCTED, note=note)
    return change.case
