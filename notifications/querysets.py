"""Which notifications somebody sees: their own."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from django.db import models

UNREAD_BY_MESSAGES = ("text", "reply", "reporter_sealed", "reporter_phone_hash", "lookup_code", "address", "lon", "lat")
"""Columns of a case that no message may show; they are not even read."""


def message_columns(prefix: str) -> tuple[str, ...]:
    """The columns above, by the way that leads to the case."""
    return tuple(f"{prefix}{name}" for name in UNREAD_BY_MESSAGES)


class OwnQuerySet(models.QuerySet):
    """One's own rows only, whoever asks."""

    def visible_to(self, user: Any) -> Self:
        return self.filter(user=user)


class InboxItemQuerySet(OwnQuerySet):
    """One's own lines."""

    def unread(self) -> Self:
        return self.filter(read_at__isnull=True)

    def with_case(self) -> Self:
        """With all that a message needs, and nothing that it must not show."""
        return self.select_related("event__case").defer(*message_columns("event__case__"))


class AlarmQuerySet(models.QuerySet):
    """Alarms of which somebody was told."""

    def visible_to(self, user: Any) -> Self:
        """Who was told of the event, at once or as a rung of the chain; nobody else, whatever else they see."""
        from .models import InboxItem

        told = InboxItem.objects.filter(event=models.OuterRef("event"), user=user)
        return self.filter(models.Exists(told))

    def ringing(self) -> Self:
        return self.filter(next_at__isnull=False)

    def with_case(self) -> Self:
        """With all that is shown, and nothing that must not be."""
        way = "event__case"
        return self.select_related(way, "unit", "acknowledged_by").defer(*message_columns(f"{way}__"))


class DeliveryQuerySet(models.QuerySet):
    """What is to be sent."""

    def due(self, at: datetime) -> Self:
        """Waiting for this moment or longer, the longest first."""
        return self.filter(next_attempt_at__lte=at).order_by("next_attempt_at", "id")

    def with_case(self) -> Self:
        """With all that a message needs, and nothing that it must not show."""
        ways = ("item__event__case", "notice__event__case")
        hidden = [column for way in ways for column in message_columns(f"{way}__")]
        return self.select_related("item__user", "round_up__user", "user", "contact", *ways).defer(*hidden)
