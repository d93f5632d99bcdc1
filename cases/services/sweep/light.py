"""Stand-ins for rows that only simple steps touch: a model's object costs more than all that such a step does with it.

They have the columns that effects, clocks and history ask for, under the same names, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from cases.choices import EventKind
from cases.models import CaseEvent
from cases.services.change import Change
from cases.services.history import next_line


@dataclass(slots=True, eq=False)
class LightCase:
    """What a simple step reads or changes of a case."""

    pk: int
    status: str
    grid_path: str
    version: int
    last_hash: str
    updated_at: datetime
    urges: int
    listed_at: datetime | None
    lead_unit_id: int | None
    due_at: datetime | None = None
    overdue_since: datetime | None = None
    _state: Any = None


@dataclass(slots=True, eq=False)
class LightDeadline:
    """What clocks and effects read or change of a deadline."""

    case: LightCase
    pk: int
    kind: str
    assignment_id: int | None
    order_id: int | None
    unit_id: int | None
    level: str
    allowance_id: int
    starts_at: datetime
    minutes: float
    added_minutes: float
    counting: str
    due_at: datetime
    state: str
    flagged_at: datetime | None
    fire_at: datetime | None
    fire_step_id: int | None

    @property
    def case_id(self) -> int:
        return self.case.pk


@dataclass(slots=True, eq=False)
class Line:
    """A line of history that is about to be written."""

    case_id: int
    seq: int
    prev_hash: str
    kind: str
    actor_id: int | None
    actor_kind: str
    at: datetime
    due_at: datetime | None
    payload: dict[str, Any]
    quiet: bool
    hash: str = ""
    actor_unit_id: int | None = None
    pk: int | None = None


class LightChange(Change):
    """A change of a light case. Its lines are light too."""

    def record(self, kind: EventKind, *, due_at: datetime | None = None, **payload: Any) -> CaseEvent:
        user = self.actor.user
        event = next_line(
            self.case,
            make=_line,
            kind=kind.value,
            actor_id=user.pk if user else None,
            actor_kind=self.actor.kind.value,
            at=self.at,
            due_at=due_at,
            payload=payload,
            quiet=self.actor.quiet,
        )
        self.events.append(event)
        return event


def _line(**fields: Any) -> CaseEvent:
    return cast(CaseEvent, Line(**fields))
