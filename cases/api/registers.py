"""What must not be forgotten, as lists: the register of suspended cases (挂账台账) and that of supervision orders
(督办台账)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.request import Request

from cases.choices import DeadlineKind, DeadlineState, Status
from cases.export import CHUNK, csv_lines
from cases.models import Deadline, SupervisionOrder, Suspension
from cases.querysets import LONG
from grids import tree
from grids.api.filters import FlagFilter, KeyFilter, StrictFilterSet, SubtreeFilter
from grids.api.serializers import GridRef, grid_ref
from grids.api.views import FirstRenderer

from .pagination import KeysetPagination
from .requested import OrderedSerializer, SuspendedSerializer

UNREAD = tuple(f"case__{name}" for name in LONG)


class _OfCaseFilter(StrictFilterSet):
    grid = SubtreeFilter(field_name="case__grid_path", help_text="Code of a grid: cases in it and in all below.")
    unit = KeyFilter(field_name="unit_id", help_text="Id of the unit that asked, or that must answer.")


class SuspensionFilter(_OfCaseFilter):
    """Suspended cases by place, unit and day."""

    overdue = FlagFilter(method="by_overdue", help_text="Whether the case should have been looked at again.")

    def by_overdue(self, qs: Any, name: str, value: bool) -> Any:
        now = timezone.now()
        return qs.filter(review_at__lt=now) if value else qs.filter(review_at__gte=now)


class OrderFilter(_OfCaseFilter):
    """Orders by place, unit and state."""

    state = filters.MultipleChoiceFilter(choices=SupervisionOrder.State, help_text="Several are joined by “or”.")
    listed = FlagFilter(help_text="Whether it is listed supervision.")
    overdue = FlagFilter(method="by_overdue", help_text="Whether the answer is late.")

    def by_overdue(self, qs: Any, name: str, value: bool) -> Any:
        late = Deadline.objects.filter(
            order=OuterRef("pk"),
            case=OuterRef("case"),
            kind=DeadlineKind.SUPERVISE,
            state=DeadlineState.RUNNING,
            due_at__lt=timezone.now(),
        )
        return qs.filter(Exists(late)) if value else qs.filter(~Exists(late))


class RegisteredSerializer(serializers.Serializer):
    """The case that a row of a register is about."""

    case = serializers.CharField(source="case.number")
    title = serializers.CharField(source="case.title")
    grid = serializers.SerializerMethodField()

    @extend_schema_field(GridRef)
    def get_grid(self, row: Any) -> dict[str, Any] | None:
        return grid_ref(row.case.grid_path)


class SuspensionSerializer(RegisteredSerializer, SuspendedSerializer):
    """A suspended case: who asked, who granted it, why, and when it is looked at again."""

    overdue = serializers.SerializerMethodField()

    def get_overdue(self, row: Suspension) -> bool:
        return row.review_at < timezone.now()


class OrderSerializer(RegisteredSerializer, OrderedSerializer):
    """A supervision order with its case."""


class SuspendedCases(GenericAPIView):
    """The cases that rest now, of those that one sees."""

    queryset = Suspension.objects.none()
    serializer_class = SuspensionSerializer
    filterset_class = SuspensionFilter
    pagination_class: type[KeysetPagination] | None = KeysetPagination
    orderings = ("review_at", "-review_at")

    def get_queryset(self) -> QuerySet[Suspension]:
        running = Suspension.objects.filter(
            state=Suspension.State.GRANTED, resumed_at=None, case__status=Status.SUSPENDED
        )
        return running.visible_to(self.request.user).select_related("case").defer(*UNREAD)


@extend_schema_view(
    get=extend_schema(
        operation_id="suspensions_list", summary="Suspended cases, by their review date", tags=["registers"]
    )
)
class SuspensionsView(SuspendedCases, ListAPIView):
    """The register of suspended cases."""


class SuspensionsExportView(SuspendedCases):
    """The register as a table."""

    pagination_class = None
    content_negotiation_class = FirstRenderer

    @extend_schema(
        operation_id="suspensions_export",
        summary="Suspended cases as CSV",
        description="With the filters of the list. The words of who asked for secrecy are left out.",
        responses={(200, "text/csv"): OpenApiTypes.STR},
        filters=True,
        tags=["registers"],
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        rows = self.filter_queryset(self.get_queryset()).order_by("review_at", "pk")
        name = f"suspensions-{timezone.localdate():%Y%m%d}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        lines = csv_lines(COLUMNS, map(_values, rows.iterator(chunk_size=CHUNK)))
        return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


COLUMNS = (
    "number", "title", "grid_code", "grid", "unit", "decider", "reason", "note", "since", "review_at", "overdue",
)  # fmt: skip


def _values(row: Suspension) -> Iterator[Any]:
    path = row.case.grid_path
    way = tree.way_to(path)
    yield from (row.case.number, "" if row.case.secret else row.case.title)
    yield from (way[-1].code if way else "", " / ".join(slot.name for slot in way))
    yield from (tree.unit_name(row.unit_id, path), tree.unit_name(row.decider_id, path))
    yield from (row.reason, row.note, row.decided_at, row.review_at)
    yield "true" if row.review_at < timezone.now() else "false"


@extend_schema_view(
    get=extend_schema(operation_id="supervision_orders_list", summary="Supervision orders", tags=["registers"])
)
class OrdersView(ListAPIView):
    """The register of supervision orders."""

    queryset = SupervisionOrder.objects.none()
    serializer_class = OrderSerializer
    filterset_class = OrderFilter
    pagination_class = KeysetPagination
    orderings = ("-issued_at", "issued_at")

    def get_queryset(self) -> QuerySet[SupervisionOrder]:
        orders = SupervisionOrder.objects.visible_to(self.request.user).select_related("case").defer(*UNREAD)
        return orders.prefetch_related("deadlines")
