"""A case's file: everything that stands in it, for the one who looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
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
from cases.querysets import reaches
from cases.routing import propose
from cases.workflow import TABLE, Move, standing_for
from grids import tree
from grids.api.serializers import unit_ref

from .inputs import json_schema
from .offers import offered, peer_ratings
from .parts import Parts, case_with_parts, cases_with_parts
from .waiting import Waiting, orders_of


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


def seen_file(request: Request, number: str) -> Any:
    """The visible case of this number with its `file`, as `file_of` has it. Raises Http404 as `seen_case` does."""
    actor = Actor.person(request.user)
    found = case_with_parts(number)
    if found is None or not reaches(actor.territory, found[0]):
        raise Http404
    case: Any = found[0]
    case.file = _file(case, found[1], actor, request)
    return case


def seen_files(request: Request, cases: QuerySet[Case]) -> list[Any]:
    """Several cases with their `file`s, in their order; they are narrowed to what the reader sees. One statement for
    all, and one more for each that has orders or requests."""
    actor, found = Actor.person(request.user), []
    for case, parts in cases_with_parts(cases):
        seen: Any = case
        seen.file = _file(case, parts, actor, request)
        found.append(seen)
    return found


def file_of(case: Case, request: Request) -> CaseFile:
    """The file of a case that its reader has been found to see: one query, and one more each for orders and requests
    where there were any. Raises Http404 where it is gone."""
    found = case_with_parts(case.number)
    if found is None:
        raise Http404
    return _file(case, found[1], Actor.person(request.user), request)


def _file(case: Case, parts: Parts, actor: Actor, request: Request) -> CaseFile:
    waiting = Waiting(parts.clocks, orders_of(case))
    kinds = {clock.kind for clock in parts.clocks}
    address = reverse("case", [case.number], request=request)
    return CaseFile(
        assignments=parts.shares,
        clocks=parts.clocks,
        events=parts.events,
        attachments=parts.attachments,
        ratings=parts.ratings,
        orders=waiting.orders,
        extensions=list(case.extension_requests.all()) if DeadlineKind.EXTENSION in kinds else [],
        suspensions=list(case.suspension_requests.all()) if DeadlineKind.SUSPENSION in kinds else [],
        peer_ratings=peer_ratings(case, parts.shares, actor.territory),
        available_actions=[_shown(move, address) for move in offered(case, actor, parts.shares, waiting)],
        routing=_proposal(case, actor),
    )


def events_of(case: Case) -> QuerySet[CaseEvent]:
    """The history with its people; it knows its case, so that nobody asks for it again."""
    events: QuerySet[CaseEvent] = case.events.select_related("actor")
    return events


def _shown(move: Move, address: str) -> dict[str, Any]:
    """An action below the address of its case, as the table of addresses has it."""
    url = f"{address}actions/{move.action}/"
    return {"name": move.action, "label": str(move.label), "url": url, "schema": json_schema(move)}


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
