"""Written orders of who watches over the work (督办): given with a deadline, answered by the unit they name, checked by
who gave them. A listed one (挂牌督办) is the last means, where a case cannot climb any further."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from cases.actors import Actor, ActorKind
from cases.choices import DeadlineKind, EventKind
from cases.errors import BadInput, IllegalMove, NotPermitted
from cases.models import Case, SupervisionOrder
from cases.workflow import TABLE, Move
from grids import tree
from grids.choices import Level
from grids.models import Unit
from grids.territory import Standing

from .change import Change, changing
from .loose_ends import told

State = SupervisionOrder.State


def supervise(
    case: Case | int,
    actor: Actor,
    *,
    text: str,
    unit: Unit | None = None,
    listed: bool = False,
    at: datetime | None = None,
    version: int | None = None,
) -> Case:
    """Gives an order to who has the case, or to `unit` of one's own territory, which sees the case from now on.

    Raises IllegalMove where that unit has an order to answer already; BadInput for a unit outside, and for `listed`
    from below the city.
    """
    with changing(case, "supervise", actor, at=at, version=version) as change:
        addressed = _addressee(change, unit)
        if listed:
            _refuse_below_the_city(change)
        issuer = change.standing.unit_id if change.standing else None
        order = _give(change, addressed, text, issuer, listed)
        said: dict[str, Any] = {
            "order": order.pk,
            "unit": addressed,
            "unit_name": tree.unit_name(addressed, change.case.grid_path),
        }
        said |= {"listed": listed, "text": text, "deadline_kind": DeadlineKind.SUPERVISE.value}
        due_at = _clock_of(change, order)
        change.record(EventKind.SUPERVISED, **said, deadline_due_at=due_at)
        if listed:
            change.record(EventKind.LISTED, unit=addressed, order=order.pk, reason=text, level=change.case.level)
    return change.case


def _addressee(change: Change, unit: Unit | None) -> int:
    """The unit that must answer: active, and within the reach of who gives the order."""
    unit_id = unit.pk if unit else change.case.duty_unit_id
    row = tree.unit(unit_id) if unit_id else None
    if row is None:
        raise BadInput(unit=_("name an active unit that is to answer"))
    reach = change.standing.path if change.standing else change.case.grid_path[: tree.STEP]
    if not row.path.startswith(reach):
        raise BadInput(unit=_("“%(unit)s” lies outside your territory") % {"unit": row.name})
    return row.id


def _refuse_below_the_city(change: Change) -> None:
    move = TABLE["supervise"].who[0]
    standings = change.actor.territory.standings
    at_city = (s for s in standings if s.role in move.roles and s.covers(change.case.grid_path))
    city = next((s for s in at_city if s.unit_level == Level.CITY), None)
    if change.actor.kind is ActorKind.PERSON and city is None:
        raise BadInput(listed=_("only the city lists a case for supervision: give an order that is not listed"))
    change.standing = city


def _give(change: Change, unit_id: int, text: str, issuer_id: int | None, listed: bool) -> SupervisionOrder:
    if SupervisionOrder.objects.filter(case=change.case, unit=unit_id).exclude(state=State.CLOSED).exists():
        raise IllegalMove(_("this unit has an order on this case already: check its answer first"))
    case = change.case
    order = SupervisionOrder.objects.create(
        case=case,
        unit_id=unit_id,
        issuer_id=issuer_id,
        issued_by=change.actor.user,
        issued_at=change.at,
        text=text,
        listed=listed,
    )
    change.clocks.start(DeadlineKind.SUPERVISE, unit_id=unit_id, order=order)
    case.supervisions += 1
    if listed:
        case.listed_at = case.listed_at or change.at
    if unit_id not in case.unit_ids:
        case.unit_ids = [*case.unit_ids, unit_id]
    return order


def _clock_of(change: Change, order: SupervisionOrder) -> datetime | None:
    return next((d.due_at for d in change.clocks.running if d.order_id == order.pk), None)


def list_case(change: Change, reason: str, *, due_at: datetime | None = None, **payload: object) -> None:
    """Listed supervision by the city of who has the case: where the clock or a hand would escalate, and nothing is
    above. One order at a time: an open one to the same unit becomes the listed one."""
    case = change.case
    unit_id = case.duty_unit_id
    if unit_id is not None:
        order = case.orders.exclude(state=State.CLOSED).filter(unit=unit_id).first() if case.supervisions else None
        if order is None:
            city = tree.authority_upward(case.grid_path[: tree.STEP])
            text = reason if change.actor.kind is not ActorKind.CLOCK else _by_itself()
            order = _give(change, unit_id, text, city.id if city else None, listed=True)
        elif not order.listed:
            order.listed = True
            order.save(update_fields=["listed"])
        payload = {"unit": unit_id, "order": order.pk, **payload}
    case.listed_at = case.listed_at or change.at
    change.record(EventKind.LISTED, due_at=due_at, reason=reason, level=case.level, **payload)


def _by_itself() -> str:
    """What an order says that nobody wrote, in the site's own language."""
    with translation.override(settings.LANGUAGE_CODE):
        return _("Overdue at the highest level. Solve the matter, and report what was done.")


