"""Lists under a name, for oneself and for one's unit."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from cases.lists import faults_of, parameters_of
from cases.models import SavedFilter
from cases.services.saved import change_filter, delete_filter, may_change, save_filter
from grids.api.serializers import BIGGEST, StrictSerializer

from .pagination import KeysetPagination

QUERY_SCHEMA = {
    "type": "object",
    "additionalProperties": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
}
QUERY_EXAMPLE = {"status": ["accepted", "dispatched"], "overdue": "true", "search": "路灯"}


@extend_schema_field(QUERY_SCHEMA)
class QueryField(serializers.JSONField):
    """Filters of the list of cases by name; several values of one are a list."""


class SavedInputs(StrictSerializer):
    """A list and its name."""

    name = serializers.CharField(max_length=40)
    query = QueryField(help_text="Filters of the list of cases, by name.")
    unit = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=BIGGEST,
        source="unit_id",
        help_text="Id of a unit that one serves in: everybody there has the list. null: for oneself.",
    )


class SavedChanges(SavedInputs):
    """What is to be different."""

    name = serializers.CharField(max_length=40, required=False)
    query = QueryField(required=False)


class SavedSerializer(serializers.Serializer):
    """A list under a name. `problems` says by filter why it does not hold any more; empty where it does."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    query = QueryField()
    unit = serializers.IntegerField(source="unit_id", allow_null=True)
    owner = serializers.CharField(source="owner.name")
    changeable = serializers.SerializerMethodField(help_text="Whether this user may change or delete it.")
    problems = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField(help_text="The list itself.")
    saved_at = serializers.DateTimeField()

    def get_changeable(self, row: SavedFilter) -> bool:
        return may_change(self.context["request"].user, row)

    def get_problems(self, row: SavedFilter) -> dict[str, str]:
        return faults_of(self.context["request"].user, row.query)

    def get_url(self, row: SavedFilter) -> str:
        address = reverse("cases", request=self.context["request"])
        return f"{address}?{parameters_of(row.query).urlencode()}"


def seen_filters(user: Any) -> QuerySet[SavedFilter]:
    return SavedFilter.objects.visible_to(user).select_related("owner")


@extend_schema_view(
    get=extend_schema(operation_id="saved_filters_list", summary="Lists under a name", tags=["saved filters"])
)
class SavedFiltersView(ListAPIView):
    """One's own and those of one's units; and saving one."""

    queryset = SavedFilter.objects.none()
    serializer_class = SavedSerializer
    pagination_class = KeysetPagination
    filter_backends = ()
    orderings = ("name",)

    def get_queryset(self) -> QuerySet[SavedFilter]:
        return seen_filters(self.request.user)

    @extend_schema(
        operation_id="saved_filters_save",
        summary="Save a list under a name",
        request=SavedInputs,
        responses={201: SavedSerializer},
        examples=[OpenApiExample("save", value={"name": "超期路灯", "query": QUERY_EXAMPLE}, request_only=True)],
        tags=["saved filters"],
    )
    def post(self, request: Request) -> Response:
        inputs = SavedInputs(data=request.data)
        inputs.is_valid(raise_exception=True)
        said = inputs.validated_data
        kept = save_filter(request.user, said["name"], said["query"], unit_id=said.get("unit_id"))
        return Response(SavedSerializer(kept, context={"request": request}).data, status=201)


class SavedFilterView(APIView):
    """One of them."""

    @extend_schema(
        operation_id="saved_filters_read", summary="A saved list", responses=SavedSerializer, tags=["saved filters"]
    )
    def get(self, request: Request, pk: str) -> Response:
        return self._said(request, self._kept(request, pk))

    @extend_schema(
        operation_id="saved_filters_change",
        summary="Change a saved list",
        description="For its owner, and for who leads or dispatches in the unit that it is shared with.",
        request=SavedChanges,
        responses=SavedSerializer,
        tags=["saved filters"],
    )
    def patch(self, request: Request, pk: str) -> Response:
        kept = self._kept(request, pk)
        inputs = SavedChanges(data=request.data)
        inputs.is_valid(raise_exception=True)
        return self._said(request, change_filter(request.user, kept, **inputs.validated_data))

    @extend_schema(
        operation_id="saved_filters_delete",
        summary="Delete a saved list",
        responses={204: None},
        tags=["saved filters"],
    )
    def delete(self, request: Request, pk: str) -> Response:
        delete_filter(request.user, self._kept(request, pk))
        return Response(status=204)

    @staticmethod
    def _kept(request: Request, pk: str) -> SavedFilter:
        return get_object_or_404(seen_filters(request.user), pk=pk)

    @staticmethod
    def _said(request: Request, kept: SavedFilter) -> Response:
        return Response(SavedSerializer(kept, context={"request": request}).data)
