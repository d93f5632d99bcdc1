"""What is open already at a place: shown before a case is logged, to join instead of repeat."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cases import categories
from cases.models import Case, Category
from grids.api.serializers import StrictSerializer
from grids.api.shapes import Shape

from .inputs import CategoryCodeField
from .serializers import CategoryRef, category_ref

METRES, DAYS, MOST = 300, 14, 8
"""How far and how long ago, and how many are shown."""
DEGREE_M = math.radians(1) * 6_371_008.8


class _Here(StrictSerializer):
    """A place and a kind of matter, in the query."""

    lon = serializers.FloatField(min_value=-180, max_value=180)
    lat = serializers.FloatField(min_value=-89, max_value=89)
    category = CategoryCodeField(required=False)


class NearbySerializer(Shape):
    """An open case near by."""

    number = serializers.CharField()
    title = serializers.CharField()
    category = CategoryRef(allow_null=True)
    status = serializers.CharField()
    submitted_at = serializers.DateTimeField()
    metres = serializers.IntegerField(help_text="From the place asked about.")
    same_kind = serializers.BooleanField(help_text="Of the same group of categories.")
    version = serializers.IntegerField()


class NearbyView(APIView):
    """Open cases of the last days around a place, as far as one sees them."""

    @extend_schema(
        operation_id="cases_nearby",
        summary="What is open already near a place",
        description=f"Within {METRES} m, of the last {DAYS} days: the same kind first, then the nearest.",
        parameters=[
            OpenApiParameter("lon", float, required=True, description="Degrees east, WGS-84."),
            OpenApiParameter("lat", float, required=True, description="Degrees north."),
            OpenApiParameter("category", str, description="Code of a category."),
        ],
        responses=NearbySerializer(many=True),
        tags=["cases"],
    )
    def get(self, request: Request) -> Response:
        here = _Here(data=request.query_params.dict())
        here.is_valid(raise_exception=True)
        said = here.validated_data
        found = _near(request.user, said["lon"], said["lat"], said.get("category"))
        return Response(NearbySerializer(found, many=True).data)


def _near(user: Any, lon: float, lat: float, category: Any) -> list[dict[str, Any]]:
    north = METRES / DEGREE_M
    east = north / math.cos(math.radians(lat))
    rows = Case.objects.visible_to(user).open().filter(
        submitted_at__gte=timezone.now() - timedelta(days=DAYS),
        lon__range=(lon - east, lon + east),
        lat__range=(lat - north, lat + north),
    )  # fmt: skip
    columns = ("number", "title", "category_id", "status", "submitted_at", "lon", "lat", "version")
    # The newest are weighed: where more than these lie together, somebody has seen the place already
    near = [_row(row, lon, lat, category) for row in rows.order_by("-submitted_at", "-pk").values(*columns)[:100]]
    near = [row for row in near if row["metres"] <= METRES]
    return sorted(near, key=lambda row: (not row["same_kind"], row["metres"]))[:MOST]


def _row(row: dict[str, Any], lon: float, lat: float, category: Any) -> dict[str, Any]:
    east = (row["lon"] - lon) * DEGREE_M * math.cos(math.radians(lat))
    metres = round(math.hypot(east, (row["lat"] - lat) * DEGREE_M))
    group = categories.book().path(row["category_id"])[: -Category.steplen]
    same = category is not None and group != "" and category.path[: -Category.steplen] == group
    return row | {"metres": metres, "same_kind": same, "category": category_ref(row["category_id"])}
