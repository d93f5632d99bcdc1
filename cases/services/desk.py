"""What a desk does: accept or refuse, merge, dispatch, rule, escalate, urge."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from cases import categories
from cases.actors import Actor, ActorKind
from cases.choices import OPEN, DeadlineState, EventKind, Status
from cases.errors import BadInput, IllegalMove
from cases.models import Assignment, Case, Category, Deadline
from grids import tree
from grids.models import Unit

from . import suspensions
from .change import Change, changing
from .loose_ends import NEVER_RUN_ON
from .supervision import list_case

LEAD, CO = Assignment.Part.LEAD, Assignment.Part.CO


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
        _hand_out(change, lead, co_handlers)
        change.record(EventKind.DISPATCHED, **_handed(lead, co_handlers), note=note)
    return change.case


def rule(
    case: Case | int,
    actor: Actor,
    *,
    lead: Unit,
    reason: str,
    co_handlers: Sequence[Unit] = (),
    at: datetime | None = None,
    version: int | None = None,
) -> Case:
    """accepted → dispatched, by the level above, binding: the lead cannot return it."""
    with changing(case, "rule", actor, at=at, version=version) as change:
        _hand_out(change, lead, co_handlers)
        change.case.binding = True
        change.record(EventKind.RULED, **_handed(lead, co_handlers), reason=reason)
    return change.case


def _handed(lead: Unit, co_handlers: Sequence[Unit]) -> dict[str, Any]:
    return {
        "lead": lead.pk,
        "lead_name": lead.name,
        "co_handlers": [unit.pk for unit in co_handlers],
        "co_handler_names": [unit.name for unit in co_handlers],
    }


def _hand_out(change: Change, lead: Unit, co_handlers: Sequence[Unit]) -> None:
    """Ends the lead that was, gives the new shares, starts the clocks of the lead.

    A dispatch to the unit that leads already starts no clock anew.
    """
    case = change.case
    for name, unit in [("lead", lead), *(("co_handlers", unit) for unit in co_handlers)]:
        _check_unit(change, name, unit)
    if lead.pk in {unit.pk for unit in co_handlers}:
        raise BadInput(co_handlers=_("the lead cannot be its own co-handler"))
    same_lead = case.lead_unit_id == lead.pk and case.status in (Status.DISPATCHED, Status.HANDLING)
    shares = {share.unit_id: share for share in change.running_shares()}
    for share in shares.values():
        keeps = share.part == CO and share.unit_id != lead.pk
        if not keeps and not (same_lead and share.part == LEAD):
            change.end_share(share, "redispatched")
    if not same_lead:
        change.give_share(lead.pk, LEAD)
    for unit in co_handlers:
        if unit.pk not in shares or shares[unit.pk].ended_at:
            change.give_share(unit.pk, CO)
    case.dispatched_at = case.dispatched_at or change.at
    case.dispatching_unit_id = change.standing.unit_id if change.standing else case.duty_unit_id
    case.lead_unit_id, case.binding = lead.pk, False
    change.hand_to(lead.pk)
    change.enter(Status.DISPATCHED, restart=not same_lead)


def _check_unit(change: Change, name: str, unit: Unit) -> None:
    row = tree.unit(unit.pk)
    if row is None or not unit.active:
        raise BadInput(**{name: _("“%(unit)s” is no longer active") % {"unit": unit.name}})
    if change.actor.kind is ActorKind.PERSON and change.standing is not None:
        reach = change.standing.path
    else:
        reach = change.case.grid_path[: len(tree.city_of(change.case.grid_id).path)]
    if not row.path.startswith(reach):
        raise BadInput(
            **{name: _("“%(unit)s” lies outside your territory: escalate the case first") % {"unit": unit.name}}
        )


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
        change.record(EventKind.MERGED, into=other.number, was=change.case.status, note=note)
        change.enter(Status.MERGED, fate=DeadlineState.CANCELLED)
        joined = Change(other, actor, max(change.at, other.updated_at), change.standing)
        joined.record(EventKind.VOICE_JOINED, voice=change.case.number)
        joined.write()
    return change.case


def unmerge(
    case: Case | int,
    actor: Actor,
    *,
    note: str = "",
    at: datetime | None = None,
    version: int | None = None,
) -> Case:
    """merged → where it stood; its clocks run on, and the time in between does not count."""
    with changing(case, "unmerge", actor, at=at, version=version) as change:
        merged = change.case.events.filter(kind=EventKind.MERGED).latest("seq")
        was = merged.payload["was"]
        change.case.merged_into = None
        event = change.record(EventKind.UNMERGED, back_to=was, note=note)
        stopped = Deadline.objects.filter(case=change.case, ended_at=merged.at).exclude(kind__in=NEVER_RUN_ON)
        change.run_on(stopped.select_related("case"), "merged", event)
        if was == Status.SUSPENDED:
            suspensions.restore(change, merged.at, event)
        change.enter(Status(was))
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
        _replace_lead(change, above.id)
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


def _replace_lead(change: Change, above: int) -> None:
    case = change.case
    for share in change.running_shares():
        if share.part == LEAD:
            change.end_share(share, "escalated")
            if share.unit_id != above:
                change.give_share(share.unit_id, CO, signed_at=share.signed_at)
        elif share.unit_id == above:
            change.end_share(share, "leads")
    change.give_share(above, LEAD)
    case.lead_unit_id = case.dispatching_unit_id = above
    case.binding = False


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
