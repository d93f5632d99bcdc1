"""Marking as read, and how much is not. What was read stays read at its first moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from notifications.models import InboxItem, RoundUp

MOST_COUNTED = 100
"""More unread lines than that are shown as 99+, and never counted."""


def mark_read(item: InboxItem, *, at: datetime | None = None) -> InboxItem:
    """The item has been read; doing it twice changes nothing. `at` None means now."""
    if item.read_at is None:
        item.read_at = at or timezone.now()
        InboxItem.objects.filter(pk=item.pk).unread().update(read_at=item.read_at)
    return item


def mark_all_read(user: Any, *, up_to: int | None = None, at: datetime | None = None) -> int:
    """All of the user's items are read, or those up to the newest that they have seen. Returns how many were unread."""
    items = InboxItem.objects.visible_to(user).unread()
    if up_to is not None:
        items = items.filter(pk__lte=up_to)
    return items.update(read_at=at or timezone.now())


def mark_list_read(round_up: RoundUp, *, at: datetime | None = None) -> RoundUp:
    """The list has been read; doing it twice changes nothing. `at` None means now."""
    if round_up.read_at is None:
        round_up.read_at = at or timezone.now()
        RoundUp.objects.filter(pk=round_up.pk, read_at__isnull=True).update(read_at=round_up.read_at)
    return round_up


@dataclass(frozen=True, slots=True)
class Bell:
    """What waits to be read: lines and lists, at most MOST_COUNTED of each; alarms that ring; the newest line."""

    unread: int
    lists: int
    alarms: int
    newest: int


BELL = """
    SELECT
        (SELECT count(*) FROM (
            SELECT FROM notifications_inboxitem WHERE user_id = %(user)s AND read_at IS NULL LIMIT %(most)s
        ) unread),
        (SELECT count(*) FROM (
            SELECT FROM notifications_roundup WHERE user_id = %(user)s AND read_at IS NULL LIMIT %(most)s
        ) lists),
        (SELECT count(*) FROM notifications_alarm a WHERE a.next_at IS NOT NULL AND EXISTS (
            SELECT FROM notifications_inboxitem i WHERE i.event_id = a.event_id AND i.user_id = %(user)s
        )),
        (SELECT coalesce(max(id), 0) FROM notifications_inboxitem WHERE user_id = %(user)s)
"""


def bell_of(user_id: int) -> Bell:
    """What the head of every page shows; one statement over indexes, whatever the inbox holds."""
    with connection.cursor() as cursor:
        cursor.execute(BELL, {"user": user_id, "most": MOST_COUNTED})
        return Bell(*cursor.fetchone())
