"""A text goes in, proposals come out: nothing is stored, and nothing is decided."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from grids import tree
from insights.services.asking import Triage, look_at

LONGEST = 10_000


class TriageInputs(serializers.Serializer):
    """A text, and where it is about."""

    text = serializers.CharField(max_length=LONGEST, help_text="Title and text of the matter.")
    grid = serializers.CharField(max_length=18, help_text="Code of the grid that it is about.")

    def validate_grid(self, code: str) -> str:
        slot = tree.by_code(code)
        if slot is None:
            raise serializers.ValidationError(_("no grid has the code %s") % code)
        return slot.path


class TriageProposalSerializer(serializers.Serializer):
    """A category, and who would lead there."""

    category = serializers.CharField(source="category.code")
    name = serializers.CharField(source="category.name")
    probability = serializers.FloatField(allow_null=True, help_text="None where only the category's own words spoke.")
    words = serializers.ListField(child=serializers.CharField(), help_text="What in the text decided.")
    unit = serializers.IntegerField(source="unit_id", allow_null=True)
    why = serializers.CharField(help_text="Why this unit.")


class DangerSignSerializer(serializers.Serializer):
    """A sign of danger to life."""

    kind = serializers.CharField()
    name = serializers.CharField(source="label")
    words = serializers.ListField(child=serializers.CharField())


class TriageSerializer(serializers.Serializer):
    """All that the text gives away."""

    proposals = TriageProposalSerializer(many=True)
    unsure = serializers.BooleanField(help_text="A person had better choose.")
    urgency = serializers.CharField(help_text="The first category's.")
    danger = DangerSignSerializer(many=True, help_text="To be read by a person first; it decides nothing.")


class TriageView(APIView):
    """Triage of a text."""

    @extend_schema(
        operation_id="triage",
        summary="What a text seems to be about",
        description="Three categories with probabilities, units, the words that decided, and signs of danger to life. "
        "Nothing is stored.",
        request=TriageInputs,
        responses=TriageSerializer,
        tags=["triage"],
    )
    def post(self, request: Request) -> Response:
        inputs = TriageInputs(data=request.data)
        inputs.is_valid(raise_exception=True)
        said: dict[str, Any] = inputs.validated_data
        found: Triage = look_at(said["text"], said["grid"])
        return Response(TriageSerializer(found).data)
