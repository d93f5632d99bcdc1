"""One's open alarms, and taking one upon oneself."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from cases.api.pagination import KeysetPagination
from cases.querysets import reaches
from grids.territory import territory_of
from notifications import services
from notifications.models import Alarm
from notifications.querysets import AlarmQuerySet


class AlarmSerializer(serializers.Serializer):
    """An alarm, with what tells the case."""

    id = serializers.IntegerField()
    number = serializers.CharField(source="event.case.number", help_text="Number of the case.")
    title = serializers.SerializerMethodField(
        help_text="Title of the case; null where it is no longer yours to see, or the reporter asks for secrecy."
    )
    unit = serializers.CharField(source="unit.name", help_text="Whose turn it is.")
    rung = serializers.IntegerField(help_text="How many rungs were called after the first.")
    started_at = serializers.DateTimeField()
    next_at = serializers.DateTimeField(allow_null=True, help_text="When the next rung is called; null: over.")
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    acknowledged_by = serializers.CharField(
        source="acknowledged_by.name", allow_null=True, default=None, help_text="Who took it upon themselves."
    )

    def get_title(self, alarm: Alarm) -> str | None:
        case = alarm.event.case
        shown = not case.secret and reaches(territory_of(self.context["request"].user), case)
        return case.title if shown else None


@extend_schema(tags=["inbox"])
@extend_schema_view(list=extend_schema(summary="Alarms that ring"))
class AlarmViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Alarms of which you were told and that nobody has answered yet, newest first."""

    serializer_class = AlarmSerializer
    pagination_class = KeysetPagination
    orderings = ("-pk",)
    lookup_value_regex = "[0-9]+"
    queryset = Alarm.objects.none()

    def get_queryset(self) -> AlarmQuerySet:
        alarms: AlarmQuerySet = Alarm.objects.visible_to(self.request.user)
        return alarms.ringing().with_case() if self.action == "list" else alarms.with_case()

    @extend_schema(summary="Answer an alarm", request=None, responses=AlarmSerializer)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, **_kwargs: Any) -> Response:
        """Takes the alarm upon oneself: nobody further is called. Once somebody has, a second time changes nothing."""
        alarm = self.get_object()
        services.acknowledge(alarm, request.user)
        return Response(self.get_serializer(self.get_queryset().get(pk=alarm.pk)).data)
