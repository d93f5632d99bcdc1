"""One's own inbox: the list, how much of it is unread, and marking as read."""

from __future__ import annotations

from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from cases.api.pagination import KeysetPagination
from cases.choices import EventKind
from grids.api.filters import FlagFilter, StrictFilterSet
from notifications import services
from notifications.choices import Reason
from notifications.models import InboxItem
from notifications.querysets import InboxItemQuerySet

from .serializers import InboxItemSerializer, ReadAllSerializer, ReadCountSerializer, UnreadCountSerializer


class InboxFilter(StrictFilterSet):
    """Which of one's items."""

    unread = FlagFilter(field_name="read_at", lookup_expr="isnull", help_text="Whether you have not read it yet.")
    kind = filters.MultipleChoiceFilter(
        field_name="event__kind", choices=EventKind.choices, help_text="What happened; several are joined by “or”."
    )
    reason = filters.MultipleChoiceFilter(choices=Reason.choices, help_text="Why you are told; as above.")
    since = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte", help_text="Told then or later.")
    number = filters.CharFilter(field_name="event__case__number", max_length=32, help_text="Number of a case.")


@extend_schema(tags=["inbox"])
@extend_schema_view(list=extend_schema(summary="What one was told"))
class InboxViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """What you were told: one line for each event that concerns you, newest first."""

    serializer_class = InboxItemSerializer
    pagination_class = KeysetPagination
    orderings = ("-pk",)
    lookup_value_regex = "[0-9]+"
    filterset_class = InboxFilter
    queryset = InboxItem.objects.none()

    def get_queryset(self) -> InboxItemQuerySet:
        return InboxItem.objects.visible_to(self.request.user).with_case()

    @extend_schema(summary="Mark as read", request=None, responses=InboxItemSerializer)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, **_kwargs: Any) -> Response:
        """Marks an item as read; a second time changes nothing."""
        item = services.mark_read(self.get_object())
        return Response(self.get_serializer(item).data)

    @extend_schema(summary="Mark all as read", request=ReadAllSerializer, responses=ReadCountSerializer, filters=False)
    @action(detail=False, methods=["post"], url_path="read-all", pagination_class=None, filterset_class=None)
    def read_all(self, request: Request) -> Response:
        """Marks as read all items, or those up to the newest that you have seen."""
        asked = ReadAllSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response({"read": services.mark_all_read(request.user, **asked.validated_data)})

    @extend_schema(summary="How much is unread", responses=UnreadCountSerializer, filters=False)
    @action(detail=False, url_path="unread-count", pagination_class=None, filterset_class=None)
    def unread_count(self, request: Request) -> Response:
        """How many items you have not read."""
        return Response({"unread": self.get_queryset().unread().count()})
