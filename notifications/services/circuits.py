"""Which providers are failing just now, and how much more each takes: in the database, so that all workers agree and a
lost queue forgets nothing.

A provider that was unreachable several times in a row is left alone for a pause that doubles. When the pause ends one
message tries whether it is back; the others wait for how that goes, and none of them uses up an attempt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from notifications.models import Circuit

FAILURES_TO_OPEN = 3
FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=5)
PROBE_LEASE = timedelta(minutes=1)
"""How long others wait for a probe whose worker may have died."""
BURST = timedelta(seconds=10)
"""So much of a provider's rate may go at once: workers come by every few seconds."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Whether messages may go to a provider now. `closed_until` is when it is worth asking again; with `probe`, one
    message goes ahead of the others."""

    closed_until: datetime | None = None
    probe: bool = False


def enter(key: str, now: datetime) -> Entry:
    """Asks for a way to a provider. Whoever is given the probe must say how it went."""
    circuit = Circuit.objects.filter(pk=key).first()
    if circuit is None or circuit.open_until is None:
        return Entry()
    if circuit.open_until > now:
        return Entry(closed_until=circuit.open_until)
    # One of those who come now, whoever is first
    mine = Circuit.objects.filter(pk=key, open_until=circuit.open_until).update(open_until=now + PROBE_LEASE)
    return Entry(probe=True) if mine else Entry(closed_until=now + PROBE_LEASE)


def closed_until(key: str, now: datetime) -> datetime | None:
    """Until when a provider is left alone; None where it may be asked. Asks for nothing itself."""
    rows = Circuit.objects.filter(pk=key, open_until__gt=now).values_list("open_until", flat=True)
    return rows.first()


FAILED = """
    INSERT INTO notifications_circuit AS c (key, failures, error, changed_at)
    VALUES (%(key)s, 1, %(error)s, %(now)s)
    ON CONFLICT (key) DO UPDATE SET
        error = excluded.error, changed_at = excluded.changed_at,
        failures = c.failures + (CASE WHEN c.open_until > %(now)s AND NOT %(probe)s THEN 0 ELSE 1 END),
        open_until = CASE
            WHEN c.open_until > %(now)s AND NOT %(probe)s THEN c.open_until
            WHEN c.failures + 1 < %(most)s THEN NULL
            ELSE %(now)s + least(%(longest)s, %(first)s * 2 ^ least(c.failures + 1 - %(most)s, 20))
        END
    RETURNING open_until
"""


def note_failure(key: str, error: str, now: datetime, *, probe: bool = False) -> datetime | None:
    """The provider was unreachable. Until when it is left alone, where that is now the case. Whoever was under way
    when it was closed already says nothing new."""
    values: dict[str, Any] = {
        "key": key, "error": error[:300], "now": now, "probe": probe, "most": FAILURES_TO_OPEN,
        "first": FIRST_PAUSE, "longest": LONGEST_PAUSE,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(FAILED, values)
        (until,) = cursor.fetchone()
    found: datetime | None = until
    return found


def note_success(key: str) -> None:
    """The provider has answered: it is there."""
    rows = Circuit.objects.filter(pk=key).filter(Q(failures__gt=0) | Q(open_until__isnull=False))
    rows.update(failures=0, open_until=None, error="")


def try_now(keys: Iterable[str], now: datetime) -> int:
    """The next message is a probe, without waiting for the end of the pause. Returns how many were closed."""
    return Circuit.objects.filter(pk__in=list(keys), open_until__gt=now).update(open_until=now)


def forget(key: str) -> None:
    """What was known of an account that has changed says nothing any more."""
    Circuit.objects.filter(pk=key).delete()


def reserve(key: str, count: int, per_minute: int, now: datetime, *, urgent: bool = False) -> tuple[int, datetime]:
    """How many of so many messages may go now at this rate (0: all), and when it is worth asking again. What is granted
    counts as gone. What is urgent is granted, and others wait the longer.

    `next_free_at` is when the provider would be done with all that it was given, were it given them evenly (GCRA)."""
    if not per_minute:
        return count, now
    step = timedelta(minutes=1) / per_minute
    with transaction.atomic():
        Circuit.objects.bulk_create([Circuit(key=key)], ignore_conflicts=True)
        circuit = Circuit.objects.select_for_update().get(pk=key)
        busy_until = max(circuit.next_free_at or now, now)
        room = max(BURST, step) - (busy_until - now)
        granted = count if urgent else min(count, max(0, int(room / step)))
        circuit.next_free_at = busy_until + granted * step
        circuit.save(update_fields=["next_free_at"])
    return granted, max(now + step, circuit.next_free_at - BURST / 2)
