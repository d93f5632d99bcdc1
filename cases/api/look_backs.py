"""Samples of closed cases that are looked at again: drawn, listed, and checked one by one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cases.actors import Actor
from cases.choices import Finding
from cases.errors import NotPermitted
from cases.models import LookBack, LookBackItem
from cases.querysets import watched
from cases.services.look_backs import Drawn, check_look_back, draw_look_back
from grids.api.filters import KeyFilter, StrictFilterSet, SubtreeFilter
from grids.api.serializers import GridCodeField, GridRef, StrictSerializer, UnitRef, grid_ref, unit_ref
from grids.models import Grid
from grids.territory import territory_of

from .pagination import KeysetPagination
from .serializers import PersonRef

PK = OpenApiParameter("pk", int, OpenApiParameter.PATH, description="Id of the look-back.")


class LookBackFilter(StrictFilterSet):
    """Look-backs by place, unit and quarter."""

    grid = SubtreeFilter(field_name="unit__grid__path", help_text="Code of a grid: units of it and of all below.")
    unit = KeyFilter(field_name="unit_id", help_text="Id of the unit looked back on.")
    year = filters.NumberFilter(min_value=2000, max_value=2999)
    quarter = filters.NumberFilter(min_value=1, max_value=4)


class ItemSerializer(serializers.Serializer):
    """A case drawn, and what was found."""

    position = serializers.IntegerField()
    case = serializers.CharField(source="case.number")
    title = serializers.CharField(source="case.title")
    finding = serializers.ChoiceField(choices=Finding.choices, allow_blank=True)
    note = serializers.CharField()
    checked_by = PersonRef(allow_null=True)
    checked_at = serializers.DateTimeField(allow_null=True)


class LookBackSerializer(serializers.Serializer):
    """A sample of one unit's cases of a quarter: those with the smallest SHA-256 of "seed:number"."""

    id = serializers.IntegerField()
    unit = serializers.SerializerMethodField()
    grid = serializers.SerializerMethodField(help_text="For which territory it was drawn.")
    year = serializers.IntegerField()
    quarter = serializers.IntegerField()
    percent = serializers.FloatField()
    seed = serializers.CharField()
    population = serializers.IntegerField(help_text="Cases closed in the quarter that the unit led.")
    drawn_at = serializers.DateTimeField()
    drawn = serializers.IntegerField()
    checked = serializers.IntegerField()
    unsound = serializers.IntegerField()

    @extend_schema_field(UnitRef)
    def get_unit(self, row: LookBack) -> dict[str, Any] | None:
        return unit_ref(row.unit_id, row.grid.path)

    @extend_schema_field(GridRef)
    def get_grid(self, row: LookBack) -> dict[str, Any] | None:
        return grid_ref(row.grid.path)


class LookBackFileSerializer(LookBackSerializer):
    """The same with its cases."""

    items = ItemSerializer(many=True)


class DrawInputs(StrictSerializer):
    """Which sample to draw."""

    grid = GridCodeField(help_text="Code of a grid: for each unit of it and of all below.")
    year = serializers.IntegerField(min_value=2000, max_value=2999)
    quarter = serializers.IntegerField(min_value=1, max_value=4)
    percent = serializers.DecimalField(
        max_digits=5, decimal_places=2, min_value=Decimal("0.01"), max_value=Decimal(100), default=Decimal(5)
    )
    seed = serializers.CharField(max_length=40, required=False, allow_blank=True, help_text="Empty: a random one.")


class DrawnSerializer(serializers.Serializer):
    """What was drawn now, and for how many units the quarter's sample stood already."""

    drawn = LookBackSerializer(many=True)
    before = serializers.IntegerField()


class CheckInputs(StrictSerializer):
    """What was found."""

    finding = serializers.ChoiceField(choices=Finding.choices)
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True)


def seen_look_backs(user: Any) -> QuerySet[LookBack]:
    """Those that the user watches over, with how many cases were drawn, checked, and not as reported."""
    found = Count("items", filter=~Q(items__finding=""))
    unsound = Count("items", filter=Q(items__finding=Finding.UNSOUND))
    rows = LookBack.objects.visible_to(user).select_related("grid").defer("grid__boundary")
    return rows.annotate(drawn=Count("items"), checked=found, unsound=unsound)


