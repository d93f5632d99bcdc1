"""Marking as read. What was read stays read at its first moment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from notifications.models import InboxItem


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
