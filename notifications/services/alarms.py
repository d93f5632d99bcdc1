"""The call chain of an emergency (电话链): raised with the event, it calls one rung after the other until somebody
acknowledges it, does something about the case, or the case is another's to act on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from cases.choices import EventKind, Urgency
from cases.models import Case, CaseEvent
from cases.querysets import reaches
from grids import tree
from notifications.choices import Channel, Pace, Reason
from notifications.models import Alarm, Delivery
from notifications.models.deliveries import ACCOUNT
from notifications.recipients import DESK, LEADERS, Audience
from notifications.roster import Roster, Told, sight_of

from .hours import HoursBook
from .planning import WAITED_FOR, Planner, is_waited_for

E = EventKind
ALARMS = frozenset(
    {
        E.SUBMITTED, E.ACCEPTED, E.UNMERGED, E.DISPATCHED, E.RETURNED, E.RULED, E.ESCALATED, E.RESUMED, E.SENT_BACK,
        E.REOPENED, E.RECATEGORISED, E.RELOCATED,
    }
)  # fmt: skip
"""Kinds that make it somebody's turn."""
TURN = (Reason.DUTY, Reason.LEAD, Reason.DISPATCHING)
"""Why somebody is told whose turn it is."""


@dataclass(slots=True)
class Rung:
    """What a run did: persons called, and alarms that are over."""

    called: int = 0
    over: int = 0


def raise_alarms(events: Iterable[CaseEvent], told: Iterable[Told], planner: Planner) -> set[tuple[int, int]]:
    """An alarm for each event that makes an emergency somebody's turn; its first rung is whom the desk's first post
    tells of it now. Returns whom the chain calls later: event and person."""
    ringing = {event.pk: event.case for event in events if _rings(event)}
    if not ringing:
        return set()
    turns = [one for one in told if one.place is not None and one.reason in TURN and _has_it(ringing, one)]
    first: dict[int, Told] = {}
    for one in turns:
        first.setdefault(one.event_id, one)
    rows = [(event, one.unit_id, planner.hours.at(one.path).rung_minutes) for event, one in first.items()]
    if rows:
        _insert(rows, planner.now)
    return {(one.event_id, one.user_id) for one in turns if one is not first[one.event_id]}


def _rings(event: CaseEvent) -> bool:
    return event.kind in ALARMS and event.case.urgency == Urgency.EMERGENCY and is_waited_for(event.case)


def _has_it(ringing: dict[int, Case], told: Told) -> bool:
    """Told late, it may be another's turn by now: theirs is another alarm."""
    case = ringing.get(told.event_id)
    return case is not None and case.duty_unit_id == told.unit_id


RAISE = """
    INSERT INTO notifications_alarm (event_id, unit_id, rung, started_at, next_at)
    SELECT event_id, unit_id, 0, %(now)s, %(now)s + minutes * interval '1 minute'
    FROM unnest(%(events)s::bigint[], %(units)s::bigint[], %(minutes)s::int[]) AS t (event_id, unit_id, minutes)
    ORDER BY event_id
    ON CONFLICT DO NOTHING
"""


