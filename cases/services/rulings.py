"""Whose job something is, ruled by the level above: binding in this case, and a precedent for the next such one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cases.actors import Actor
from cases.choices import EventKind
from cases.models import Case, Precedent
from grids.models import Unit

from .change import Change, changing
from .shares import hand_out, handed


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
    """accepted → dispatched, by the level above, binding: the lead cannot return it. Where the case has a category, the
    ruling is kept as a precedent: routing proposes the same unit for the next such case where it serves."""
    with changing(case, "rule", actor, at=at, version=version) as change:
        hand_out(change, lead, co_handlers)
        change.case.binding = True
        if change.case.category_id is not None:
            _keep(change, lead, change.case.category_id, reason)
        change.record(EventKind.RULED, **handed(lead, co_handlers), reason=reason)
    return change.case


def _keep(change: Change, lead: Unit, category_id: int, reason: str) -> None:
    """The newest ruling holds: an older one for another unit, on the same matters in the same grid, ends."""
    same = Precedent.objects.filter(category=category_id, grid=lead.grid_id, active=True)
    same.exclude(unit=lead).update(active=False)
    Precedent.objects.create(
        category_id=category_id,
        grid_id=lead.grid_id,
        unit=lead,
        case=change.case,
        reason=reason,
        ruled_by=change.actor.user,
        ruled_at=change.at,
    )
