"""What was asked and ordered on a case, as its file and the registers show it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cases.choices import DeadlineKind, DeadlineState
from cases.models import Extension, SupervisionOrder, Suspension
from grids.api.serializers import UnitRef, unit_ref
from grids.api.shapes import Shape, moment_text


class RequestSerializer(Shape):
    """Something that the lead unit asked of the level above, and the answer."""

    unit = serializers.SerializerMethodField(help_text="Who asks.")
    decider = serializers.SerializerMethodField(help_text="The level that decides.")
    state = serializers.ChoiceField(choices=Extension.State.choices)
    asked_at = serializers.DateTimeField()
    reason = serializers.CharField()
    decided_at = serializers.DateTimeField(allow_null=True)
    note = serializers.CharField(help_text="Of the decision.")

    @extend_schema_field(UnitRef)
    def get_unit(self, row: Extension | Suspension) -> dict[str, Any] | None:
        return unit_ref(row.unit_id, row.case.grid_path)

    @extend_schema_field(UnitRef)
    def get_decider(self, row: Extension | Suspension) -> dict[str, Any] | None:
        return unit_ref(row.decider_id, row.case.grid_path)


class ExtensionSerializer(RequestSerializer):
    """More time for the handling clock, in minutes as that counts."""

    minutes = serializers.FloatField(help_text="Asked for.")
    granted_minutes = serializers.FloatField()


class SuspendedSerializer(RequestSerializer):
    """A rest for the clocks."""

    review_at = serializers.DateTimeField(help_text="When the case is to be looked at again.")
    resumed_at = serializers.DateTimeField(allow_null=True)


class OrderedSerializer(Shape):
    """A supervision order: to whom, by whom, what, and how far it has come."""

    id = serializers.IntegerField()
    unit = serializers.SerializerMethodField(help_text="Who must answer.")
    issuer = serializers.SerializerMethodField(help_text="null: the clock, for the city.")
    text = serializers.CharField()
    listed = serializers.BooleanField(help_text="Listed supervision.")
    state = serializers.ChoiceField(choices=SupervisionOrder.State.choices)
    issued_at = serializers.DateTimeField()
    due_at = serializers.SerializerMethodField(help_text="By when the answer is due; null where none is awaited.")
    check_due_at = serializers.SerializerMethodField(help_text="By when it is to be checked; null where none is given.")
    reply = serializers.CharField()
    answered_at = serializers.DateTimeField(allow_null=True)
    refusals = serializers.IntegerField(help_text="How often the answer was sent back.")
    closed_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(UnitRef)
    def get_unit(self, row: SupervisionOrder) -> dict[str, Any] | None:
        return unit_ref(row.unit_id, row.case.grid_path)

    @extend_schema_field(UnitRef(allow_null=True))
    def get_issuer(self, row: SupervisionOrder) -> dict[str, Any] | None:
        return unit_ref(row.issuer_id, row.case.grid_path)

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_due_at(self, row: SupervisionOrder) -> str | None:
        return self._due(row, DeadlineKind.SUPERVISE)

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_check_due_at(self, row: SupervisionOrder) -> str | None:
        return self._due(row, DeadlineKind.CHECK_ANSWER)

    def _due(self, row: SupervisionOrder, kind: DeadlineKind) -> str | None:
        running = [d for d in row.deadlines.all() if d.state == DeadlineState.RUNNING and d.kind == kind]
        return moment_text(running[-1].due_at) if running else None
