"""Figures of what one sees: definitions, the figures of a scope, over time, ranked, the stock, and the cases behind."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cases.api.pagination import KeysetPagination
from cases.querysets import LONG
from insights.figures import chosen, facts_behind, figures, ranking, series
from insights.measures import MEASURES
from insights.models import Fact
from insights.stock import REASONS, facts_left_out, left_out, stock

from .asked import CasesInputs, FiguresInputs, RankingInputs, ScopeInputs, SeriesInputs, StockInputs, asked
from .shapes import (
    BehindSerializer,
    FiguresSerializer,
    LeftOutSerializer,
    MeasureSerializer,
    PointSerializer,
    RankSerializer,
    StockSerializer,
    rank_said,
    said_of,
    stock_said,
)

TAGS = ["measures"]
UNREAD = tuple(f"case__{name}" for name in LONG)


class MeasuresView(APIView):
    """The definitions."""

    @extend_schema(
        operation_id="measures_list", summary="What is measured", responses=MeasureSerializer(many=True), tags=TAGS
    )
    def get(self, request: Request) -> Response:
        return Response(MeasureSerializer(MEASURES.values(), many=True).data)


class FiguresView(APIView):
    """The figures of a scope."""

    @extend_schema(
        operation_id="measures_figures",
        summary="Figures of a place or unit over some days",
        description="Of one's own territory where neither is named. What lies ahead counts nothing yet.",
        parameters=[FiguresInputs],
        responses=FiguresSerializer,
        tags=TAGS,
    )
    def get(self, request: Request) -> Response:
        inputs = asked(request, FiguresInputs)
        scope = inputs.scope()
        found = figures(request.user, scope, inputs.validated_data.get("measures"))
        return Response({"starts": scope.starts, "ends": scope.ends, "figures": [said_of(f) for f in found.values()]})


class SeriesView(APIView):
    """A measure over time."""

    @extend_schema(
        operation_id="measures_series",
        summary="A measure by days, weeks or months",
        parameters=[SeriesInputs],
        responses=PointSerializer(many=True),
        tags=TAGS,
    )
    def get(self, request: Request) -> Response:
        inputs = asked(request, SeriesInputs)
        said = inputs.validated_data
        found = series(request.user, inputs.scope(), said["measure"], said["step"])
        return Response([{"day": day, "figure": said_of(figure)} for day, figure in found])


class RankingView(APIView):
    """Measures of the places below, or of units."""

    @extend_schema(
        operation_id="measures_ranking",
        summary="Figures of the grids directly below, or of the units to whom something fell",
        parameters=[RankingInputs],
        responses=RankSerializer(many=True),
        tags=TAGS,
    )
    def get(self, request: Request) -> Response:
        inputs = asked(request, RankingInputs)
        said = inputs.validated_data
        names = said.get("measures") or [measure.name for measure in chosen(None)]
        rows = ranking(request.user, inputs.scope(), names, said["by"])
        return Response([rank_said(row) for row in rows])


class StockView(APIView):
    """The stock."""

    @extend_schema(
        operation_id="measures_stock",
        summary="Open, overdue and suspended cases by age, now or at a past moment",
        parameters=[StockInputs],
        responses=StockSerializer,
        tags=TAGS,
    )
    def get(self, request: Request) -> Response:
        inputs = asked(request, StockInputs)
        return Response(stock_said(stock(request.user, inputs.scope(), inputs.validated_data.get("at"))))


class LeftOutView(APIView):
    """What no rate counts."""

    @extend_schema(
        operation_id="measures_left_out",
        summary="Rejected, merged and withdrawn cases of some days",
        parameters=[ScopeInputs],
        responses=LeftOutSerializer(many=True),
        tags=TAGS,
    )
    def get(self, request: Request) -> Response:
        found = left_out(request.user, asked(request, ScopeInputs).scope())
        return Response(LeftOutSerializer(found, many=True).data)


@extend_schema_view(
    get=extend_schema(
        operation_id="measures_cases",
        summary="The cases behind a figure",
        description="As many as the figure says: a case that owed two deadlines stands there twice. Also for "
        f"{', '.join(REASONS)}: cases that were left out. The stock's are in the list of cases.",
        parameters=[CasesInputs],
        tags=TAGS,
    )
)
class BehindView(ListAPIView):
    """Cases behind a figure, a page at a time."""

    queryset = Fact.objects.none()
    serializer_class = BehindSerializer
    pagination_class = KeysetPagination
    filter_backends = ()
    orderings = ("-at", "at")

    def get_queryset(self) -> QuerySet[Fact]:
        if "name" not in self.kwargs:  # the description of the API is drawn without a measure
            return self.queryset
        inputs = asked(self.request, CasesInputs)
        rows = self._facts(self.kwargs["name"], inputs.scope(), inputs.validated_data["part"])
        return rows.select_related("case").defer(*UNREAD)

    def _facts(self, name: str, scope: Any, part: Any) -> QuerySet[Fact]:
        if name in REASONS:
            return facts_left_out(self.request.user, scope, name)
        if name not in MEASURES or MEASURES[name].kind == "stock":
            raise Http404
        return facts_behind(self.request.user, scope, name, part)
