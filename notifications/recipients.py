"""Who is told of what: one table from the kind of an event to those whom it concerns. Selectors only name units, roles
and persons; `roster.py` finds who serves there today."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cases.choices import DeadlineKind, EventKind
from cases.models import Case, CaseEvent
from grids import tree
from grids.choices import Role

from .choices import Reason
from .parts import Parts

DESK = (frozenset({Role.DISPATCHER, Role.VILLAGE_HEAD, Role.OFFICER}), frozenset({Role.LEADER}))
"""Who moves a unit's cases; its leader where it has nobody else."""
GROUND = (frozenset({Role.GRID_WORKER}),)
LEADERS = (frozenset({Role.LEADER}),)
SUPERVISORS = (frozenset({Role.SUPERVISOR}),)
WATCHERS = (frozenset({Role.SUPERVISOR}), frozenset({Role.LEADER}))
"""Who checks the answers to a unit's supervision orders."""


@dataclass(frozen=True, slots=True)
class Happening:
    """An event with its case, and who had which part in it before and after."""

    event: CaseEvent
    before: Parts
    after: Parts

    @property
    def case(self) -> Case:
        return self.event.case

    @property
    def owing(self) -> int | None:
        """The unit that the event is about: the one its clock names, else the one whose turn it is."""
        unit: int | None = self.event.payload.get("unit")
        return unit or self.after.duty


@dataclass(frozen=True, slots=True)
class Audience:
    """A person, or those who serve a unit in certain roles.

    `roles` are tried in turn. Where nobody serves in any of them, an audience that `climbs` is looked for in the next
    authority upward, so that an empty desk is no hole to fall into.
    """

    reason: Reason
    unit_id: int | None = None
    roles: tuple[frozenset[str], ...] = ()
    climbs: bool = True
    user_id: int | None = None


Selector = Callable[[Happening], Iterator[Audience]]


def _desk(reason: Reason, unit_id: int | None) -> Iterator[Audience]:
    """A unit's desk, and its grid workers where the case lies."""
    yield Audience(reason, unit_id, DESK)
    yield Audience(reason, unit_id, GROUND, climbs=False)


def duty(h: Happening) -> Iterator[Audience]:
    """The unit whose turn it is."""
    return _desk(Reason.DUTY, h.after.duty)


def lead(h: Happening) -> Iterator[Audience]:
    """The lead unit."""
    if unit := h.after.lead or h.before.lead:
        yield from _desk(Reason.LEAD, unit)


def co_handlers(h: Happening) -> Iterator[Audience]:
    """The co-handlers; where the event gives out shares, those it names."""
    for unit in h.event.payload.get("co_handlers", h.before.co_handlers):
        yield from _desk(Reason.CO_HANDLER, unit)


def relieved(h: Happening) -> Iterator[Audience]:
    """Units that had a share until this event."""
    for unit in h.before.handlers:
        if unit not in h.after.handlers:
            yield Audience(Reason.RELIEVED, unit, DESK)


def owing(h: Happening) -> Iterator[Audience]:
    """The unit that owes what the event is about; of a check of an order's answer, who watches there."""
    if h.event.payload.get("deadline_kind") == DeadlineKind.CHECK_ANSWER:
        return iter([Audience(Reason.OWES, h.owing, WATCHERS)])
    return _desk(Reason.OWES, h.owing)


def dispatching(h: Happening) -> Iterator[Audience]:
    """The unit that dispatched the case."""
    if h.after.dispatching:
        yield Audience(Reason.DISPATCHING, h.after.dispatching, DESK)


def level_above(h: Happening) -> Iterator[Audience]:
    """The desk of the next authority above the unit that the event is about; at the top, that level's leader."""
    unit = tree.unit(h.owing) if h.owing else None
    above = tree.authority_above(unit.path if unit else h.case.grid_path)
    yield Audience(Reason.ABOVE, above.id, DESK) if above else Audience(Reason.LEADER, h.owing, LEADERS)


def new_unit(h: Happening) -> Iterator[Audience]:
    """The unit that an escalation reached."""
    return _desk(Reason.DUTY, h.event.payload.get("to_unit"))


def former(h: Happening) -> Iterator[Audience]:
    """The unit whose turn it was until this event."""
    if h.before.duty != h.after.duty:
        yield Audience(Reason.FORMER, h.before.duty, DESK)


def new_leader(h: Happening) -> Iterator[Audience]:
    """The leader of the level that an escalation reached."""
    yield Audience(Reason.LEADER, h.event.payload.get("to_unit"), LEADERS)


def leader(h: Happening) -> Iterator[Audience]:
    """The leader of the unit that the event is about, or the nearest above it."""
    yield Audience(Reason.LEADER, h.owing, LEADERS)


