"""What should have happened to each deadline, worked out from its promise and its life alone.

Shares no code with the sweep nor with `cases.deadlines`: promises of a run are in calendar minutes, at any hour, so
that three lines of arithmetic say when each rung is due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

ENDERS: dict[str, frozenset[str]] = {
    "accept": frozenset({"accepted", "escalated"}),
    "dispatch": frozenset({"dispatched", "escalated"}),
    "sign": frozenset({"signed", "dispatched", "escalated"}),
    "handle": frozenset({"finished", "escalated"}),
    "review": frozenset({"approved", "escalated"}),
    "rate": frozenset({"closed"}),
}
"""Which events end a clock of each kind."""
EVENT_OF: dict[str, frozenset[str]] = {
    "remind": frozenset({"reminded"}),
    "flag": frozenset({"flagged"}),
    "urge": frozenset({"urged"}),
    "notify": frozenset({"role_notified"}),
    "escalate": frozenset({"escalated", "listed"}),
    "supervise": frozenset({"listed"}),
    "close": frozenset({"closed"}),
}
"""Which event each rung leaves behind."""


@dataclass(frozen=True, slots=True)
class Step:
    """A rung as the policy has it."""

    id: int
    action: str
    anchor: str
    value: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line of history. `seen_at` is when the database's clock saw it written, `deadline_id` what it says it is
    about."""

    id: int
    case_id: int
    seq: int
    kind: str
    by_clock: bool
    at: datetime
    due_at: datetime | None
    deadline_id: int | None
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Firing:
    """The mark that a step fired."""

    deadline_id: int
    step_id: int
    due_at: datetime
    event_id: int | None
    seen_at: datetime


@dataclass(slots=True)
class Life:
    """A deadline from its start to its end."""

    id: int
    case_id: int
    kind: str
    starts_at: datetime
    minutes: float
    due_at: datetime
    ended_at: datetime | None
    error: str
    steps: list[Step]
    fired: dict[int, Firing] = field(default_factory=dict)
    ended_by: Line | None = None

    def moments(self) -> list[tuple[datetime, Step]]:
        """When each rung is due, in due order."""
        return sorted(((self._moment(step), step) for step in self.steps), key=lambda rung: (rung[0], rung[1].id))

    @property
    def promised_at(self) -> datetime:
        """When it should be due."""
        return self.starts_at + timedelta(minutes=self.minutes)

    def _moment(self, step: Step) -> datetime:
        if step.anchor == "percent":
            return self.starts_at + timedelta(minutes=self.minutes * step.value / 100)
        if step.anchor == "before":
            return max(self.starts_at, self.promised_at - timedelta(minutes=step.value))
        if step.anchor == "after":
            return self.promised_at + timedelta(minutes=step.value)
        raise ValueError(f"no promise of a run has steps at {step.anchor}")


def tell_ends(lives: Iterable[Life], history: dict[int, list[Line]]) -> list[Life]:
    """Finds the event that ended each clock; those whose end nothing explains.

    Hosts' clocks differ, so several events of a case may bear one moment: of clocks of one kind each ends with an
    event after the one that ended the clock before. `lives` come in order of their ids."""
    last: dict[tuple[int, str], int] = {}
    unexplained = []
    for life in lives:
        if life.ended_at is None:
            continue
        place = (life.case_id, life.kind)
        lines = history.get(life.case_id, [])
        fitting = (line for line in lines if line.kind in ENDERS[life.kind] and line.at == life.ended_at)
        life.ended_by = next((line for line in fitting if line.seq > last.get(place, 0)), None)
        if life.ended_by is None:
            unexplained.append(life)
        else:
            last[place] = life.ended_by.seq
    return unexplained
