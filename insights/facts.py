"""From a case's history and clocks to the facts that measures count: pure, without a database, so that keeping,
rebuilding and checking all say the same. What each fact means: docs/measures.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from cases.choices import DeadlineKind, DeadlineState, EventKind, Outcome, Satisfaction, Status
from cases.deadlines import Calendar, Counting, difference
from grids.choices import Level

from . import choices as c
from .choices import Anchor

K, A = EventKind, Anchor
LOW_LEVELS = frozenset({Level.TOWN, Level.VILLAGE, Level.CELL, Level.MICRO})
BY_WORK = frozenset({Outcome.SOLVED, Outcome.EXPLAINED})
LEFT_OUT = {Status.REJECTED: c.REJECTED, Status.MERGED: c.MERGED, Status.WITHDRAWN: c.WITHDRAWN}
ENDS = frozenset({K.CLOSED, K.REJECTED, K.MERGED, K.WITHDRAWN})
BEGINS_AGAIN = frozenset({K.REOPENED, K.UNMERGED})
MINUTE = timedelta(minutes=1)


class CaseRow(NamedTuple):
    """What is read of a case. `repeats`: the same voice had this matter closed shortly before."""

    id: int
    grid_path: str
    category_id: int | None
    channel: str
    urgency: str
    status: str
    level: str
    duty_unit_id: int | None
    lead_unit_id: int | None
    outcome: str
    submitted_at: datetime
    repeats: bool


class EventRow(NamedTuple):
    """What is read of a line of history: `unit` acted, `lead` was named by a dispatch, `from_unit` and `to_unit` by a
    climb, `said` is a verdict's satisfaction or a decision, `heirs` who took over in a merger of grids."""

    kind: str
    at: datetime
    actor_kind: str
    unit: int | None
    lead: int | None
    from_unit: int | None
    to_unit: int | None
    solved: bool | None
    said: str | None
    heirs: Mapping[str, int] | None


class ClockRow(NamedTuple):
    """What is read of a clock of the case's own way."""

    kind: str
    unit: int | None
    level: str
    starts_at: datetime
    due_at: datetime
    state: str
    flagged_at: datetime | None
    ended_at: datetime | None


class FactRow(NamedTuple):
    """A fact, but for what it repeats of its case."""

    anchor: int
    marks: int
    at: datetime
    day: date
    held_from: datetime | None
    held_until: datetime | None
    unit: int | None
    level: str
    working: float | None
    calendar: float | None


@dataclass(slots=True)
class Span:
    """A time for which a state held; `until` None where it still does."""

    since: datetime
    until: datetime | None = None


@dataclass(slots=True)
class Way:
    """What the history says, line by line."""

    lead: int | None = None
    accepted_at: datetime | None = None
    dispatched: tuple[datetime, int | None] | None = None
    handed_on: bool = False
    marks: int = 0
    responses: list[datetime] = field(default_factory=list)
    finished: set[datetime] = field(default_factory=set)
    open: list[Span] = field(default_factory=list)
    closed: list[Span] = field(default_factory=list)
    suspended: list[tuple[Span, int | None]] = field(default_factory=list)
    climbs: list[tuple[datetime, int | None]] = field(default_factory=list)
    verdicts: list[tuple[datetime, int, int | None]] = field(default_factory=list)
    left_out_at: datetime | None = None

    def go(self, event: EventRow) -> None:
        """The next line."""
        match event.kind:
            case K.SUBMITTED:
                self.open.append(Span(event.at))
            case K.ACCEPTED:
                self.accepted_at = self.accepted_at or event.at
            case K.SOLVED_ON_SPOT:
                self.accepted_at = self.accepted_at or event.at
                self.lead = event.unit
                self.finished.add(event.at)
            case K.DISPATCHED | K.RULED:
                self.handed_on |= event.lead != event.unit
                self.lead = event.lead
                self.dispatched = self.dispatched or (event.at, event.lead)
            case K.SIGNED | K.PROGRESSED:
                self.responses.append(event.at)
            case K.FINISHED:
                self.finished.add(event.at)
            case K.RATED:
                self.verdicts.append((event.at, _verdict(event), self.lead))
            case K.RELOCATED if event.heirs and self.lead is not None:
                self.lead = event.heirs.get(str(self.lead), self.lead)
            case _:
                self._mark(event)
        self._hold(event)

    def _mark(self, event: EventRow) -> None:
        match event.kind:
            case K.RETURNED:
                self.marks |= c.RETURNED
                self.lead = None
            case K.SENT_BACK:
                self.marks |= c.REDONE
            case K.REOPENED:
                self.marks |= c.REOPENED
            case K.ESCALATED:
                self.marks |= c.ESCALATED
                self.climbs.append((event.at, event.from_unit))
                if self.lead is not None:
                    self.handed_on = True
                    self.lead = event.to_unit
            case K.EXTENSION_DECIDED if event.said == "granted":
                self.marks |= c.EXTENDED

    def _hold(self, event: EventRow) -> None:
        """Which states begin and end with the line."""
        if event.kind in ENDS:
            _end(self.open, event.at)
            _end([span for span, _ in self.suspended], event.at)
            self.left_out_at = None if event.kind == K.CLOSED else event.at
            if event.kind == K.CLOSED:
                self.closed.append(Span(event.at))
        elif event.kind in BEGINS_AGAIN:
            _end(self.closed, event.at)
            if self.open and self.open[-1].until is not None:
                self.open.append(Span(event.at))
            if event.said == Status.SUSPENDED:  # a merger undone: it rests as before
                self.suspended.append((Span(event.at), self.lead))
        elif event.kind == K.SUSPENDED and (not self.suspended or self.suspended[-1][0].until is not None):
            self.suspended.append((Span(event.at), self.lead))
        elif event.kind == K.RESUMED:
            _end([span for span, _ in self.suspended], event.at)


