"""Working together (联合办理): co-handlers report in and do their part, the lead calls for more of them, and both say
how the other worked (双考核)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from cases.actors import Actor
from cases.choices import DeadlineKind, DeadlineState, EventKind
from cases.errors import BadInput, IllegalMove, NotPermitted
from cases.models import Assignment, Case, PeerRating, Whistle
from grids import tree
from grids.models import Unit

from .change import Change, changing
from .shares import CO, call_in, called, check_unit

K = DeadlineKind


def report_in(
    case: Case | int, actor: Actor, *, note: str = "", at: datetime | None = None, version: int | None = None
) -> Case:
    """A co-handler says that it is there (报到)."""
    with changing(case, "report_in", actor, at=at, version=version) as change:
        share = _own_share(change)
        if share.reported_in_at is not None:
            raise IllegalMove(_("your unit has reported in already"))
        share.reported_in_at = change.at
        share.save(update_fields=["reported_in_at"])
        _meet(change, share, K.REPORT_IN)
        change.record(EventKind.REPORTED_IN, note=note, **_unit(change, share.unit_id))
    return change.case


def contribute(
    case: Case | int, actor: Actor, *, note: str, at: datetime | None = None, version: int | None = None
) -> Case:
    """A co-handler has done its part; who has not reported in yet has done so thereby."""
    with changing(case, "contribute", actor, at=at, version=version) as change:
        share = _own_share(change)
        if share.reported_at is not None:
            raise IllegalMove(_("your unit has done its part already: what comes after it is progress"))
        share.reported_in_at = share.reported_in_at or change.at
        share.reported_at, share.contribution = change.at, note
        share.save(update_fields=["reported_in_at", "reported_at", "contribution"])
        _meet(change, share, K.REPORT_IN, K.ASSIST)
        change.record(EventKind.CONTRIBUTED, note=note, **_unit(change, share.unit_id))
    return change.case


def waive(
    case: Case | int,
    actor: Actor,
    *,
    unit: Unit,
    reason: str,
    at: datetime | None = None,
    version: int | None = None,
) -> Case:
    """Nothing more is asked of a co-handler; it keeps its share, so that it can still help and sees how it goes on."""
    with changing(case, "waive", actor, at=at, version=version) as change:
        share = _share_of(change, unit)
        if share.waived_at is not None or share.reported_at is not None:
            raise IllegalMove(_("nothing is asked of “%(unit)s” any more") % {"unit": unit.name})
        share.waived_at = change.at
        share.save(update_fields=["waived_at"])
        for deadline in change.clocks.of_share(share):
            change.clocks.stop(deadline, DeadlineState.CANCELLED)
        change.record(EventKind.WAIVED, reason=reason, **_unit(change, unit.pk))
    return change.case


def owing_their_part(change: Change) -> list[int]:
    """The co-handlers that have neither done their part nor been released from it."""
    shares = [share for share in change.running_shares() if share.part == CO]
    return [share.unit_id for share in shares if share.reported_at is None and share.waived_at is None]


def whistle(
    case: Case | int,
    actor: Actor,
    *,
    wanted: str,
    reason: str,
    at: datetime | None = None,
    version: int | None = None,
) -> Case:
    """The lead calls for departments (吹哨); the next authority above it answers, by a clock of its own."""
    with changing(case, "whistle", actor, at=at, version=version) as change:
        asking = change.case.lead_unit_id
        if asking is None or Whistle.objects.filter(case=change.case, state=Whistle.State.PENDING).exists():
            raise IllegalMove(_("a whistle is waiting for its answer already"))
        unit = tree.unit(asking)
        decider = tree.authority_above(unit.path if unit else change.case.grid_path)
        if decider is None:
            raise IllegalMove(_("nobody is above you: dispatch the case to the co-handlers that it needs"))
        Whistle.objects.create(
            case=change.case,
            unit_id=asking,
            asked_by=change.actor.user,
            asked_at=change.at,
            wanted=wanted,
            reason=reason,
            decider_id=decider.id,
        )
        change.clocks.start(K.WHISTLE, unit_id=decider.id)
        said = _unit(change, asking) | {"decider": decider.id, "decider_name": decider.name}
        change.record(EventKind.WHISTLED, wanted=wanted, reason=reason, **said)
    return change.case


def answer_whistle(
    case: Case | int,
    actor: Actor,
    *,
    co_handlers: Sequence[Unit],
    note: str = "",
    at: datetime | None = None,
    version: int | None = None,
) -> Case:
    """The level above sends co-handlers of its territory; each has a time to report in and one to do its part."""
    with changing(case, "answer_whistle", actor, at=at, version=version) as change:
        if not co_handlers:
            raise BadInput(co_handlers=_("name at least one unit, or refuse the whistle"))
        helping = {share.unit_id for share in change.running_shares() if share.waived_at is None}
        for unit in co_handlers:
            check_unit(change, "co_handlers", unit)
            if unit.pk in helping:
                raise BadInput(co_handlers=_("“%(unit)s” has a share of the case already") % {"unit": unit.name})
        _decide(change, Whistle.State.GRANTED, note)
        call_in(change, co_handlers)
        change.record(EventKind.WHISTLE_ANSWERED, granted=True, note=note, **called(co_handlers))
    return change.case


def refuse_whistle(
    case: Case | int, actor: Actor, *, reason: str, at: datetime | None = None, version: int | None = None
) -> Case:
    """The level above sends nobody, and says why."""
    with changing(case, "refuse_whistle", actor, at=at, version=version) as change:
        _decide(change, Whistle.State.REFUSED, reason)
        change.record(EventKind.WHISTLE_ANSWERED, granted=False, reason=reason, **called(()))
    return change.case


def _decide(change: Change, state: Whistle.State, note: str) -> None:
    pending = Whistle.objects.filter(case=change.case, state=Whistle.State.PENDING)
    if not pending.update(state=state, decided_by=change.actor.user, decided_at=change.at, note=note):
        raise IllegalMove(_("no whistle is waiting for an answer"))
    for deadline in [d for d in change.clocks.running if d.kind == K.WHISTLE]:
        change.clocks.stop(deadline)


def rate_co_handler(
    case: Case | int,
    actor: Actor,
    *,
    unit: Unit,
    score: int,
    comment: str = "",
    at: datetime | None = None,
    version: int | None = None,
) -> Case:
    """The lead's verdict on a co-handler that has done its part, 1 to 5, once."""
    with changing(case, "rate_co_handler", actor, at=at, version=version) as change:
        _rate(change, _share_of(change, unit), PeerRating.By.LEAD, unit.pk, score, comment)
    return change.case


