"""A case that cannot go on for now (挂账): its clocks rest, a day is set on which it is looked at again, and it stays
in a register until then. It never counts as closed."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext as _

from cases.actors import Actor
from cases.calendars import calendar_of
from cases.choices import DeadlineKind, DeadlineState, EventKind, Status
from cases.deadlines import last_working_moment, next_morning
from cases.errors import BadInput
from cases.models import Case, CaseEvent, Suspension
from grids import tree

from .change import Change, changing
from .requests import answer, asked, asked_by, decider_of, pending, refuse_second, start_decision

K = DeadlineKind
RESTING = frozenset({K.HANDLE, K.ASSIST, K.REPORT_IN})
"""Clocks that a suspension stops: the lead's and its co-handlers'. Whoever answers an order still does."""
LONGEST = timedelta(days=366)


def request_suspension(
    case: Case | int,
    actor: Actor,
    *,
    reason: str,
    review_on: date,
    at: datetime | None = None,
    version: int | None = None,
) -> Case:
    """Asks that the case rest until `review_on`, a day of the next twelve months. Until that is granted, clocks go on.

    Raises BadInput for another day, IllegalMove where it has been asked already."""
    with changing(case, "request_suspension", actor, at=at, version=version) as change:
        review_at = _close_of_work(change, review_on)
        refuse_second(change, K.SUSPENSION)
        decider = decider_of(change)
        clock = start_decision(change, K.SUSPENSION, decider)
        Suspension.objects.create(**asked_by(change, decider, reason), review_at=review_at)
        change.record(EventKind.SUSPENSION_REQUESTED, review_at=review_at, **asked(change, decider, clock, reason))
    return change.case


def decide_suspension(
    case: Case | int,
    actor: Actor,
    *,
    granted: bool,
    review_on: date | None = None,
    note: str = "",
    at: datetime | None = None,
    version: int | None = None,
) -> Case:
    """Suspends the case until the day asked for (or `review_on`), or refuses to. The clocks rest from now on, and their
    ledgers say for whom and why."""
    with changing(case, "decide_suspension", actor, at=at, version=version) as change:
        request = pending(change, Suspension)
        if review_on is not None:
            if not granted:
                raise BadInput(review_on=_("only where the suspension is granted"))
            request.review_at = _close_of_work(change, review_on)
        elif granted and request.review_at <= change.at:
            raise BadInput(review_on=_("the day asked for has passed: name another"))
        answer(change, request, granted, note)
        said: dict[str, Any] = {
            "unit": request.unit_id,
            "decision": request.state,
            "note": note,
            "reason": request.reason,
        }
        if not granted:
            change.record(EventKind.SUSPENSION_REFUSED, **said)
            return change.case
        event = change.record(EventKind.SUSPENDED, review_at=request.review_at, **said)
        _rest(change, request, event)
        change.enter(Status.SUSPENDED)
    return change.case


def _rest(change: Change, suspension: Suspension, event: CaseEvent) -> None:
    """The clocks stop; one for looking at the case again starts, at whoever decided."""
    decider = change.standing.unit_id if change.standing else suspension.decider_id
    why = f"{tree.unit_name(decider, change.case.grid_path)}: {suspension.reason}"[:300]
    for clock in [d for d in change.clocks.running if d.kind in RESTING and d.state == DeadlineState.RUNNING]:
        change.enter_in_ledger(change.clocks.pause(clock, why), event)
    change.case.suspended_until = suspension.review_at
    # One that has passed meanwhile is due at once
    change.clocks.start(K.RESUME, unit_id=decider, until=max(suspension.review_at, change.at))


def review_suspension(
    case: Case | int,
    actor: Actor,
    *,
    review_on: date,
    reason: str,
    at: datetime | None = None,
    version: int | None = None,
) -> Case:
    """Looked at again, and left suspended until another day: the old clock has been answered, a new one starts."""
    with changing(case, "review_suspension", actor, at=at, version=version) as change:
        review_at = _close_of_work(change, review_on)
        suspension = _running(change)
        was, suspension.review_at = suspension.review_at, review_at
        suspension.save(update_fields=["review_at"])
        decider = change.standing.unit_id if change.standing else suspension.decider_id
        for clock in [d for d in change.clocks.running if d.kind == K.RESUME]:
            change.clocks.stop(clock)
        change.clocks.start(K.RESUME, unit_id=decider, until=review_at)
        change.case.suspended_until = review_at
        said: dict[str, Any] = {"unit": suspension.unit_id, "decision": "prolonged", "reason": reason}
        change.record(EventKind.SUSPENDED, review_at=review_at, was_review_at=was, **said)
    return change.case


def resume(
    case: Case | int, actor: Actor, *, note: str = "", at: datetime | None = None, version: int | None = None
) -> Case:
    """suspended → handling. The clocks go on with what was left of them; one that was late already stays late."""
    with changing(case, "resume", actor, at=at, version=version) as change:
        for clock in [d for d in change.clocks.running if d.state == DeadlineState.PAUSED]:
            change.clocks.unpause(clock)
        change.enter(Status.HANDLING)
        due_at = min((d.due_at for d in change.clocks.running if d.kind == K.HANDLE), default=None)
        change.record(EventKind.RESUMED, unit=change.case.lead_unit_id, handle_due_at=due_at, note=note)
    return change.case


def _running(change: Change) -> Suspension:
    granted = Suspension.objects.filter(case=change.case, state=Suspension.State.GRANTED, resumed_at=None)
    return granted.latest("pk")


def _close_of_work(change: Change, day: date) -> datetime:
    """When the offices of the city close on this day; where it is not worked, on the next that is."""
    calendar = calendar_of(change.case.grid_path)
    today = change.at.astimezone(calendar.zone).date()
    if not today < day <= today + LONGEST:
        raise BadInput(
            review_on=_("a day from %(first)s to %(last)s")
            % {"first": today + timedelta(days=1), "last": today + LONGEST}
        )
    eve = datetime.combine(day - timedelta(days=1), time(12), calendar.zone)
    worked = next_morning(calendar, eve).astimezone(calendar.zone).date()
    return last_working_moment(calendar, datetime.combine(worked + timedelta(days=1), time(0), calendar.zone))
