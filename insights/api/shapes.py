"""The shapes of what is answered about figures."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cases.api.serializers import CaseRowSerializer
from grids import tree
from grids.api.serializers import UnitRef
from insights.figures import Figure, Percentiles, Row, Spread
from insights.models import Fact
from insights.stock import Stock

KINDS = ("rate", "count", "duration", "stock")


class MeasureSerializer(serializers.Serializer):
    """What a measure means."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field's label is another matter
    numerator = serializers.CharField(source="numerator_words", help_text="What it counts, in words.")
    denominator = serializers.CharField(source="denominator_words", help_text="Of which, in words; empty for counts.")
    kind = serializers.CharField(help_text=f"One of {', '.join(KINDS)}.")
    better = serializers.CharField(help_text="Which way is good: more, less, or empty.")


class PercentilesSerializer(serializers.Serializer):
    """Minutes."""

    median = serializers.FloatField()
    p90 = serializers.FloatField()
    p99 = serializers.FloatField()


class FigureSerializer(serializers.Serializer):
    """A figure. Rates and counts have numerator and denominator; durations have the number of cases and percentiles."""

    measure = serializers.CharField()
    numerator = serializers.IntegerField(allow_null=True)
    denominator = serializers.IntegerField(allow_null=True)
    value = serializers.FloatField(allow_null=True, help_text="A share from 0 to 1, or a count; null: of nothing.")
    working = PercentilesSerializer(allow_null=True, help_text="In working minutes.")
    calendar = PercentilesSerializer(allow_null=True, help_text="In minutes by the clock on the wall.")


class FiguresSerializer(serializers.Serializer):
    """The figures of a scope."""

    starts = serializers.DateField()
    ends = serializers.DateField()
    figures = FigureSerializer(many=True)


class PointSerializer(serializers.Serializer):
    """A figure of a day, week or month, by its first day."""

    day = serializers.DateField()
    figure = FigureSerializer()


class RankSerializer(serializers.Serializer):
    """A line of a ranking."""

    id = serializers.IntegerField()
    code = serializers.CharField(allow_null=True, help_text="Of a grid.")
    name = serializers.CharField()
    kind = serializers.CharField(help_text="Level of the grid, or kind of the unit.")
    figures = FigureSerializer(many=True)


class AgeSerializer(serializers.Serializer):
    """Stock by age."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field's label is another matter
    from_days = serializers.IntegerField()
    below_days = serializers.IntegerField(allow_null=True)
    open = serializers.IntegerField()
    overdue = serializers.IntegerField()
    suspended = serializers.IntegerField()


class LeftOutSerializer(serializers.Serializer):
    """Cases that no rate counts."""

    reason = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field's label is another matter
    count = serializers.IntegerField()


class StockSerializer(serializers.Serializer):
    """What lay there at a moment."""

    at = serializers.DateTimeField()
    open = serializers.IntegerField()
    overdue = serializers.IntegerField()
    suspended = serializers.IntegerField()
    ages = AgeSerializer(many=True)


class BehindSerializer(serializers.Serializer):
    """A case behind a figure, the moment that counted, and to whom it was put down."""

    at = serializers.DateTimeField()
    unit = serializers.SerializerMethodField()
    case = CaseRowSerializer()

    @extend_schema_field(UnitRef(allow_null=True))
    def get_unit(self, fact: Fact) -> dict[str, Any] | None:
        if fact.unit_id is None:
            return None
        return {"id": fact.unit_id, "name": tree.unit_name(fact.unit_id, fact.grid_path)}


def said_of(figure: Figure | Spread) -> dict[str, Any]:
    """A figure as `FigureSerializer` describes it."""
    empty = {"numerator": None, "denominator": None, "value": None, "working": None, "calendar": None}
    if isinstance(figure, Figure):
        value = None if figure.value is None else round(float(figure.value), 6)
        said = {"numerator": figure.numerator, "denominator": figure.denominator, "value": value}
        return empty | {"measure": figure.measure} | said
    counted = {"numerator": figure.count, "denominator": figure.count}
    spreads = {"working": _minutes(figure.working), "calendar": _minutes(figure.calendar)}
    return empty | {"measure": figure.measure} | counted | spreads


def rank_said(row: Row) -> dict[str, Any]:
    """A line of a ranking as `RankSerializer` describes it."""
    said = {"id": row.place_id, "code": row.code or None, "name": row.name, "kind": row.kind}
    return said | {"figures": [said_of(figure) for figure in row.figures.values()]}


def _minutes(spread: Percentiles | None) -> dict[str, float] | None:
    return None if spread is None else {name: round(minutes, 1) for name, minutes in spread._asdict().items()}


def stock_said(stock: Stock) -> dict[str, Any]:
    """A stock as `StockSerializer` describes it."""
    said: dict[str, Any] = dict(StockSerializer(stock).data)
    return said
