"""What everybody may know: the tree of categories, and the words of every closed list."""

from __future__ import annotations

from typing import Any

from django.db.models import TextChoices
from drf_spectacular.utils import extend_schema, extend_schema_field, inline_serializer
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cases import choices
from cases.models import Category
from grids.choices import Level, Role, UnitKind
from grids.models import IntakePoint


class CategorySerializer(serializers.Serializer):
    """A category and those below it."""

    code = serializers.CharField()
    name = serializers.CharField()
    name_en = serializers.CharField()
    urgency = serializers.ChoiceField(choices=choices.Urgency.choices)
    unit_kind = serializers.ChoiceField(choices=UnitKind.choices, allow_blank=True)
    lead_level = serializers.ChoiceField(choices=Level.choices, allow_blank=True)
    focus = serializers.ListField(child=serializers.ChoiceField(choices=choices.Focus.choices))
    photo_required = serializers.BooleanField()
    children = serializers.SerializerMethodField()

    @extend_schema_field({"type": "array", "items": {"$ref": "#/components/schemas/Category"}})
    def get_children(self, category: Any) -> Any:
        return CategorySerializer(category.below, many=True).data


def category_tree() -> list[Category]:
    """The first level of the categories in use; `below` of each has the next, in one query."""
    roots: list[Any] = []
    way: list[Any] = []
    for category in Category.objects.filter(active=True).order_by("path"):
        category.below = []
        while way and not category.path.startswith(way[-1].path):
            way.pop()
        if category.depth == len(way) + 1:  # else a level above it is out of use, and it with it
            (way[-1].below if way else roots).append(category)
            way.append(category)
    return roots


class CategoriesView(APIView):
    """The tree."""

    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="categories_tree",
        summary="Categories in use, as a tree",
        responses=CategorySerializer(many=True),
        tags=["reference"],
    )
    def get(self, request: Request) -> Response:
        return Response(CategorySerializer(category_tree(), many=True).data)


LISTS: dict[str, type[TextChoices]] = {
    "status": choices.Status,
    "channel": choices.Channel,
    "urgency": choices.Urgency,
    "level": Level,
    "focus": choices.Focus,
    "coordinate_source": choices.CoordinateSource,
    "found_by": choices.FoundBy,
    "outcome": choices.Outcome,
    "reject_reason": choices.RejectReason,
    "satisfaction": choices.Satisfaction,
    "finding": choices.Finding,
    "counting": choices.CountedIn,
    "step_action": choices.StepAction,
    "step_anchor": choices.Anchor,
    "deadline_kind": choices.DeadlineKind,
    "deadline_state": choices.DeadlineState,
    "event_kind": choices.EventKind,
    "role": Role,
    "unit_kind": UnitKind,
    "intake_point_kind": IntakePoint.Kind,
}


class ChoiceSerializer(serializers.Serializer):
    """A word of a closed list, and how it reads in the language asked for."""

    value = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a name that DRF has too


class ChoicesView(APIView):
    """The closed lists."""

    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="choices",
        summary="The words of every closed list",
        responses=inline_serializer("Choices", {name: ChoiceSerializer(many=True) for name in LISTS}),
        tags=["reference"],
    )
    def get(self, request: Request) -> Response:
        return Response(
            {
                name: [{"value": value, "label": str(label)} for value, label in words.choices]
                for name, words in LISTS.items()
            }
        )
