"""The territory as far as one sees it: grids, units, intake points; and which grid a place lies in."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from grids import tree
from grids.coordinates import to_wgs84
from grids.locate import locate
from grids.models import Grid, IntakePoint, Unit
from grids.qr import qr_svg

from .filters import GridFilter, IntakePointFilter, UnitFilter
from .pagination import KeysetPagination
from .serializers import (
    GridDetailSerializer,
    GridSerializer,
    IntakePointSerializer,
    LocatedSerializer,
    StrictSerializer,
    UnitSerializer,
    grid_ref,
)


class FirstRenderer(BaseContentNegotiation):
    """For files: whatever a browser says that it likes to get, there is one form, and refusals are JSON."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0] if parsers else None

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


@extend_schema_view(get=extend_schema(operation_id="grids_list", summary="Grids that one sees", tags=["territory"]))
class GridsView(ListAPIView):
    """Standing grids, in the order of the tree."""

    queryset = Grid.objects.none()
    serializer_class = GridSerializer
    filterset_class = GridFilter
    pagination_class = KeysetPagination
    orderings = ("path",)

    def get_queryset(self) -> QuerySet[Grid]:
        return Grid.objects.visible_to(self.request.user).standing().defer("boundary")


@extend_schema_view(
    get=extend_schema(
        operation_id="grids_read", summary="A grid, what lies above it, who serves it", tags=["territory"]
    )
)
class GridView(RetrieveAPIView):
    """One grid, by its code."""

    queryset = Grid.objects.none()
    serializer_class = GridDetailSerializer
    lookup_field = "code"
    filter_backends = ()

    def get_queryset(self) -> QuerySet[Grid]:
        return Grid.objects.visible_to(self.request.user).standing()


class _Place(StrictSerializer):
    """A place, in the query."""

    lon = serializers.FloatField()
    lat = serializers.FloatField()
    source = serializers.CharField(  # type: ignore[assignment]  # a name that DRF has too
        default="wgs84", max_length=10
    )


class LocateView(APIView):
    """From a place to its grid."""

    @extend_schema(
        operation_id="grids_locate",
        summary="The grid of a place",
        description="The deepest grid that contains the place, else the nearest within 50 m. 404 where there is none, "
        "or where it lies outside one's territory.",
        parameters=[
            OpenApiParameter("lon", float, required=True, description="Degrees east."),
            OpenApiParameter("lat", float, required=True, description="Degrees north."),
            OpenApiParameter(
                "source", str, enum=["wgs84", "gcj02", "bd09"], default="wgs84", description="Datum of the numbers."
            ),
        ],
        responses=LocatedSerializer,
        tags=["territory"],
    )
    def get(self, request: Request) -> Response:
        place = _Place(data=request.query_params.dict())
        place.is_valid(raise_exception=True)
        located = locate(*to_wgs84(**place.validated_data))
        slot = tree.by_id(located.grid_id) if located else None
        if located is None or slot is None or not Grid.objects.visible_to(request.user).filter(pk=slot.id).exists():
            raise Http404
        said = {"grid": grid_ref(slot.path), "found_by": located.found_by, "distance_m": located.distance_m}
        return Response(LocatedSerializer(said).data)


@extend_schema_view(get=extend_schema(operation_id="units_list", summary="Units that one sees", tags=["territory"]))
class UnitsView(ListAPIView):
    """Active units."""

    queryset = Unit.objects.none()
    serializer_class = UnitSerializer
    filterset_class = UnitFilter
    pagination_class = KeysetPagination
    orderings = ("pk", "name")

    def get_queryset(self) -> QuerySet[Unit]:
        return Unit.objects.visible_to(self.request.user).filter(active=True).select_related("grid")


@extend_schema_view(get=extend_schema(operation_id="units_read", summary="A unit", tags=["territory"]))
class UnitView(RetrieveAPIView):
    """One unit, active or not."""

    queryset = Unit.objects.none()
    serializer_class = UnitSerializer
    filter_backends = ()

    def get_queryset(self) -> QuerySet[Unit]:
        return Unit.objects.visible_to(self.request.user).select_related("grid")


@extend_schema_view(
    get=extend_schema(operation_id="intake_points_list", summary="Intake points that one sees", tags=["territory"])
)
class IntakePointsView(ListAPIView):
    """Places where residents speak up."""

    queryset = IntakePoint.objects.none()
    serializer_class = IntakePointSerializer
    filterset_class = IntakePointFilter
    pagination_class = KeysetPagination
    orderings = ("pk", "name")

    def get_queryset(self) -> QuerySet[IntakePoint]:
        return IntakePoint.objects.visible_to(self.request.user).select_related("grid")


@extend_schema_view(get=extend_schema(operation_id="intake_points_read", summary="An intake point", tags=["territory"]))
class IntakePointView(RetrieveAPIView):
    """One of them."""

    queryset = IntakePoint.objects.none()
    serializer_class = IntakePointSerializer
    filter_backends = ()

    def get_queryset(self) -> QuerySet[IntakePoint]:
        return IntakePoint.objects.visible_to(self.request.user).select_related("grid")


class QrCodeView(RetrieveAPIView):
    """The QR code that opens the resident's form at an intake point."""

    queryset = IntakePoint.objects.none()
    serializer_class = IntakePointSerializer
    filter_backends = ()
    content_negotiation_class = FirstRenderer

    def get_queryset(self) -> QuerySet[IntakePoint]:
        return IntakePoint.objects.visible_to(self.request.user)

    @extend_schema(
        operation_id="intake_points_qr",
        summary="The QR code for its wall",
        responses={(200, "image/svg+xml"): OpenApiTypes.BINARY},
        tags=["territory"],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:  # type: ignore[override]
        return HttpResponse(qr_svg(self.get_object()), content_type="image/svg+xml")
