"""Who gets a share of a case, who loses it, and which clocks a share brings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from cases.actors import ActorKind
from cases.choices import DeadlineKind, Status
from cases.errors import BadInput
from cases.models import Assignment
from grids import tree
from grids.models import Unit

from .change import Change

LEAD, CO = Assignment.Part.LEAD, Assignment.Part.CO


def handed(lead: Unit, co_handlers: Sequence[Unit]) -> dict[str, Any]:
    """What an event says of a dispatch."""
    return {"lead": lead.pk, "lead_name": lead.name} | called(co_handlers)


def called(co_handlers: Sequence[Unit]) -> dict[str, Any]:
    """What an event says of the co-handlers that it brings in."""
    return {
        "co_handlers": [unit.pk for unit in co_handlers],
        "co_handler_names": [unit.name for unit in co_handlers],
    }


def hand_out(change: Change, lead: Unit, co_handlers: Sequence[Unit]) -> None:
    """Ends the lead that was, gives the new shares, starts their clocks.

    A dispatch to the unit that leads already starts no clock anew, nor does one to a unit that helps already.
    """
    case = change.case
    for name, unit in [("lead", lead), *(("co_handlers", unit) for unit in co_handlers)]:
        check_unit(change, name, unit)
    if lead.pk in {unit.pk for unit in co_handlers}:
        raise BadInput(co_handlers=_("the lead cannot be its own co-handler"))
    same_lead = case.lead_unit_id == lead.pk and case.status in (Status.DISPATCHED, Status.HANDLING)
    for share in change.running_shares():
        keeps = share.part == CO and share.unit_id != lead.pk
        if not keeps and not (same_lead and share.part == LEAD):
            change.end_share(share, "redispatched")
    if not same_lead:
        change.give_share(lead.pk, LEAD)
    case.dispatched_at = case.dispatched_at or change.at
    case.dispatching_unit_id = change.standing.unit_id if change.standing else case.duty_unit_id
    case.lead_unit_id, case.binding = lead.pk, False
    change.hand_to(lead.pk)
    call_in(change, co_handlers)
    change.enter(Status.DISPATCHED, restart=not same_lead)


def call_in(change: Change, co_handlers: Sequence[Unit]) -> None:
    """Gives these units a co-handler's share with its two clocks: to report in, and to do its part. Who helps already
    goes on as before; of whom nothing was asked any more, something is asked again."""
    shares = {share.unit_id: share for share in change.running_shares()}
    for unit in co_handlers:
        share = shares.get(unit.pk)
        if share is not None and share.waived_at is None:
            continue
        if share is not None:
            change.end_share(share, "called again")
        share = change.give_share(unit.pk, CO)
        for kind in (DeadlineKind.REPORT_IN, DeadlineKind.ASSIST):
            change.clocks.start(kind, unit_id=unit.pk, assignment=share)


def check_unit(change: Change, name: str, unit: Unit) -> None:
    """Raises BadInput, naming the input, where the unit does not serve or lies beyond the reach of who hands out."""
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


def replace_lead(change: Change, above: int) -> None:
    """The authority above leads; the unit that led stays beside it, and nothing is asked of it any more."""
    case = change.case
    for share in change.running_shares():
        if share.part == LEAD:
            change.end_share(share, "escalated")
            if share.unit_id != above:
                change.give_share(share.unit_id, CO, signed_at=share.signed_at, waived_at=change.at)
        elif share.unit_id == above:
            change.end_share(share, "leads")
    change.give_share(above, LEAD)
    case.lead_unit_id = case.dispatching_unit_id = above
    case.binding = False
