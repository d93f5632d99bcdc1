"""What somebody says when a case comes in, from a resident or from whoever logs it for them."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError as ModelError
from django.utils.translation import gettext as _
from rest_framework import serializers

from cases.choices import Channel, CoordinateSource, Urgency
from cases.reporter import Reporter
from cases.services import Report
from grids.api.serializers import GridCodeField, IntakePointField, StrictSerializer
from grids.models import IntakePoint
from grids.phones import normalise_phone

from .inputs import CategoryCodeField

MOST_TEXT = 10_000
CHANNEL_OF_POINT = {IntakePoint.Kind.BOX: Channel.BOX, IntakePoint.Kind.RECEPTION: Channel.RECEPTION}


class PhoneField(serializers.CharField):
    """A telephone number in any spelling; becomes E.164."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=30, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        try:
            return normalise_phone(text) if text else ""
        except ModelError as error:
            raise serializers.ValidationError(error.messages) from None


class ReporterInputs(StrictSerializer):
    """Who speaks up: sealed at rest, masked wherever shown."""

    name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    phone = PhoneField(required=False, allow_blank=True)


class ReportInputs(StrictSerializer):
    """What is wrong, where, and who says so."""

    title = serializers.CharField(
        max_length=200, required=False, allow_blank=True, help_text="Left out: the text's beginning."
    )
    text = serializers.CharField(max_length=MOST_TEXT)
    category = CategoryCodeField(required=False, allow_null=True, help_text="Code of a category.")
    lon = serializers.FloatField(required=False, allow_null=True, help_text="Degrees east.")
    lat = serializers.FloatField(required=False, allow_null=True, help_text="Degrees north.")
    coordinate_source = serializers.ChoiceField(
        choices=CoordinateSource.choices,
        required=False,
        help_text="Datum of the two numbers; asked for where they are given.",
    )
    address = serializers.CharField(max_length=300, required=False, allow_blank=True)
    intake_point = IntakePointField(required=False, allow_null=True, help_text="Token of its QR code.")
    reporter = ReporterInputs(required=False)
    anonymous = serializers.BooleanField(required=False, default=False)
    secret = serializers.BooleanField(
        required=False, default=False, help_text="Shows the reporter to nobody but who accepts the case."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["anonymous"] and any((attrs.get("reporter") or {}).values()):
            raise serializers.ValidationError({"reporter": _("an anonymous report carries no name and no phone")})
        return attrs

    def read(self, data: Any) -> Report:
        """What a request says, as `submit` takes it. Raises ValidationError for what is not right.

        A form is made once and reads many requests, several at a time: it keeps nothing of them. Making its fields
        anew takes longer than reading them.
        """
        said = dict(self.run_validation(data))
        category, grid = said.pop("category", None), said.pop("grid", None)
        point = said.get("intake_point")
        said.setdefault("channel", _channel(point))
        return Report(
            **said
            | {
                "title": said.get("title", ""),
                "reporter": Reporter(**said.get("reporter", {})),
                "category_id": category.pk if category else None,
                "grid_id": grid.id if grid else None,
            }
        )


def _channel(point: IntakePoint | None) -> str:
    if point is None:
        return Channel.APP
    return CHANNEL_OF_POINT.get(IntakePoint.Kind(point.kind), Channel.INTAKE_POINT)


class PublicReportInputs(ReportInputs):
    """A resident's own words."""

    channel = serializers.ChoiceField(
        choices=[(c.value, c.label) for c in (Channel.APP, Channel.WECHAT)],
        required=False,
        help_text="Left out: as the intake point is, else app.",
    )


class LoggedReportInputs(ReportInputs):
    """The same, logged by somebody who serves there."""

    channel = serializers.ChoiceField(choices=Channel.choices, required=False)
    urgency = serializers.ChoiceField(
        choices=Urgency.choices, required=False, help_text="Left out: as the category says."
    )
    grid = GridCodeField(required=False, allow_null=True, help_text="Code of a grid, chosen by hand.")


PUBLIC_REPORT, LOGGED_REPORT = PublicReportInputs(), LoggedReportInputs()


class ReceiptSerializer(serializers.Serializer):
    """The slip that the resident keeps: with number and code, the case can be followed."""

    number = serializers.CharField()
    lookup_code = serializers.CharField(help_text="Shown this once. Send it as X-Case-Code.")
    status = serializers.CharField()
    status_label = serializers.CharField()
    office = serializers.CharField(help_text="Whose turn it is.")
    place = serializers.CharField()
    submitted_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)
    track_url = serializers.URLField()
    version = serializers.IntegerField()


RECEIPT = ReceiptSerializer()
