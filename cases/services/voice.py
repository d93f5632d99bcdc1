"""What the resident says after the first word: a verdict, a note, a withdrawal; and how a case closes and reopens."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from cases import policies
from cases.actors import Actor, ActorKind
from cases.choices import DeadlineState, EventKind, Satisfaction, Status
from cases.errors import BadInput, IllegalMove, NotPermitted
from cases.models import Assignment, Case, Rating
from cases.reporter import Reporter, unseal
from cases.secrecy import keeps_secret_from

from .change import Change, changing
from .desk import climb


def rate(
    case: Case | int,
    actor: Actor,
    *,
    solved: bool,
    satisfaction: str,
    comment: str = "",
    at: datetime | None = None,
    version: int | None = None,
) -> Case:
    """feedback → closed; or back into handling where the resident is not satisfied or says it is not solved.

    The first time it goes back to the same unit, the second time one level up.
    """
    with changing(case, "rate", actor, at=at, version=version) as change:
        Rating.objects.create(
            case=change.case,
            solved=solved,
            satisfaction=satisfaction,
            comment=comment,
            revisited_by=actor.user,
            at=change.at,
        )
        change.record(EventKind.RATED, solved=solved, satisfaction=satisfaction, comment=comment)
        if solved and satisfaction != Satisfaction.UNSATISFIED:
            end(change)
        else:
            start_again(change, reason=comment)
    return change.case


def close(
    case: Case | int, actor: Actor, *, note: str = "", at: datetime | None = None, version: int | None = None
) -> Case:
    """feedback → closed without a verdict: the rating window is over, or a revisit reached nobody."""
    with changing(case, "close", actor, at=at, version=version) as change:
        end(change, note=note)
    return change.case


def end(change: Change, *, due_at: datetime | None = None, **payload: object) -> None:
    """`close` on a case that is locked already; `due_at` is when the clock says that it should have closed."""
    change.case.closed_at = change.at
    change.record(EventKind.CLOSED, due_at=due_at, **payload)
    for share in change.running_shares():
        change.end_share(share, "closed")
    change.enter(Status.CLOSED)


def reopen(
    case: Case | int, actor: Actor, *, reason: str, at: datetime | None = None, version: int | None = None
) -> Case:
    """closed → handling, within the policy's window for the resident; a supervisor's look-back has none."""
    with changing(case, "reopen", actor, at=at, version=version) as change:
        locked = change.case
        days = policies.book()[locked.policy_id].reopen_days
        late = locked.closed_at is not None and change.at > locked.closed_at + timedelta(days=days)
        if late and actor.kind is ActorKind.RESIDENT:
            raise IllegalMove(_("a closed case can be reopened for %d days: report the matter anew") % days)
        start_again(change, reason)
    return change.case


def start_again(change: Change, reason: str) -> None:
    """`reopen` on a case that is locked already. A new promise: a new handling clock, at the same unit or, the second
    time, one level up."""
    case = change.case
    case.reopens += 1
    case.closed_at = case.finished_at = None
    change.record(EventKind.REOPENED, reason=reason, time=case.reopens)
    lead = case.lead_unit_id or case.duty_unit_id
    case.lead_unit_id = lead
    if lead and not any(share.part == Assignment.Part.LEAD for share in change.running_shares()):
        change.give_share(lead, Assignment.Part.LEAD, signed_at=change.at)
    change.hand_to(lead)
    change.enter(Status.HANDLING)
    if case.reopens > 1:
        climb(change, reason)


def withdraw(
    case: Case | int,
    actor: Actor,
    *,
    reason: str = "",
    at: datetime | None = None,
    version: int | None = None,
) -> Case:
    """Taken back by the resident, before handling is finished."""
    with changing(case, "withdraw", actor, at=at, version=version) as change:
        for share in change.running_shares():
            change.end_share(share, "withdrawn")
        change.record(EventKind.WITHDRAWN, reason=reason)
        change.enter(Status.WITHDRAWN, fate=DeadlineState.CANCELLED)
    return change.case


def note(case: Case | int, actor: Actor, *, note: str, at: datetime | None = None, version: int | None = None) -> Case:
    """A remark in the history. No clock is touched."""
    with changing(case, "note", actor, at=at, version=version) as change:
        change.record(EventKind.NOTED, note=note)
    return change.case


def reveal_reporter(
    case: Case | int, actor: Actor, *, reason: str, at: datetime | None = None, version: int | None = None
) -> Reporter:
    """The reporter's data unmasked; the look is an event, with its reason.

    Raises BadInput without a reason, NotPermitted where the reporter asked for secrecy and this is not who accepted the
    case.
    """
    if not reason.strip():
        raise BadInput(reason=_("say why: it stands in the history"))
    with changing(case, "reveal_reporter", actor, at=at, version=version) as change:
        if keeps_secret_from(change.case, actor):
            raise NotPermitted(_("the reporter asked for secrecy: only who accepted the case may see this"))
        change.record(EventKind.REVEALED, reason=reason)
    return unseal(change.case.reporter_sealed)


def shown_reporter(case: Case) -> Reporter:
    """What anybody who sees the case is shown: masked, and nothing at all of who asked for secrecy."""
    return Reporter() if case.secret or case.anonymous else unseal(case.reporter_sealed).masked
