"""What the resident is told of by short message: rows only. The phone stays sealed until it is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from cases.calendars import calendar_of
from cases.choices import EventKind
from cases.models import CaseEvent
from grids.tree import STEP
from notifications.choices import Channel, NoticeKind, Pace
from notifications.models import Delivery
from notifications.models.deliveries import RESIDENT
from notifications.timing import Wishes, moment_for

from .planning import Planner

KINDS: Mapping[str, NoticeKind] = {
    EventKind.SUBMITTED: NoticeKind.RECEIPT,
    EventKind.REJECTED: NoticeKind.REJECTED,
    EventKind.APPROVED: NoticeKind.RESULT,
    EventKind.SOLVED_ON_SPOT: NoticeKind.RESULT,
    EventKind.REOPENED: NoticeKind.REOPENED,
}
"""What a resident hears of. A reopening that they asked for themselves is confirmed like any other."""

WRITE = """
    WITH account AS (
        SELECT g.path FROM notifications_channelaccount a JOIN grids_grid g ON g.id = a.city_id
        WHERE a.channel = %(sms)s AND a.active
    ), happened AS (
        SELECT t.*, c.id AS case_id, left(c.grid_path, %(step)s) AS city, c.reporter_phone_hash <> '' AS reachable
        FROM unnest(%(events)s::bigint[], %(kinds)s::text[], %(moments)s::timestamptz[]) AS t (event_id, kind, moment)
        JOIN cases_caseevent e ON e.id = t.event_id JOIN cases_case c ON c.id = e.case_id
    ), wanted AS (
        SELECT event_id, kind, moment FROM happened JOIN account ON account.path = city WHERE reachable
        UNION ALL
        SELECT joined.id, kind, moment FROM happened JOIN account ON account.path = city
        JOIN cases_case voice ON voice.merged_into_id = happened.case_id AND voice.status = 'merged'
        CROSS JOIN LATERAL (
            SELECT e.id FROM cases_caseevent e WHERE e.case_id = voice.id AND e.kind = 'merged' AND NOT e.quiet
            ORDER BY e.seq DESC LIMIT 1
        ) joined
        WHERE kind = %(result)s AND voice.reporter_phone_hash <> ''
    ), noticed AS (
        INSERT INTO notifications_residentnotice (event_id, kind, created_at)
        SELECT event_id, kind, %(now)s FROM wanted ORDER BY event_id
        ON CONFLICT DO NOTHING
        RETURNING id, event_id
    )
    INSERT INTO notifications_delivery (notice_id, way, channel, pace, state, attempts, next_attempt_at, error)
    SELECT n.id, %(way)s, %(sms)s, %(pace)s, %(state)s, 0, w.moment, ''
    FROM noticed n JOIN wanted w USING (event_id) ORDER BY n.id
    ON CONFLICT DO NOTHING
"""
"""Where the city has an account and the reporter has left a phone. A result reaches the voices that were merged into
the case too: their notice hangs on the line by which they were merged, so that each is told once, of its own case."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    event: CaseEvent
    kind: NoticeKind
    at: datetime


def write_notices(events: Iterable[CaseEvent], planner: Planner) -> int:
    """Plans what residents are told of these events, their cases loaded; returns how many messages. In waking hours,
    for the phone lies beside a bed."""
    concerning = [event for event in events if event.kind in KINDS]
    if not concerning:
        return 0
    wanted = [_Wanted(event, KINDS[event.kind], _moment(event, planner)) for event in concerning]
    values: dict[str, Any] = {
        "events": [one.event.pk for one in wanted],
        "kinds": [one.kind.value for one in wanted],
        "moments": [one.at for one in wanted],
        "now": planner.now,
        "step": STEP,
        "sms": Channel.SMS.value,
        "result": NoticeKind.RESULT.value,
        "way": RESIDENT,
        "pace": Pace.SOON.value,
        "state": Delivery.State.WAITING.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(WRITE, values)
        return max(cursor.rowcount, 0)


def _moment(event: CaseEvent, planner: Planner) -> datetime:
    path = event.case.grid_path
    return moment_for(Pace.SOON, planner.now, planner.hours.at(path), Wishes(), calendar_of(path).zone)