def rate_lead(
    case: Case | int,
    actor: Actor,
    *,
    score: int,
    comment: str = "",
    at: datetime | None = None,
    version: int | None = None,
) -> Case:
    """A co-handler's verdict on the lead, once it has done its part, 1 to 5, once."""
    with changing(case, "rate_lead", actor, at=at, version=version) as change:
        _rate(change, _own_share(change), PeerRating.By.CO, change.case.lead_unit_id, score, comment)
    return change.case


def _rate(change: Change, share: Assignment, by: PeerRating.By, unit_id: int | None, score: int, comment: str) -> None:
    """The history says that there is a verdict, not which: everybody who sees the case reads the history."""
    if unit_id is None or share.reported_at is None:
        raise IllegalMove(_("there is a verdict only once the co-handler has done its part"))
    if share.peer_ratings.filter(by=by).exists():
        raise IllegalMove(_("you have given your verdict already"))
    PeerRating.objects.create(
        case=change.case,
        share=share,
        by=by,
        unit_id=unit_id,
        score=score,
        comment=comment,
        rated_by=change.actor.user,
        at=change.at,
    )
    change.record(EventKind.PEER_RATED, by=by.value, **_unit(change, unit_id))


def _own_share(change: Change) -> Assignment:
    """The share of the unit for which the actor acts. Raises NotPermitted for who acts for no unit."""
    unit_id = change.standing.unit_id if change.standing else None
    share = next((s for s in change.running_shares() if s.part == CO and s.unit_id == unit_id), None)
    if share is None:
        raise NotPermitted(_("only a co-handler can do this, for itself"))
    return share


def _share_of(change: Change, unit: Unit) -> Assignment:
    share = next((s for s in change.running_shares() if s.part == CO and s.unit_id == unit.pk), None)
    if share is None:
        raise BadInput(unit=_("“%(unit)s” is no co-handler of this case") % {"unit": unit.name})
    return share


def _meet(change: Change, share: Assignment, *kinds: DeadlineKind) -> None:
    for deadline in change.clocks.of_share(share, *kinds):
        change.clocks.stop(deadline)


def _unit(change: Change, unit_id: int) -> dict[str, Any]:
    return {"unit": unit_id, "unit_name": tree.unit_name(unit_id, change.case.grid_path)}
