"""The end of what was told: lines, lists and notices go after INBOX_DAYS, with what went out of them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

BATCH = 5000
TABLES = {
    "notifications_inboxitem": "item_id",
    "notifications_roundup": "round_up_id",
    "notifications_residentnotice": "notice_id",
}
"""Each with the column by which its deliveries hang on it."""

FORGET = """
    WITH old AS (
        SELECT id FROM (SELECT id, created_at FROM {table} ORDER BY id LIMIT %(batch)s) oldest
        WHERE created_at < %(before)s
    ), sent AS (
        DELETE FROM notifications_delivery d USING old WHERE d.{column} = old.id
    )
    DELETE FROM {table} t USING old WHERE t.id = old.id
"""
"""The oldest have the smallest keys: no index over moments is needed for it."""


def forget_old_lines(*, at: datetime | None = None, batch: int = BATCH) -> int:
    """Deletes what was told more than INBOX_DAYS before `at` (None means now), a transaction a batch; returns how many
    rows."""
    before = (at or timezone.now()) - timedelta(days=settings.INBOX_DAYS)
    return sum(_forget(table, column, before, batch) for table, column in TABLES.items())


def _forget(table: str, column: str, before: datetime, batch: int) -> int:
    gone = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(FORGET.format(table=table, column=column), {"before": before, "batch": batch})
            gone += cursor.rowcount
            if cursor.rowcount < batch:
                return gone
