"""Lists at set times (晨报、周调度、月推进): for each person, kind and day at most one, however often this runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from cases.calendars import calendar_of
from cases.deadlines import Calendar
from grids.choices import Role
from grids.models import Grid, Post, User
from grids.territory import Territory, territories_of
from notifications.choices import PACES, Channel, Pace, RoundUpKind
from notifications.models import Delivery, RoundUp
from notifications.models.deliveries import ACCOUNT
from notifications.timing import moment_for

from .hours import HoursBook
from .preferences import wishes_of
from .round_up_contents import Contents, Span, how_it_went, waiting_today
from .ways import WAYS

PAGE = 200
"""So many people are dealt with at a time: memory does not grow with the city."""
DAY = timedelta(days=1)
ROLES: Mapping[RoundUpKind, tuple[Role, ...]] = {
    RoundUpKind.MORNING: (Role.GRID_WORKER, Role.VILLAGE_HEAD, Role.DISPATCHER, Role.OFFICER, Role.LEADER),
    RoundUpKind.WEEKLY: (Role.LEADER, Role.SUPERVISOR),
    RoundUpKind.MONTHLY: (Role.LEADER, Role.SUPERVISOR),
}
WANTED_BY = {
    RoundUpKind.MORNING: "morning_list",
    RoundUpKind.WEEKLY: "round_ups",
    RoundUpKind.MONTHLY: "round_ups",
}


@dataclass(frozen=True, slots=True)
class _Reader:
    """Somebody whose list is due, with their posts of that day in the roles that get it, and where they serve."""

    user_id: int
    territory: Territory
    path: str


def write_round_ups(at: datetime | None = None) -> int:
    """Writes the lists that are due; returns how many. `at` None means now, by the database's clock.

    The morning list comes on working days of the calendar, the weekly one on the first of a week, the monthly one on
    the first of a month, from the territory's hour on and on that day only.
    """
    now, hours, written = at or _database_now(), HoursBook(), 0
    for city in Grid.objects.filter(depth=1).only("path").order_by("pk"):
        calendar = calendar_of(city.path)
        on = now.astimezone(calendar.zone).date()
        if now.astimezone(calendar.zone).time() < hours.earliest_morning:
            continue
        for kind in (one for one in RoundUpKind if _is_day(one, calendar, on)):
            for readers in _pages(city.path, kind, on, now, hours):
                written += _write(kind, on, now, _contents(kind, city.path, readers, on, now), readers, hours)
    return written


def _database_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        found: datetime = cursor.fetchone()[0]
        return found


def _pages(city: str, kind: RoundUpKind, on: date, now: datetime, hours: HoursBook) -> Iterable[list[_Reader]]:
    last = 0
    while users := list(_candidates(city, kind, on).filter(pk__gt=last).order_by("pk")[:PAGE]):
        last = users[-1].pk
        sight = territories_of(users, on)
        readers = [reader for user in users if (reader := _reader(user.pk, sight[user.pk], kind))]
        if due := [reader for reader in readers if _is_time(reader.path, on, now, hours)]:
            yield due


def _candidates(city: str, kind: RoundUpKind, on: date) -> QuerySet[User]:
    """Who serves in the city in one of the roles, wants such lists, and has not had today's."""
    held = Post.objects.held_in_statement(OuterRef("pk"), on)
    served = held.filter(role__in=ROLES[kind], unit__grid__path__startswith=city)
    had = RoundUp.objects.filter(user=OuterRef("pk"), kind=kind, on=on)
    users = User.objects.filter(Exists(served), ~Exists(had), is_active=True)
    return users.exclude(**{f"telling__{WANTED_BY[kind]}": False}).only("is_superuser", "is_active")


def _reader(user_id: int, territory: Territory, kind: RoundUpKind) -> _Reader | None:
    """Only what a person serves in such a role counts: who also leads elsewhere hears of that as its leader."""
    standings = tuple(standing for standing in territory.standings if standing.role in ROLES[kind])
    return _Reader(user_id, Territory(False, standings), standings[0].path) if standings else None


