"""Taking what is due, so that no two workers send the same, and what was begun together stays together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction

from notifications.choices import Channel, Pace
from notifications.models import Delivery

LEASE = timedelta(minutes=10)
"""How long a worker may keep what it has claimed; then it counts as dead, and another sends."""
MOST_TOGETHER = 500
"""Deliveries in one message; more than that is another message."""
Waiting = tuple[int, int | None, str, str, UUID | None]
"""Key, user, way, pace and key of the message of a row."""


@dataclass(slots=True)
class Letter:
    """Deliveries that go as one message."""

    key: UUID
    deliveries: list[Delivery]

    @property
    def first(self) -> Delivery:
        return self.deliveries[0]

    @property
    def attempts(self) -> int:
        """How often the message was tried, this time included."""
        return max(delivery.attempts for delivery in self.deliveries)

    @property
    def pks(self) -> list[int]:
        return [delivery.pk for delivery in self.deliveries]


def database_now() -> datetime:
    """By the clock that decides: workers' hosts may disagree."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
        return moment


def claim(channel: str, now: datetime, batch: int) -> list[Letter]:
    """What is due by now on a channel and nobody else is sending: first what is a matter of life, each alone; else the
    longest waiting, with all that waits for the same person on the same way. No lock outlives this, for a provider may
    take its time; until the lease ends nobody else finds these rows."""
    with transaction.atomic():
        due = Delivery.objects.filter(channel=channel, next_attempt_at__lte=now)
        rows = _locked(due.filter(pace=Pace.NOW), batch) or _locked(due.exclude(pace=Pace.NOW), batch)
        if not rows:
            return []
        letters = _grouped(rows, now)
        _lease(letters, now)
    return _read(letters)


def _locked(due: Any, batch: int) -> list[Waiting]:
    rows = due.select_for_update(skip_locked=True).order_by("next_attempt_at", "pk")
    return list(rows.values_list("pk", "user_id", "way", "pace", "message_key")[:batch])


def _place(row: Waiting) -> tuple[str, Any]:
    """What goes together has the same."""
    pk, user, way, pace, key = row
    if key is not None:
        return "key", str(key)
    if pace == Pace.NOW or user is None:
        return "row", str(pk)
    return "way", f"{user} {way}"


def _grouped(rows: Sequence[Waiting], now: datetime) -> dict[UUID, list[int]]:
    """Keys of rows by the key of their message."""
    places = _ours({_place(row) for row in rows})
    found: dict[tuple[str, Any], dict[int, UUID | None]] = {}
    for row in [*rows, *_companions(places, now)]:
        place = _place(row)
        if place in places and len(found.get(place, ())) < MOST_TOGETHER:
            found.setdefault(place, {})[row[0]] = row[4]
    return {next(iter(said.values())) or uuid4(): list(said) for said in found.values()}


def _ours(places: set[tuple[str, Any]]) -> set[tuple[str, Any]]:
    """Those that no other worker is just claiming parts of; where two meet, one of them comes later."""
    shared = sorted(place for place in places if place[0] != "row")
    if not shared:
        return places
    with connection.cursor() as cursor:
        query = """
            SELECT place FROM unnest(%s::text[]) place
            WHERE pg_try_advisory_xact_lock(hashtextextended('delivery ' || place, 0))
        """
        cursor.execute(query, [[" ".join(place) for place in shared]])
        got = {name for (name,) in cursor.fetchall()}
    return {place for place in places if place[0] == "row" or " ".join(place) in got}


def _companions(places: Iterable[tuple[str, Any]], now: datetime) -> list[Waiting]:
    """What else goes with them: due for the same person on the same way; or begun together, whenever it is due."""
    keys = [said for kind, said in places if kind == "key"]
    ways = [said.split(" ", 1) for kind, said in places if kind == "way"]
    if not keys and not ways:
        return []
    with connection.cursor() as cursor:
        cursor.execute(COMPANIONS, {"keys": keys, "users": [int(u) for u, _w in ways], "ways": [w for _u, w in ways],
                                    "now": now})  # fmt: skip
        return [(pk, user, way, pace, key) for pk, user, way, pace, key in cursor.fetchall()]


COMPANIONS = """
    SELECT id, user_id, way, pace, message_key FROM notifications_delivery
    WHERE id IN (
        SELECT d.id FROM unnest(%(users)s::bigint[], %(ways)s::text[]) AS asked (user_id, way)
        JOIN notifications_delivery d ON d.user_id = asked.user_id AND d.way = asked.way
        WHERE d.next_attempt_at <= %(now)s AND d.message_key IS NULL AND d.pace <> 'now'
        UNION ALL
        SELECT id FROM notifications_delivery
        WHERE message_key = ANY (%(keys)s::uuid[]) AND next_attempt_at IS NOT NULL
    )
    ORDER BY id FOR UPDATE SKIP LOCKED
"""


def _lease(letters: dict[UUID, list[int]], now: datetime) -> None:
    keys = {pk: key for key, pks in letters.items() for pk in pks}
    with connection.cursor() as cursor:
        query = """
            UPDATE notifications_delivery d
            SET next_attempt_at = %(until)s, attempts = d.attempts + 1, message_key = said.key
            FROM unnest(%(pks)s::bigint[], %(keys)s::uuid[]) AS said (id, key) WHERE d.id = said.id
        """
        cursor.execute(query, {"until": now + LEASE, "pks": list(keys), "keys": list(keys.values())})


def _read(letters: dict[UUID, list[int]]) -> list[Letter]:
    pks = [pk for some in letters.values() for pk in some]
    rows = {row.pk: row for row in Delivery.objects.filter(pk__in=pks).with_case()}
    return [Letter(key, [rows[pk] for pk in sorted(some) if pk in rows]) for key, some in letters.items()]


def due_channels(now: datetime) -> list[str]:
    """Channels on which something is due."""
    with connection.cursor() as cursor:
        query = """
            SELECT c.name FROM unnest(%s::text[]) AS c (name) WHERE EXISTS (
                SELECT FROM notifications_delivery d WHERE d.channel = c.name AND d.next_attempt_at <= %s)
        """
        cursor.execute(query, [list(Channel.values), now])
        return [name for (name,) in cursor.fetchall()]