def _insert(rows: Collection[tuple[int, int | None, int]], now: datetime) -> None:
    events, units, minutes = (list(column) for column in zip(*rows, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(RAISE, {"events": events, "units": units, "minutes": minutes, "now": now})


def ring_alarms(at: datetime | None = None) -> Rung:
    """Calls the next rung of every alarm that nobody has answered in time. `at` None means now, by the database's
    clock. Any number may run: each alarm is claimed, and its rung and what it says are written together."""
    done = Rung(over=settle_alarms())
    while _ring_one(at, done):
        pass
    return done


ANSWERED = """
    UPDATE notifications_alarm a SET acknowledged_at = x.at, acknowledged_by_id = x.actor_id, next_at = NULL
    FROM (
        SELECT DISTINCT ON (a.id) a.id, e.at, e.actor_id
        FROM notifications_alarm a JOIN cases_caseevent began ON began.id = a.event_id
        JOIN cases_caseevent e ON e.case_id = began.case_id AND e.seq > began.seq
        WHERE a.next_at IS NOT NULL AND e.actor_id IS NOT NULL AND (
            e.actor_unit_id = a.unit_id
            OR EXISTS (SELECT FROM notifications_inboxitem i WHERE i.event_id = a.event_id AND i.user_id = e.actor_id)
        )
        ORDER BY a.id, e.seq
    ) x WHERE a.id = x.id AND a.next_at IS NOT NULL
"""
OVER = """
    UPDATE notifications_alarm a SET next_at = NULL
    FROM cases_caseevent began JOIN cases_case c ON c.id = began.case_id
    WHERE a.next_at IS NOT NULL AND began.id = a.event_id AND (
        c.status <> ALL(%(waited_for)s) OR c.urgency <> %(emergency)s OR c.duty_unit_id IS DISTINCT FROM a.unit_id
        OR EXISTS (
            SELECT FROM notifications_alarm b JOIN cases_caseevent later ON later.id = b.event_id
            WHERE later.case_id = began.case_id AND later.seq > began.seq
        )
    )
"""


def settle_alarms() -> int:
    """Ends the alarms of cases that the unit, or somebody who was called, has acted on since, and of those that are no
    longer that unit's turn. Returns how many."""
    said: dict[str, Any] = {"waited_for": sorted(WAITED_FOR), "emergency": Urgency.EMERGENCY.value}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ANSWERED)
        answered = cursor.rowcount
        cursor.execute(OVER, said)
        return answered + cursor.rowcount


def _ring_one(at: datetime | None, done: Rung) -> bool:
    with transaction.atomic():
        due = Alarm.objects.select_for_update(of=("self",), skip_locked=True).annotate(asked_at=Now())
        due = due.filter(next_at__lte=at or Now()).select_related("event__case").order_by("next_at", "pk")
        alarm = due.first()
        if alarm is None:
            return False
        now = at or alarm.asked_at
        for people in chain_of(alarm.event.case, alarm.unit_id, now):
            if called := _call(alarm, people, now):
                done.called += called
                alarm.rung += 1
                break
        alarm.next_at = now + timedelta(minutes=_minutes(alarm))
        alarm.save(update_fields=["rung", "next_at"])
    return True


def _minutes(alarm: Alarm) -> int:
    """Also once everybody was called: it stays open, and whoever acts on it ends it."""
    unit = tree.unit(alarm.unit_id)
    return max(1, HoursBook().at(unit.path if unit else alarm.event.case.grid_path).rung_minutes)


def chain_of(case: Case, unit_id: int, at: datetime) -> list[list[int]]:
    """Whom an alarm calls, rung by rung: each post of the unit's desk, its leaders, then the desk and the leaders of
    each authority over it. Nobody twice, and nobody who may not see the case."""
    on = timezone.localdate(at)
    named = list(_rungs(case, unit_id))
    roster = Roster((audience, case) for audience in named)
    roster.load(on)
    groups = [roster.people(audience, case)[1] for audience in named]
    groups = [[user] for user in groups[0]] + groups[1:]
    sight = sight_of({user for group in groups for user in group}, on)
    seen: set[int] = set()
    chain = []
    for group in groups:
        rung = [user for user in group if user not in seen and user in sight and reaches(sight[user], case)]
        seen.update(rung)
        if rung:
            chain.append(rung)
    return chain


def _rungs(case: Case, unit_id: int) -> Iterator[Audience]:
    unit = tree.unit(unit_id)
    yield Audience(Reason.ALARM, unit_id, DESK, climbs=False)
    yield Audience(Reason.ALARM, unit_id, LEADERS, climbs=False)
    above = tree.authority_upward(unit.path if unit else case.grid_path)
    while above is not None:
        if above.id != unit_id:
            yield Audience(Reason.ALARM, above.id, DESK, climbs=False)
            yield Audience(Reason.ALARM, above.id, LEADERS, climbs=False)
        above = tree.authority_above(above.path)


CALL = """
    WITH line AS (
        INSERT INTO notifications_inboxitem (user_id, event_id, reason, created_at)
        SELECT user_id, %(event)s, %(reason)s, %(now)s
        FROM unnest(%(users)s::bigint[]) WITH ORDINALITY AS t (user_id, place) ORDER BY place
        ON CONFLICT DO NOTHING
        RETURNING id, user_id
    ), item AS (
        SELECT id, user_id FROM line
        UNION ALL
        SELECT id, user_id FROM notifications_inboxitem
        WHERE event_id = %(event)s AND user_id = ANY(%(users)s::bigint[])
    ), way AS (
        SELECT u.id AS user_id, NULL::bigint AS contact_id, %(account)s AS way, %(email)s AS channel
        FROM grids_user u WHERE u.id = ANY(%(users)s::bigint[]) AND u.email <> ''
        UNION ALL
        SELECT c.user_id, c.id, 'contact:' || c.id, c.channel FROM notifications_contact c
        WHERE c.user_id = ANY(%(users)s::bigint[]) AND c.verified_at IS NOT NULL AND c.dead_at IS NULL
    ), planned AS (
        INSERT INTO notifications_delivery AS d
            (item_id, user_id, contact_id, way, channel, pace, state, attempts, next_attempt_at, error)
        SELECT item.id, item.user_id, way.contact_id, way.way, way.channel, %(pace)s, %(state)s, 0, %(now)s, ''
        FROM item JOIN way USING (user_id) ORDER BY item.id, way.way
        ON CONFLICT (item_id, way) DO UPDATE SET pace = EXCLUDED.pace, next_attempt_at = EXCLUDED.next_attempt_at
            WHERE d.state = %(state)s AND d.attempts = 0 AND d.next_attempt_at > EXCLUDED.next_attempt_at
        RETURNING d.user_id
    )
    SELECT count(*) FROM (SELECT user_id FROM line UNION SELECT user_id FROM planned) called
"""
"""Whoever has a line already, told in waking hours, is told now; who was told over every way is not told again."""


def _call(alarm: Alarm, people: list[int], now: datetime) -> int:
    values: dict[str, Any] = {
        "users": people,
        "event": alarm.event_id,
        "reason": Reason.ALARM.value,
        "now": now,
        "account": ACCOUNT,
        "email": Channel.EMAIL.value,
        "pace": Pace.NOW.value,
        "state": Delivery.State.WAITING.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(CALL, values)
        return int(cursor.fetchone()[0])


def acknowledge(alarm: Alarm, by: Any, *, at: datetime | None = None) -> Alarm:
    """Somebody who was told of it takes the alarm upon themselves: nobody further is called. The first who does is
    noted; whoever comes second changes nothing. Who was not told does not see it (`Alarm.objects.visible_to`)."""
    with transaction.atomic():
        locked = Alarm.objects.select_for_update().annotate(asked_at=Now()).get(pk=alarm.pk)
        if locked.acknowledged_at is None:
            locked.acknowledged_at, locked.acknowledged_by, locked.next_at = at or locked.asked_at, by, None
            locked.save(update_fields=["acknowledged_at", "acknowledged_by", "next_at"])
    return locked