def answer_supervision(
    case: Case | int,
    actor: Actor,
    *,
    reply: str,
    order: int | None = None,
    at: datetime | None = None,
    version: int | None = None,
) -> Case:
    """The unit that an order names answers it; its clock ends. `order` is needed where several wait for one's units.

    Raises IllegalMove where no order waits, NotPermitted where those that wait are other units'.
    """
    with changing(case, "answer_supervision", actor, at=at, version=version) as change:
        found = _pick(change, TABLE["answer_supervision"], State.OPEN, order, _addressed)
        found.state, found.reply = State.ANSWERED, reply
        found.answered_by, found.answered_at = actor.user, change.at
        found.save()
        for clock in [d for d in change.clocks.running if d.order_id == found.pk]:
            change.clocks.stop(clock)
        change.record(EventKind.SUPERVISION_ANSWERED, reply=reply, **told(change, found))
    return change.case


def check_supervision(
    case: Case | int,
    actor: Actor,
    *,
    accepted: bool,
    note: str = "",
    order: int | None = None,
    at: datetime | None = None,
    version: int | None = None,
) -> Case:
    """Who gave the order, or watches at the same level or above, closes it; or sends the answer back with a new
    deadline, saying in `note` what is missing."""
    with changing(case, "check_supervision", actor, at=at, version=version) as change:
        if not accepted and not note:
            raise BadInput(note=_("say what is missing in the answer"))
        found = _pick(change, TABLE["check_supervision"], State.ANSWERED, order, _watching)
        if accepted:
            found.state, found.closed_by, found.closed_at = State.CLOSED, actor.user, change.at
        else:
            found.state, found.refusals = State.OPEN, found.refusals + 1
            change.clocks.start(DeadlineKind.SUPERVISE, unit_id=found.unit_id, order=found)
        found.save()
        said = told(change, found)
        if due_at := _clock_of(change, found):
            said |= {"deadline_kind": DeadlineKind.SUPERVISE.value, "deadline_due_at": due_at}
        change.record(EventKind.SUPERVISION_CHECKED, accepted=accepted, note=note, **said)
    return change.case


def _addressed(case: Case, order: SupervisionOrder, standing: Standing) -> bool:
    return order.unit_id == standing.unit_id


def _watching(case: Case, order: SupervisionOrder, standing: Standing) -> bool:
    """An order without an issuer was given for the city."""
    issuer = tree.unit(order.issuer_id) if order.issuer_id else None
    path = issuer.path if issuer else case.grid_path[: tree.STEP]
    return standing.covers(case.grid_path) and path.startswith(standing.path)


Fits = Callable[[Case, SupervisionOrder, Standing], bool]


def _pick(change: Change, move: Move, state: State, wanted: int | None, fits: Fits) -> SupervisionOrder:
    """The order that waits for this actor; they act by the post that it waits for."""
    waiting = list(change.case.orders.filter(state=state))
    if not waiting:
        raise IllegalMove(_("no supervision order of this case waits for that"))
    if wanted is not None and wanted not in {order.pk for order in waiting}:
        raise BadInput(order=_("one of %s") % ", ".join(str(order.pk) for order in waiting))
    asked_for = [order for order in waiting if wanted in (None, order.pk)]
    own: dict[int, tuple[SupervisionOrder, Standing | None]] = {}
    for order in asked_for:
        posts = _posts(change, move, order, fits)
        if posts or change.actor.kind is not ActorKind.PERSON:
            own[order.pk] = (order, next(iter(posts), change.standing))
    if not own:
        raise NotPermitted(_("this supervision order does not wait for you"))
    if len(own) > 1:
        raise BadInput(order=_("several wait, say which: %s") % ", ".join(map(str, own)))
    ((order, change.standing),) = own.values()
    return order


def _posts(change: Change, move: Move, order: SupervisionOrder, fits: Fits) -> list[Standing]:
    roles = {role for who in move.who for role in who.roles}
    held = change.actor.territory.standings
    return [standing for standing in held if standing.role in roles and fits(change.case, order, standing)]
