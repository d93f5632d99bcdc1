"""What the lead unit asks of the level above: more time before the clock expires. Asked once, answered once, and nobody
decides on their own request."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from cases import policies
from cases.actors import Actor
from cases.calendars import calendar_of
from cases.choices import DeadlineKind, DeadlineState, EventKind
from cases.deadlines import Counting, difference
from cases.errors import BadInput, IllegalMove, NotPermitted
from cases.models import Case, Deadline, Extension, Suspension
from grids import tree
from grids.tree import UnitSlot

from .change import Change, changing

R = TypeVar("R", Extension, Suspension)
MOST_DAYS = 90
DAY_MINUTES = 24 * 60


def request_extension(
    case: Case | int,
    actor: Actor,
    *,
    days: Decimal,
    reason: str,
    at: datetime | None = None,
    version: int | None = None,
) -> Case:
    """Asks for more time on the handling clock (延期), before it expires. `days` as the clock counts them: working days
    of the city for a clock of working time, else 24 hours each. The level above answers before the clock is due.

    Raises IllegalMove where the time is over, a request waits already or the policy's number has been granted.
    """
    with changing(case, "request_extension", actor, at=at, version=version) as change:
        handle = _handling_clock(change)
        _refuse_late(change, handle)
        _refuse_more(change)
        refuse_second(change, DeadlineKind.EXTENSION)
        minutes = _minutes(handle, days)
        decider = decider_of(change)
        clock = start_decision(change, DeadlineKind.EXTENSION, decider, no_later_than=handle.due_at)
        Extension.objects.create(**asked_by(change, decider, reason), deadline=handle, minutes=minutes)
        change.record(
            EventKind.EXTENSION_REQUESTED,
            days=f"{days.normalize():f}",
            minutes=minutes,
            handle_due_at=handle.due_at,
            **asked(change, decider, clock, reason),
        )
    return change.case


def decide_extension(
    case: Case | int,
    actor: Actor,
    *,
    granted: bool,
    days: Decimal | None = None,
    note: str = "",
    at: datetime | None = None,
    version: int | None = None,
) -> Case:
    """Grants the time asked for (or `days`), or refuses it. Raises IllegalMove where nothing was asked, and where the
    handling clock has run out meanwhile: a miss is not granted away afterwards."""
    with changing(case, "decide_extension", actor, at=at, version=version) as change:
        request = pending(change, Extension)
        handle = _handling_clock(change)
        if days is not None and not granted:
            raise BadInput(days=_("only where more time is granted"))
        if granted:
            _refuse_late(change, handle)
            _refuse_more(change)
        was = handle.due_at
        minutes = 0 if not granted else _minutes(handle, days) if days is not None else round(request.minutes)
        entry = change.clocks.extend(handle, minutes, _why(change, request)) if granted else None
        change.case.extensions += granted
        request.granted_minutes = minutes
        answer(change, request, granted, note)
        event = change.record(
            EventKind.EXTENSION_DECIDED,
            decision=request.state,
            unit=request.unit_id,
            unit_name=tree.unit_name(request.unit_id, change.case.grid_path),
            asked_minutes=round(request.minutes),
            granted_minutes=minutes,
            was_due_at=was,
            deadline_kind=handle.kind,
            deadline_due_at=handle.due_at,
            note=note,
        )
        if entry is not None:
            change.enter_in_ledger(entry, event)
    return change.case


def _handling_clock(change: Change) -> Deadline:
    running = (d for d in change.clocks.running if d.kind == DeadlineKind.HANDLE)
    clock = next(running, None)
    if clock is None:
        raise IllegalMove(_("no handling clock runs on this case"))
    return clock


def _refuse_late(change: Change, handle: Deadline) -> None:
    if change.at >= handle.due_at:
        raise IllegalMove(_("the time for handling is over: more of it can only be given before that"))


def _refuse_more(change: Change) -> None:
    most = policies.book()[change.case.policy_id].max_extensions
    if change.case.extensions >= most:
        raise IllegalMove(_("the policy allows %(most)d extensions, and they have been granted") % {"most": most})


def _minutes(handle: Deadline, days: Decimal) -> int:
    """So many days in minutes as the clock counts. A working day has the hours of the day on which the clock is due:
    summer and winter hours differ, and moments in working time fall on days worked."""
    if not 0 < days <= MOST_DAYS:
        raise BadInput(days=_("more than 0 and at most %d") % MOST_DAYS)
    if handle.counting == Counting.CALENDAR:
        return round(days * DAY_MINUTES)
    calendar = calendar_of(handle.case.grid_path)
    opens = handle.due_at.astimezone(calendar.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    length = difference(calendar, opens, opens + timedelta(days=1), Counting.WORKING)
    return round(days * Decimal(length))


def _why(change: Change, request: Extension) -> str:
    decider = change.standing.unit_id if change.standing else request.decider_id
    return f"{tree.unit_name(decider, change.case.grid_path)}: {request.reason}"[:300]


# What every request has in common


def decider_of(change: Change) -> UnitSlot:
    """The authority above the lead unit; at the top, that of the top itself."""
    lead = tree.unit(change.case.lead_unit_id) if change.case.lead_unit_id else None
    path = lead.path if lead else change.case.grid_path
    decider = tree.authority_above(path) or tree.authority_upward(path)
    if decider is None:
        raise IllegalMove(_("there is no authority that could decide"))
    return decider


def refuse_second(change: Change, kind: DeadlineKind) -> None:
    """Raises IllegalMove where such a request waits already."""
    if any(d.kind == kind for d in change.clocks.running):
        raise IllegalMove(_("it has been asked already, and waits for the decision"))


def start_decision(
    change: Change, kind: DeadlineKind, decider: UnitSlot, no_later_than: datetime | None = None
) -> Deadline:
    """The clock of who must decide. Raises IllegalMove without one: nobody would ever have to answer."""
    clock = change.clocks.start(kind, unit_id=decider.id, no_later_than=no_later_than)
    if clock is None:
        raise IllegalMove(_("the policy does not say by when this is decided: it cannot be asked for"))
    return clock


def asked_by(change: Change, decider: UnitSlot, reason: str) -> dict[str, Any]:
    """The columns that all requests share."""
    return {
        "case": change.case,
        "unit_id": change.case.lead_unit_id,
        "asked_by": change.actor.user,
        "asked_at": change.at,
        "reason": reason,
        "decider_id": decider.id,
    }


def asked(change: Change, decider: UnitSlot, clock: Deadline, reason: str) -> dict[str, Any]:
    """What the event of any request says: `unit` is who asks, the clock is that of the decider."""
    lead = change.case.lead_unit_id
    return {
        "unit": lead,
        "unit_name": tree.unit_name(lead, change.case.grid_path) if lead else "",
        "decider": decider.id,
        "decider_name": decider.name,
        "deadline_kind": clock.kind,
        "deadline_due_at": clock.due_at,
        "reason": reason,
    }


def pending(change: Change, model: type[R]) -> R:
    """The request that waits for an answer. Raises IllegalMove where there is none, NotPermitted for one's own."""
    request = model.objects.filter(case=change.case, state=model.State.PENDING).first()
    if request is None:
        raise IllegalMove(_("nothing has been asked that waits for a decision"))
    if change.actor.user is not None and request.asked_by_id == change.actor.user.pk:
        raise NotPermitted(_("somebody else must decide on what you have asked for yourself"))
    return request


def answer(change: Change, request: Extension | Suspension, granted: bool, note: str) -> None:
    """Writes the decision; the clock of who owed it ends."""
    request.state = request.State.GRANTED if granted else request.State.REFUSED
    request.decided_by, request.decided_at, request.note = change.actor.user, change.at, note
    request.save()
    kind = DeadlineKind.EXTENSION if isinstance(request, Extension) else DeadlineKind.SUSPENSION
    for clock in [d for d in change.clocks.running if d.kind == kind]:
        change.clocks.stop(clock, DeadlineState.MET)
