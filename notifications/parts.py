"""Who had which part in a case when something happened: replayed from its history, so that the same people are told
however late, and although the case may have moved on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from cases.choices import EventKind
from cases.models import Case, CaseEvent
from grids import tree
from grids.choices import Level

E = EventKind
HANDOVERS = frozenset(
    {
        E.ACCEPTED,
        E.DISPATCHED,
        E.RULED,
        E.WHISTLE_ANSWERED,
        E.RETURNED,
        E.SOLVED_ON_SPOT,
        E.ESCALATED,
        E.FINISHED,
        E.SENT_BACK,
        E.CLOSED,
        E.REOPENED,
        E.WITHDRAWN,
    }
)
"""Kinds of events by which a case changes hands; no other needs to be read."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Units by their part: whose turn it is, who leads, who dispatched, who helps. `checked` says that the lead has
    finished and the result is being checked."""

    duty: int | None = None
    lead: int | None = None
    dispatching: int | None = None
    co_handlers: tuple[int, ...] = ()
    checked: bool = False

    @property
    def handlers(self) -> tuple[int, ...]:
        """The units that have a share."""
        return (self.lead, *self.co_handlers) if self.lead else self.co_handlers


def first_parts(case: Case) -> Parts:
    """As a case comes in: it is up to the nearest authority from the village upward."""
    authority = tree.authority_upward(case.grid_path, from_level=Level.VILLAGE)
    return Parts(duty=authority.id if authority else None)


def after(parts: Parts, event: CaseEvent) -> Parts:
    """The parts once this has happened."""
    match event.kind:
        case E.ACCEPTED if not event.payload.get("by_logging"):
            return replace(parts, duty=event.actor_unit_id or parts.duty)
        case E.DISPATCHED | E.RULED:
            return _dispatched(parts, event)
        case E.WHISTLE_ANSWERED:
            return replace(parts, co_handlers=_with(parts.co_handlers, event))
        case E.SOLVED_ON_SPOT:
            unit = event.actor_unit_id or parts.duty
            return replace(parts, duty=unit, lead=unit, dispatching=unit)
        case E.RETURNED:
            return replace(parts, duty=parts.dispatching, lead=None, co_handlers=())
        case E.ESCALATED:
            return _escalated(parts, event.payload["to_unit"])
        case E.FINISHED:
            return replace(parts, duty=parts.dispatching, checked=True)
        case E.SENT_BACK:
            return replace(parts, duty=parts.lead, checked=False)
        case E.REOPENED:
            lead = parts.lead or parts.duty
            return replace(parts, duty=lead, lead=lead, checked=False)
        case E.CLOSED | E.WITHDRAWN:
            return replace(parts, co_handlers=())
        case _:
            return parts


def _dispatched(parts: Parts, event: CaseEvent) -> Parts:
    lead: int = event.payload["lead"]
    helping = _with(parts.co_handlers, event)
    return Parts(
        duty=lead,
        lead=lead,
        dispatching=event.actor_unit_id or parts.duty,
        co_handlers=tuple(unit for unit in helping if unit != lead),
    )


def _with(co_handlers: tuple[int, ...], event: CaseEvent) -> tuple[int, ...]:
    return tuple(dict.fromkeys([*co_handlers, *event.payload.get("co_handlers", ())]))


def _escalated(parts: Parts, above: int) -> Parts:
    if parts.checked:
        return replace(parts, duty=above, dispatching=above)
    if parts.lead is None:
        return replace(parts, duty=above)
    helping = dict.fromkeys([*parts.co_handlers, parts.lead])
    return Parts(above, above, above, tuple(unit for unit in helping if unit != above))


def replay(events: Iterable[CaseEvent]) -> Iterator[tuple[CaseEvent, Parts, Parts]]:
    """Each of these events, their cases loaded, with the parts before and after it. One query."""
    wanted = sorted(events, key=lambda event: (event.case_id, event.seq))
    history = CaseEvent.objects.filter(case__in={event.case_id for event in wanted}, kind__in=HANDOVERS)
    columns = ("case_id", "seq", "kind", "payload", "actor_unit_id")
    earlier: dict[int, list[CaseEvent]] = {}
    for line in history.only(*columns).order_by("case_id", "seq"):
        earlier.setdefault(line.case_id, []).append(line)
    at: dict[int, Parts] = {}
    for event in wanted:
        lines = earlier.get(event.case_id, [])
        parts = at.get(event.case_id) or first_parts(event.case)
        while lines and lines[0].seq < event.seq:
            parts = after(parts, lines.pop(0))
        at[event.case_id] = parts
        yield event, parts, after(parts, event)
