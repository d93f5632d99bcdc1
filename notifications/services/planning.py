"""Who is told becomes what is written: inbox lines, and for each way that leads to a person a delivery at its humane
moment, in one statement for a whole batch. Decisions: docs/adr/0030-one-window-no-lookup.md."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from cases.calendars import calendar_of
from cases.choices import OPEN, Status
from cases.models import Case, CaseEvent
from notifications.choices import PACES, Channel, Pace, Reason
from notifications.models import Delivery
from notifications.models.deliveries import ACCOUNT
from notifications.roster import Told
from notifications.timing import LATE, REMINDERS, Wishes, moment_for, pace_of, window_start

from .hours import HoursBook
from .preferences import wishes_of
from .ways import WAYS

WAITED_FOR = frozenset(set(OPEN) - {Status.FEEDBACK, Status.SUSPENDED})
"""Where somebody is waited for: an emergency that is in none of these wakes nobody any more."""
ASKED = (Reason.OWES, Reason.ROLE, Reason.LEADER, Reason.SUPERVISOR)
"""Why somebody gets a reminder; who is above hears of it as news."""


@dataclass(frozen=True, slots=True)
class Line:
    """A person who is told of an event, and how."""

    told: Told
    pace: Pace
    at: datetime


class Planner:
    """The moments of one batch: three queries, however many people and events it has."""

    def __init__(self, events: Iterable[CaseEvent], told: Collection[Told], now: datetime) -> None:
        self.now = now
        self._events = {event.pk: event for event in events}
        self.hours = HoursBook()
        self._wishes = wishes_of({one.user_id for one in told})
        self._moments: dict[tuple[int, str, str, bool], datetime] = {}
        reminded = {one.user_id for one in told if one.reason in ASKED and self._reminds(one)}
        self._reminded = _reminded_in_window(self._wishes, reminded, now) if reminded else frozenset()

    def lines(self, told: Iterable[Told], held: Collection[tuple[int, int]] = ()) -> list[Line]:
        """With pace and moment. Those `held` (event, person) are in the chain of an alarm and are not first: it calls
        them at its time, and they are told like of anything else that asks something of them."""
        return [self._line(one, (one.event_id, one.user_id) in held) for one in told]

    def moment(self, user_id: int, pace: Pace, path: str, *, gathered: bool = False) -> datetime:
        """When somebody who serves at this tree path is told."""
        key = (user_id, pace, path, gathered)
        if key not in self._moments:
            zone = calendar_of(path).zone
            hours, wishes = self.hours.at(path), self._wishes[user_id]
            self._moments[key] = moment_for(pace, self.now, hours, wishes, zone, gathered=gathered)
        return self._moments[key]

    def _reminds(self, told: Told) -> bool:
        return self._events[told.event_id].kind in REMINDERS

    def _line(self, told: Told, held: bool) -> Line:
        event = self._events[told.event_id]
        pace = pace_of(event.kind, event.case.urgency, told.reason, waiting=is_waited_for(event.case))
        if held and pace == Pace.NOW:
            pace = Pace.SOON
        gathered = bool(event.payload.get("digest")) or self.now - event.at > LATE
        gathered = gathered or (told.user_id in self._reminded and event.kind in REMINDERS)
        return Line(told, pace, self.moment(told.user_id, pace, told.path or event.case.grid_path, gathered=gathered))


def is_waited_for(case: Case) -> bool:
    """Whether somebody still has to act on the case."""
    return case.status in WAITED_FOR


REMINDED = """
    SELECT u.user_id FROM unnest(%(users)s::bigint[], %(since)s::timestamptz[]) AS u (user_id, since)
    WHERE EXISTS (
        SELECT FROM (
            SELECT i.event_id, i.reason, i.created_at FROM notifications_inboxitem i
            WHERE i.user_id = u.user_id ORDER BY i.id DESC LIMIT 50
        ) newest
        JOIN cases_caseevent e ON e.id = newest.event_id
        WHERE newest.created_at >= u.since AND newest.reason = ANY(%(asked)s) AND e.kind = ANY(%(kinds)s)
    )
"""


def _reminded_in_window(wishes: Mapping[int, Wishes], users: Iterable[int], now: datetime) -> frozenset[int]:
    """Who has had a reminder in the window of this moment. Of a person's newest lines only: whoever has had more in one
    window is in a flood."""
    asked = {user: window_start(now, wishes[user]) for user in users}
    values: dict[str, Any] = {"users": list(asked), "since": list(asked.values()), "kinds": list(REMINDERS)}
    with connection.cursor() as cursor:
        cursor.execute(REMINDED, values | {"asked": [reason.value for reason in ASKED]})
        return frozenset(user for (user,) in cursor.fetchall())


WRITE = f"""
    WITH line AS MATERIALIZED (
        SELECT * FROM unnest(%(users)s::bigint[], %(events)s::bigint[], %(reasons)s::text[], %(paces)s::text[],
            %(moments)s::timestamptz[]) WITH ORDINALITY AS t (user_id, event_id, reason, pace, moment, place)
    ), told AS (
        INSERT INTO notifications_inboxitem (user_id, event_id, reason, created_at)
        SELECT user_id, event_id, reason, %(now)s FROM line ORDER BY place
        ON CONFLICT DO NOTHING
        RETURNING id, user_id, event_id
    ), {WAYS}, planned AS (
        INSERT INTO notifications_delivery
            (item_id, user_id, contact_id, way, channel, pace, state, attempts, next_attempt_at, error)
        SELECT told.id, told.user_id, way.contact_id, way.way, way.channel, line.pace, %(state)s, 0, line.moment, ''
        FROM told JOIN line USING (user_id, event_id) JOIN way USING (user_id)
        WHERE array_position(%(order)s::text[], way.least) >= array_position(%(order)s::text[], line.pace)
        ORDER BY told.id
    )
    SELECT count(*) FROM told
"""  # noqa: S608  of our own words


def write_lines(lines: Collection[Line], now: datetime) -> int:
    """Writes inbox lines and deliveries; returns how many lines are new. Who had been told of an event already gets
    nothing a second time."""
    values: dict[str, Any] = {
        "users": [line.told.user_id for line in lines],
        "events": [line.told.event_id for line in lines],
        "reasons": [line.told.reason.value for line in lines],
        "paces": [line.pace.value for line in lines],
        "moments": [line.at for line in lines],
        "now": now,
        "account": ACCOUNT,
        "email": Channel.EMAIL.value,
        "least": Pace.LATER.value,
        "state": Delivery.State.WAITING.value,
        "order": list(PACES),
    }
    with connection.cursor() as cursor:
        cursor.execute(WRITE, values)
        return int(cursor.fetchone()[0])
