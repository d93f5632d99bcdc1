"""Which event goes to which address: one row each, written in the transaction that writes the inbox lines, and kept
for some weeks as the log."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from cases.models import CaseEvent
from grids.snapshots import Snapshot
from notifications.event_catalogue import KINDS
from notifications.models import WebhookEndpoint

BATCH = 5000

_some: Snapshot[bool] = Snapshot(("webhooks",), lambda: WebhookEndpoint.objects.exists())

WRITE = """
    INSERT INTO notifications_webhookdelivery (endpoint_id, event_id, state, attempts, next_attempt_at, error)
    SELECT e.id, ev.id, 'waiting', 0, CASE WHEN e.active THEN %(now)s ELSE %(held)s END, ''
    FROM unnest(%(events)s::bigint[]) AS said (event_id)
    JOIN cases_caseevent ev ON ev.id = said.event_id AND ev.kind = ANY (%(kinds)s)
    JOIN cases_case c ON c.id = ev.case_id
    CROSS JOIN notifications_webhookendpoint e
    JOIN grids_grid g ON g.id = e.grid_id AND starts_with(c.grid_path, g.path)
    WHERE e.kinds = '[]' OR e.kinds ? ev.kind
    ORDER BY e.id, ev.id
    ON CONFLICT DO NOTHING
"""
"""What comes while an address is paused waits with it."""


def held_until(now: datetime) -> datetime:
    """How long what a paused address missed is kept for it."""
    return now + timedelta(days=settings.WEBHOOK_LOG_DAYS)


def plan_webhooks(events: Iterable[CaseEvent], now: datetime) -> int:
    """Plans each event for every address of its territory that asked for its kind; returns how many posts. Costs
    nothing where there is no address, else one statement; the caller's transaction holds it together."""
    if not _some.get():
        return 0
    values: dict[str, Any] = {
        "events": [event.pk for event in events],
        "kinds": list(KINDS),
        "now": now,
        "held": held_until(now),
    }
    with connection.cursor() as cursor:
        cursor.execute(WRITE, values)
        return cursor.rowcount


FORGET = """
    DELETE FROM notifications_webhookdelivery WHERE id IN (
        SELECT d.id FROM (
            SELECT id, event_id, next_attempt_at FROM notifications_webhookdelivery ORDER BY id LIMIT %(batch)s
        ) d JOIN cases_caseevent e ON e.id = d.event_id
        WHERE e.recorded_at < %(before)s AND (d.next_attempt_at IS NULL OR d.next_attempt_at < %(now)s)
    )
"""
"""The oldest come first by their keys."""


def forget_old_webhooks(*, at: datetime | None = None, batch: int = BATCH) -> int:
    """Deletes what is older than WEBHOOK_LOG_DAYS and waits no more, a transaction a batch; returns how many rows.
    `at` None means now."""
    now = at or timezone.now()
    values: dict[str, Any] = {"before": now - timedelta(days=settings.WEBHOOK_LOG_DAYS), "now": now, "batch": batch}
    gone = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(FORGET, values)
            gone += cursor.rowcount
            if cursor.rowcount < batch:
                return gone