def may_draw(user: Any) -> bool:
    """Whether somebody looks back on closed cases at all: who supervises or leads."""
    return bool(watched(user)) or territory_of(user).everything


def draw_as_said(request: Any, data: Any) -> Drawn:
    """Draws what a form or a request says. Raises NotPermitted for who watches over nobody, ValidationError and
    BadInput by field, Http404 for a grid outside what one watches."""
    reach, everything = watched(request.user), territory_of(request.user).everything
    if not may_draw(request.user):
        raise NotPermitted(_("only supervisors and leaders look back on closed cases"))
    inputs = DrawInputs(data=data, context={"request": request})
    inputs.is_valid(raise_exception=True)
    said = dict(inputs.validated_data)
    slot = said.pop("grid")
    if not everything and not any(slot.path.startswith(path) for path in reach):
        raise Http404
    said["percent"] = float(said["percent"])
    return draw_look_back(Grid.objects.get(pk=slot.id), by=request.user, **said)


def seen_item(user: Any, pk: str, position: str) -> LookBackItem:
    """The case at a place of a sample that the user watches over. Raises Http404 where there is none."""
    mine = LookBack.objects.visible_to(user)
    items = LookBackItem.objects.filter(look_back__in=mine, look_back=pk, position=position)
    item: LookBackItem | None = items.select_related("case", "checked_by").first()
    if item is None:
        raise Http404
    return item


class LookBacksView(ListAPIView):
    """The look-backs that one watches over."""

    queryset = LookBack.objects.none()
    serializer_class = LookBackSerializer
    filterset_class = LookBackFilter
    pagination_class = KeysetPagination
    orderings = ("-pk", "pk")

    def get_queryset(self) -> QuerySet[LookBack]:
        return seen_look_backs(self.request.user)

    @extend_schema(operation_id="look_backs_list", summary="Look-backs", tags=["look-backs"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="look_backs_draw",
        summary="Draw the samples of a quarter",
        description="For supervisors and leaders, in their territory, once the quarter is over. A unit's sample is "
        "drawn once; asking again draws only for units that have none.",
        request=DrawInputs,
        responses={201: DrawnSerializer},
        examples=[
            OpenApiExample(
                "draw", value={"grid": "131022000000", "year": 2026, "quarter": 3, "percent": 5}, request_only=True
            )
        ],
        filters=False,
        tags=["look-backs"],
    )
    def post(self, request: Request) -> Response:
        drawn = draw_as_said(request, request.data)
        rows = seen_look_backs(request.user).filter(pk__in=[row.pk for row in drawn.new]).order_by("pk")
        return Response(DrawnSerializer({"drawn": rows, "before": len(drawn.before)}).data, status=201)


class LookBackView(APIView):
    """One look-back."""

    @extend_schema(
        operation_id="look_backs_read",
        summary="A look-back with its cases",
        responses=LookBackFileSerializer,
        parameters=[PK],
        tags=["look-backs"],
    )
    def get(self, request: Request, pk: str) -> Response:
        row: Any = seen_look_backs(request.user).filter(pk=pk).first()
        if row is None:
            raise Http404
        items = row.items.select_related("case", "checked_by").order_by("position")
        row._prefetched_objects_cache = {"items": items}
        return Response(LookBackFileSerializer(row).data)


class LookBackItemView(APIView):
    """One case of a look-back."""

    @extend_schema(
        operation_id="look_backs_check",
        summary="Say what was found in a drawn case",
        description="A case that is not as reported is reopened with a new clock; `note` is then needed.",
        request=CheckInputs,
        responses=ItemSerializer,
        parameters=[PK, OpenApiParameter("position", int, OpenApiParameter.PATH, description="Place in the sample.")],
        examples=[OpenApiExample("check", value={"finding": "sound", "note": "实地核查，路灯正常"}, request_only=True)],
        tags=["look-backs"],
    )
    def post(self, request: Request, pk: str, position: str) -> Response:
        item = seen_item(request.user, pk, position)
        inputs = CheckInputs(data=request.data)
        inputs.is_valid(raise_exception=True)
        return Response(ItemSerializer(check_look_back(item, Actor.person(request.user), **inputs.validated_data)).data)
