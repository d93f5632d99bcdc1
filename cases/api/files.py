"""A case's file: everything that stands in it, read with a fixed number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.reverse import reverse

from cases import policies
from cases.actors import Actor
from cases.choices import OPEN, DeadlineKind, DeadlineState
from cases.models import (
    Assignment,
    Attachment,
    Case,
    CaseEvent,
    Deadline,
    Extension,
    LookBackItem,
    Rating,
    SupervisionOrder,
    Suspension,
)
from cases.routing import propose
from cases.workflow import TABLE, Move, available, standing_for
from grids import tree
from grids.api.serializers import unit_ref

from .inputs import json_schema

NEWEST = 100
"""Lines of history in a file; all of them are at `events/`."""


@dataclass(frozen=True, slots=True)
class CaseFile:
    """What hangs on a case, for the one who looks."""

    assignments: list[Assignment]
    clocks: list[Deadline]
    events: list[CaseEvent]
    attachments: list[Attachment]
    ratings: list[Rating]
    orders: list[SupervisionOrder]
    extensions: list[Extension]
    suspensions: list[Suspension]
    available_actions: list[dict[str, Any]]
    routing: dict[str, Any] | None


def with_people(cases: QuerySet[Case]) -> QuerySet[Case]:
    """The case with everybody that it names, in one query."""
    return cases.select_related("logged_by", "accepted_by", "merged_into")


def file_of(case: Case, request: Request) -> CaseFile:
    """Six queries: shares, clocks, their ledgers, the newest events, attachments, ratings. One more each for orders and
    requests where a clock tells that there were any."""
    actor = Actor.person(request.user)
    clocks = list(case.deadlines.prefetch_related("adjustments"))
    orders = orders_of(case)
    kinds = {clock.kind for clock in clocks}
    newest = list(events_of(case).order_by("-seq")[:NEWEST])
    return CaseFile(
        assignments=list(case.assignments.select_related("dispatched_by")),
        clocks=clocks,
        events=newest[::-1],
        attachments=list(case.attachments.all()),
        ratings=list(case.ratings.select_related("revisited_by")),
        orders=orders,
        extensions=list(case.extension_requests.all()) if DeadlineKind.EXTENSION in kinds else [],
        suspensions=list(case.suspension_requests.all()) if DeadlineKind.SUSPENSION in kinds else [],
        available_actions=[_shown(move, case, request) for move in offered(case, actor, Waiting(clocks, orders))],
        routing=_proposal(case, actor),
    )


def events_of(case: Case) -> QuerySet[CaseEvent]:
    """The history with its people; it knows its case, so that nobody asks for it again."""
    events: QuerySet[CaseEvent] = case.events.select_related("actor")
    return events


def orders_of(case: Case) -> list[SupervisionOrder]:
    """Its supervision orders; the case counts them, so that most are not asked for any."""
    return list(case.orders.prefetch_related("deadlines")) if case.supervisions else []


class Waiting:
    """What waits for an answer on a case, as its running clocks and its orders tell."""

    def __init__(self, clocks: list[Deadline], orders: list[SupervisionOrder]) -> None:
        going = (DeadlineState.RUNNING, DeadlineState.PAUSED)
        self.clocks = {clock.kind: clock for clock in clocks if clock.state in going}
        self.orders = orders

    @classmethod
    def on(cls, case: Case) -> Waiting:
        """Read anew, for a case that has just changed."""
        return cls(list(case.deadlines.filter(state__in=("running", "paused"))), orders_of(case))


def offered(case: Case, actor: Actor, waiting: Waiting | None = None) -> Sequence[Move]:
    """What the table allows, without what the service would refuse for what the case is."""
    moves = available(case, actor)
    if not moves or case.status not in OPEN:
        return [move for move in moves if not _hidden(move, case, actor)]
    waiting = waiting or Waiting.on(case)
    return [move for move in moves if not _hidden(move, case, actor) and not _moot(move, case, actor, waiting)]


def _hidden(move: Move, case: Case, actor: Actor) -> bool:
    if move.action == "reveal_reporter":
        kept_secret = case.secret and (actor.user is None or case.accepted_by_id != actor.user.pk)
        return case.reporter_sealed is None or kept_secret
    if move.action == "return":
        return case.binding or case.returns >= policies.book()[case.policy_id].max_returns
    if move.action == "request_extension":
        return case.extensions >= policies.book()[case.policy_id].max_extensions
    if move.action == "look_back":
        return not LookBackItem.objects.filter(case=case, finding="").exists()
    return False


def _moot(move: Move, case: Case, actor: Actor, waiting: Waiting) -> bool:
    """Whether nothing waits for this answer, or it has been asked already."""
    match move.action:
        case "request_extension":
            return DeadlineKind.EXTENSION in waiting.clocks or DeadlineKind.HANDLE not in waiting.clocks
        case "decide_extension":
            return DeadlineKind.EXTENSION not in waiting.clocks
        case "request_suspension":
            return DeadlineKind.SUSPENSION in waiting.clocks
        case "decide_suspension":
            return DeadlineKind.SUSPENSION not in waiting.clocks
        case "answer_supervision":
            units = {standing.unit_id for standing in actor.territory.standings}
            return not any(o.state == SupervisionOrder.State.OPEN and o.unit_id in units for o in waiting.orders)
        case "check_supervision":
            return not any(o.state == SupervisionOrder.State.ANSWERED for o in waiting.orders)
    return False


def _shown(move: Move, case: Case, request: Request) -> dict[str, Any]:
    address = reverse(f"case-{move.action}", [case.number], request=request)
    return {"name": move.action, "label": str(move.label), "url": address, "schema": json_schema(move)}


def _proposal(case: Case, actor: Actor) -> dict[str, Any] | None:
    """Where routing would send it, for somebody who can dispatch it now."""
    move = TABLE["dispatch"]
    standing = standing_for(case, move, actor) if case.status in move.sources else None
    if standing is None:
        return None
    proposal = propose(case.grid_path, case.category_id)
    unit = tree.unit(proposal.unit_id) if proposal.unit_id else None
    return {
        "unit": unit_ref(proposal.unit_id, case.grid_path),
        "why": proposal.why,
        "within_reach": unit is not None and unit.path.startswith(standing.path),
    }