def _is_time(path: str, on: date, now: datetime, hours: HoursBook) -> bool:
    here = now.astimezone(calendar_of(path).zone)
    return here.date() == on and here.time() >= hours.at(path).morning_at


def _is_day(kind: RoundUpKind, calendar: Calendar, on: date) -> bool:
    """Whether such a list comes on this day: a working one, and the first of its week or month."""
    if not calendar.hours_on(on):
        return False
    begins = {RoundUpKind.WEEKLY: on - on.weekday() * DAY, RoundUpKind.MONTHLY: on.replace(day=1)}.get(kind, on)
    return not any(calendar.hours_on(begins + n * DAY) for n in range((on - begins).days))


def _contents(kind: RoundUpKind, city: str, readers: list[_Reader], on: date, now: datetime) -> Contents:
    sight = {reader.user_id: reader.territory for reader in readers}
    if kind == RoundUpKind.MORNING:
        return waiting_today(sight, now, {reader.user_id: _today(reader.path, on) for reader in readers})
    return how_it_went(sight, city, _period(kind, calendar_of(city), on), now)


def _today(path: str, on: date) -> Span:
    """From the last working day's beginning, since when a case is new, to the end of today."""
    calendar = calendar_of(path)
    before = next((on - n * DAY for n in range(1, 32) if calendar.hours_on(on - n * DAY)), on - DAY)
    return Span(_midnight(calendar, before), _midnight(calendar, on + DAY))


def _period(kind: RoundUpKind, calendar: Calendar, on: date) -> Span:
    """The week or month before that of the day."""
    if kind == RoundUpKind.WEEKLY:
        monday = on - on.weekday() * DAY
        return Span(_midnight(calendar, monday - 7 * DAY), _midnight(calendar, monday))
    first = on.replace(day=1)
    return Span(_midnight(calendar, (first - DAY).replace(day=1)), _midnight(calendar, first))


def _midnight(calendar: Calendar, day: date) -> datetime:
    return calendar.moment(calendar.midnight(day))


WRITE = f"""
    WITH list AS MATERIALIZED (
        SELECT * FROM unnest(%(users)s::bigint[], %(contents)s::jsonb[], %(moments)s::timestamptz[])
            AS t (user_id, content, moment)
    ), written AS (
        INSERT INTO notifications_roundup (user_id, kind, "on", content, created_at)
        SELECT user_id, %(kind)s, %(on)s, content, %(now)s FROM list ORDER BY user_id
        ON CONFLICT DO NOTHING
        RETURNING id, user_id
    ), {WAYS}, planned AS (
        INSERT INTO notifications_delivery
            (round_up_id, user_id, contact_id, way, channel, pace, state, attempts, next_attempt_at, error)
        SELECT written.id, written.user_id, way.contact_id, way.way, way.channel, %(pace)s, %(state)s, 0, list.moment,
            ''
        FROM written JOIN list USING (user_id) JOIN way USING (user_id)
        WHERE list.content <> '{{}}'::jsonb AND way.least = %(pace)s
    )
    SELECT count(*) FROM written
"""  # noqa: S608  of our own words
"""Who has nothing to do has a list that says so, in the inbox alone."""


def _write(
    kind: RoundUpKind, on: date, now: datetime, contents: Contents, readers: list[_Reader], hours: HoursBook
) -> int:
    wishes = wishes_of([reader.user_id for reader in readers])
    moments = [
        moment_for(Pace.SOON, now, hours.at(r.path), wishes[r.user_id], calendar_of(r.path).zone) for r in readers
    ]
    values: dict[str, Any] = {
        "users": [reader.user_id for reader in readers],
        "contents": [json.dumps(contents[reader.user_id], ensure_ascii=False) for reader in readers],
        "moments": moments,
        "kind": kind.value,
        "on": on,
        "now": now,
        "account": ACCOUNT,
        "email": Channel.EMAIL.value,
        "pace": PACES[-1],
        "least": PACES[-1],
        "state": Delivery.State.WAITING.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(WRITE, values)
        return int(cursor.fetchone()[0])