def supervisors(h: Happening) -> Iterator[Audience]:
    """The nearest supervisors upward from the unit that the event is about."""
    yield Audience(Reason.SUPERVISOR, h.owing, SUPERVISORS)


def order_giver(h: Happening) -> Iterator[Audience]:
    """Who gave the supervision order; nobody where the clock did."""
    if user := h.event.payload.get("issued_by"):
        yield Audience(Reason.SUPERVISOR, user_id=user)


def named_role(h: Happening) -> Iterator[Audience]:
    """The role that a step of the ladder names, nearest upward from the unit that owes."""
    yield Audience(Reason.ROLE, h.owing, (frozenset({h.event.payload["role"]}),))


def acceptor(h: Happening) -> Iterator[Audience]:
    """Who accepted the case."""
    if h.case.accepted_by_id:
        yield Audience(Reason.ACCEPTED_BY, user_id=h.case.accepted_by_id)


def logger(h: Happening) -> Iterator[Audience]:
    """Who logged the case for the resident."""
    if h.case.logged_by_id:
        yield Audience(Reason.LOGGED_BY, user_id=h.case.logged_by_id)


def by_others(selector: Selector) -> Selector:
    """The same, but not a unit of which somebody did it: colleagues see each other's work in their list."""

    def select(h: Happening) -> Iterator[Audience]:
        return (a for a in selector(h) if a.unit_id is None or a.unit_id != h.event.actor_unit_id)

    return select


E = EventKind

TABLE: dict[str, tuple[Selector, ...]] = {
    E.SUBMITTED: (duty,),
    E.ACCEPTED: (by_others(duty), former, logger),
    E.REJECTED: (by_others(duty), logger),
    E.MERGED: (by_others(duty), lead, co_handlers, logger),
    E.UNMERGED: (duty, lead, co_handlers, logger),
    E.VOICE_JOINED: (by_others(duty), lead, co_handlers),
    E.DISPATCHED: (lead, co_handlers, relieved),
    E.SIGNED: (by_others(dispatching),),
    E.RETURNED: (by_others(dispatching), acceptor, by_others(relieved)),
    E.RULED: (lead, co_handlers, relieved, acceptor),
    E.SOLVED_ON_SPOT: (duty, former, acceptor, logger),
    E.PROGRESSED: (by_others(lead),),
    E.WHISTLED: (level_above,),
    E.WHISTLE_ANSWERED: (by_others(lead), co_handlers),
    E.REPORTED_IN: (by_others(lead),),
    E.CONTRIBUTED: (by_others(lead),),
    E.WAIVED: (owing,),
    E.PEER_RATED: (),  # told together at the month's end; one line each would make enemies
    E.ESCALATED: (new_unit, former, new_leader),
    E.LISTED: (owing, leader, supervisors),
    E.EXTENSION_REQUESTED: (level_above,),
    E.EXTENSION_DECIDED: (lead, co_handlers),
    E.SUSPENSION_REQUESTED: (level_above,),
    E.SUSPENSION_REFUSED: (lead,),
    E.SUSPENDED: (lead, co_handlers, logger),
    E.RESUMED: (lead, co_handlers),
    E.FINISHED: (by_others(dispatching),),
    E.APPROVED: (by_others(lead), co_handlers, logger),
    E.SENT_BACK: (lead,),
    E.RATED: (lead, dispatching),
    E.CLOSED: (lead, logger),
    E.REOPENED: (lead, co_handlers, dispatching),
    E.URGED: (owing,),
    E.INSTRUCTED: (duty, lead, co_handlers, by_others(dispatching)),
    E.SUPERVISED: (owing, leader),
    E.SUPERVISION_ANSWERED: (order_giver, supervisors),
    E.SUPERVISION_CHECKED: (owing,),
    E.LOOKED_BACK: (lead, dispatching),
    E.WITHDRAWN: (duty, lead, co_handlers, logger),
    E.NOTED: (by_others(duty), by_others(lead)),
    E.PUBLISHED: (),  # whoever publishes sees it; it asks nothing of anybody
    E.UNPUBLISHED: (),
    E.REMINDED: (owing,),
    E.FLAGGED: (owing, dispatching, level_above),
    E.ROLE_NOTIFIED: (named_role,),
    E.RECATEGORISED: (by_others(duty), by_others(lead)),
    E.RELOCATED: (by_others(duty), by_others(lead)),
    E.RECOUNTED: (owing,),
    E.REVEALED: (),  # a look at the reporter's data is on record; telling of it would spread it
    E.ANONYMISED: (),
    E.FILES_DELETED: (),
}


def audiences(happening: Happening) -> Iterator[Audience]:
    """Whom the table names for an event, the most concerned first. Raises KeyError for a kind that it does not know."""
    for selector in TABLE[happening.event.kind]:
        yield from selector(happening)
