"""A case's file: everything that stands in it, read with a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.reverse import reverse

from cases.actors import Actor
from cases.choices import DeadlineKind
from cases.models import (
    Assignment,
    Attachment,
    Case,
    CaseEvent,
    Deadline,
    Extension,
    Rating,
    SupervisionOrder,
    Suspension,
)
from cases.routing import propose
from cases.workflow import TABLE, Move, standing_for
from grids import tree
from grids.api.serializers import unit_ref

from .inputs import json_schema
from .offers import offered, peer_ratings, with_verdicts
from .waiting import Waiting, orders_of

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
    peer_ratings: list[dict[str, Any]]
    available_actions: list[dict[str, Any]]
    routing: dict[str, Any] | None


def with_people(cases: QuerySet[Case]) -> QuerySet[Case]:
    """The case with everybody that it names, and whether a whistle waits for its answer, in one query."""
    return cases.select_related("logged_by", "accepted_by", "merged_into")


def file_of(case: Case, request: Request) -> CaseFile:
    """Six queries: shares with the verdicts on them, clocks, their ledgers, the newest events, attachments, ratings.
    One more each for orders and requests where there were any."""
    actor = Actor.person(request.user)
    clocks = list(case.deadlines.prefetch_related("adjustments"))
    waiting = Waiting(clocks, orders_of(case))
    kinds = {clock.kind for clock in clocks}
    newest = list(events_of(case).order_by("-seq")[:NEWEST])
    shares = list(with_verdicts(case.assignments.select_related("dispatched_by")))
    return CaseFile(
        assignments=shares,
        clocks=clocks,
        events=newest[::-1],
        attachments=list(case.attachments.select_related("uploaded_by")),
        ratings=list(case.ratings.select_related("revisited_by")),
        orders=waiting.orders,
        extensions=list(case.extension_requests.all()) if DeadlineKind.EXTENSION in kinds else [],
        suspensions=list(case.suspension_requests.all()) if DeadlineKind.SUSPENSION in kinds else [],
        peer_ratings=peer_ratings(case, shares, actor.territory),
        available_actions=[_shown(move, case, request) for move in offered(case, actor, shares, waiting)],
        routing=_proposal(case, actor),
    )


def events_of(case: Case) -> QuerySet[CaseEvent]:
    """The history with its people; it knows its case, so that nobody asks for it again."""
    events: QuerySet[CaseEvent] = case.events.select_related("actor")
    return events


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
