"""The shape of an inbox line, and of what is asked of the inbox."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language
from rest_framework import serializers

from cases.choices import EventKind
from cases.querysets import reaches
from grids.api.filters import BIGGEST
from grids.territory import territory_of
from notifications.choices import Reason
from notifications.messages import render
from notifications.models import InboxItem


class InboxItemSerializer(serializers.Serializer):
    """One line, in the language of the request."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(EventKind.choices, help_text="What happened.")
    what = serializers.CharField(help_text="The same, as a sentence.")
    number = serializers.CharField(help_text="Number of the case.")
    title = serializers.CharField(
        allow_null=True, help_text="Title of the case; null where it is no longer yours to see."
    )
    due_at = serializers.DateTimeField(allow_null=True, help_text="When the next thing must be done.")
    reason = serializers.ChoiceField(Reason.choices, help_text="Why you are told.")
    why = serializers.CharField(help_text="The same, as a sentence.")
    url = serializers.URLField(help_text="The page of the case.")
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)

    def to_representation(self, item: InboxItem) -> dict[str, Any]:
        shown = reaches(territory_of(self.context["request"].user), item.event.case)
        message = render(item, get_language() or "en", show_title=shown)
        said = {
            "id": item.pk,
            "kind": item.event.kind,
            "what": message.what,
            "number": message.number,
            "title": message.title or None,
            "due_at": message.due_at,
            "reason": item.reason,
            "why": message.why,
            "url": message.url,
            "created_at": item.created_at,
            "read_at": item.read_at,
        }
        shape: dict[str, Any] = super().to_representation(said)
        return shape


class ReadAllSerializer(serializers.Serializer):
    """What is to be marked as read."""

    up_to = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=BIGGEST,
        help_text="`id` of the newest item that was seen; without it, all that there are at this moment.",
    )


class ReadCountSerializer(serializers.Serializer):
    """How many were marked."""

    read = serializers.IntegerField(help_text="Items that were unread until now.")


class UnreadCountSerializer(serializers.Serializer):
    """How many are unread."""

    unread = serializers.IntegerField()