def _end(spans: Sequence[Span], at: datetime) -> None:
    if spans and spans[-1].until is None:
        spans[-1].until = at


def _verdict(event: EventRow) -> int:
    satisfied = event.said == Satisfaction.SATISFIED
    if event.actor_kind == "resident":
        marks = c.OWN | (c.OWN_SATISFIED if satisfied else 0)
    else:
        marks = c.REVISIT | (c.REVISIT_SATISFIED if satisfied else 0)
    return marks | (c.SAID_SOLVED if event.solved else 0)


def facts_of(
    case: CaseRow,
    clocks: Sequence[ClockRow],
    events: Sequence[EventRow],
    calendar: Calendar,
    levels: Mapping[int, str],
) -> list[FactRow]:
    """All facts of a case. `events` in their order; `clocks` in the order in which they began, those of co-handlers,
    orders and requests left out; `levels` are those of units' grids, by the units' keys."""
    way = Way()
    for event in events:
        way.go(event)
    return list(_Facts(case, clocks, way, calendar, levels).all())


class _Facts:
    """The facts of one case, anchor by anchor."""

    def __init__(
        self,
        case: CaseRow,
        clocks: Sequence[ClockRow],
        way: Way,
        calendar: Calendar,
        levels: Mapping[int, str],
    ) -> None:
        self.case, self.clocks, self.way = case, clocks, way
        self.days, self.levels = calendar, levels
        self.last_unit = case.lead_unit_id or case.duty_unit_id

    def all(self) -> Iterator[FactRow]:
        yield from self._reported()
        yield from self._deadlines()
        yield from (self._fact(A.CLIMBED, at, unit) for at, unit in self.way.climbs)
        for span, unit in self.way.suspended:
            yield self._fact(A.SUSPENDED, span.since, unit, held=span)
        if self.case.status in LEFT_OUT:
            at = self.way.left_out_at or self.case.submitted_at
            yield self._fact(A.LEFT_OUT, at, self.case.duty_unit_id, LEFT_OUT[Status(self.case.status)])
        else:
            yield from self._accepted()
            yield from self._dispatched()
            yield from self._closed()
            yield from (self._fact(A.ANSWERED, at, unit, marks) for at, marks, unit in self.way.verdicts)

    def _fact(
        self,
        anchor: Anchor,
        at: datetime,
        unit: int | None,
        marks: int = 0,
        *,
        level: str = "",
        held: Span | None = None,
        took_until: datetime | None = None,
    ) -> FactRow:
        level = level or (self.levels.get(unit, self.case.level) if unit is not None else self.case.level)
        since, until = (held.since, held.until) if held is not None else (None, None)
        working, calendar = self._took(took_until) if took_until is not None else (None, None)
        day = at.astimezone(self.days.zone).date()
        return FactRow(anchor, marks, at, day, since, until, unit, level, working, calendar)

    def _took(self, until: datetime) -> tuple[float, float]:
        since = self.case.submitted_at
        return difference(self.days, since, until, Counting.WORKING), (until - since) / MINUTE

    def _reported(self) -> Iterator[FactRow]:
        first = self.clocks[0].unit if self.clocks else self.case.duty_unit_id
        submitted_at = self.case.submitted_at
        for place, span in enumerate(self.way.open):
            yield self._fact(A.OPEN_AGAIN if place else A.REPORTED, submitted_at, first, held=span)

    def _deadlines(self) -> Iterator[FactRow]:
        for clock in self.clocks:
            if clock.kind == DeadlineKind.ACCEPT and _fell(clock):
                yield self._due(A.ACCEPT_DUE, clock, kept=clock.state == DeadlineState.MET)
            elif clock.kind == DeadlineKind.HANDLE and _fell(clock):
                met = clock.state == DeadlineState.MET
                if not met or clock.ended_at in self.way.finished:  # else it went to another unit before it fell due
                    yield self._due(A.HANDLE_DUE, clock, kept=met)
        yield from self._first_response()

    def _due(self, anchor: Anchor, clock: ClockRow, *, kept: bool, took_until: datetime | None = None) -> FactRow:
        marks = c.KEPT if kept else 0
        return self._fact(anchor, clock.due_at, clock.unit, marks, level=clock.level, took_until=took_until)

    def _first_response(self) -> Iterator[FactRow]:
        for clock in self.clocks:
            if clock.kind != DeadlineKind.SIGN or not _fell(clock):
                continue
            responded_at = next((at for at in self.way.responses if at >= clock.starts_at), None)
            if clock.state == DeadlineState.MET and (responded_at is None or responded_at > clock.due_at):
                continue  # it went to another unit before it fell due
            kept = responded_at is not None and responded_at <= clock.due_at
            yield self._due(A.RESPONSE_DUE, clock, kept=kept, took_until=responded_at)
            return

    def _accepted(self) -> Iterator[FactRow]:
        at, closings = self.way.accepted_at, self.way.closed
        if at is None:
            return
        marks = c.REPEATED if self.case.repeats else 0
        if len(closings) == 1 and closings[0].until is None and self._in_time(closings[0].since):
            yield self._fact(A.ACCEPTED, at, self.last_unit, marks | c.IN_TIME)
            return
        yield self._fact(A.ACCEPTED, at, self.last_unit, marks)
        yield from (self._fact(A.CLOSING, at, self.last_unit, held=span) for span in closings)

    def _in_time(self, closed_at: datetime) -> bool:
        handling = (d for d in self.clocks if d.kind == DeadlineKind.HANDLE and d.starts_at <= closed_at and _fell(d))
        last = max(handling, key=lambda clock: clock.starts_at, default=None)
        return last is not None and closed_at <= last.due_at

    def _dispatched(self) -> Iterator[FactRow]:
        if self.way.dispatched is not None:
            at, lead = self.way.dispatched
            yield self._fact(A.DISPATCHED, at, lead, self.way.marks)

    def _closed(self) -> Iterator[FactRow]:
        if self.case.status != Status.CLOSED or not self.way.closed:
            return
        at = self.way.closed[-1].since
        outcome = self.case.outcome
        low = self.levels.get(self.last_unit or 0, self.case.level) in LOW_LEVELS
        marks = c.SOLVED if outcome == Outcome.SOLVED else 0
        if outcome in BY_WORK:
            marks |= c.BY_WORK | (c.LOW if low else 0)
        marks |= 0 if self.way.handed_on else c.DIRECT
        marks |= c.RATED if self.way.verdicts else 0
        yield self._fact(A.CLOSED, at, self.last_unit, marks, took_until=at)


def _fell(clock: ClockRow) -> bool:
    """Whether its moment stands: not of a clock that nobody needed any more before it, nor of one that rests."""
    rests = clock.state == DeadlineState.PAUSED and clock.flagged_at is None
    return clock.state != DeadlineState.CANCELLED and not rests
