"""The shapes of a case: as a line of a list, as a file with everything in it, and its parts."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from cases import categories
from cases.choices import (
    AttachmentKind,
    Channel,
    DeadlineKind,
    DeadlineState,
    EventKind,
    FoundBy,
    Outcome,
    PeerScore,
    RejectReason,
    Satisfaction,
    Status,
    Urgency,
)
from cases.deadlines import Explanation
from cases.models import Assignment, Attachment, Case, CaseEvent, Deadline, PeerRating
from cases.services.clocks import explanation_in_words, explanation_of
from cases.services.voice import shown_reporter
from grids.api.serializers import GridRef, UnitRef, grid_ref, unit_ref
from grids.api.shapes import Shape
from grids.choices import Level

from .file_addresses import address_for
from .requested import ExtensionSerializer, OrderedSerializer, SuspendedSerializer


class CategoryRef(Shape):
    """A category as cases mention it."""

    code = serializers.CharField()
    name = serializers.CharField()
    name_en = serializers.CharField()


def category_ref(category_id: int | None) -> dict[str, Any] | None:
    row = categories.book().by_id.get(category_id) if category_id else None
    return {"code": row.code, "name": row.name, "name_en": row.name_en} if row else None


class PersonRef(Shape):
    """A colleague as cases mention them."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class CaseRowSerializer(Shape):
    """A case as a line of a list. Names come from memory, not from the database."""

    number = serializers.CharField()
    title = serializers.CharField()
    channel = serializers.ChoiceField(choices=Channel.choices)
    category = serializers.SerializerMethodField()
    urgency = serializers.ChoiceField(choices=Urgency.choices)
    status = serializers.ChoiceField(choices=Status.choices)
    grid = serializers.SerializerMethodField()
    address = serializers.CharField()
    level = serializers.ChoiceField(choices=Level.choices, help_text="The level that has it.")
    duty_unit = serializers.SerializerMethodField(help_text="Whose turn it is.")
    lead_unit = serializers.SerializerMethodField()
    submitted_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True, help_text="The next moment that somebody owes.")
    overdue_since = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    updated_at = serializers.DateTimeField()
    escalations = serializers.IntegerField()
    secret = serializers.BooleanField()
    version = serializers.IntegerField(help_text="Say it in If-Match to change only what you have read.")

    @extend_schema_field(CategoryRef(allow_null=True))
    def get_category(self, case: Case) -> dict[str, Any] | None:
        return category_ref(case.category_id)

    @extend_schema_field(GridRef)
    def get_grid(self, case: Case) -> dict[str, Any] | None:
        return grid_ref(case.grid_path)

    @extend_schema_field(UnitRef(allow_null=True))
    def get_duty_unit(self, case: Case) -> dict[str, Any] | None:
        return unit_ref(case.duty_unit_id, case.grid_path)

    @extend_schema_field(UnitRef(allow_null=True))
    def get_lead_unit(self, case: Case) -> dict[str, Any] | None:
        return unit_ref(case.lead_unit_id, case.grid_path)


class ReporterSerializer(Shape):
    """Who spoke up."""

    name = serializers.CharField()
    phone = serializers.CharField()


class ShownReporterSerializer(ReporterSerializer):
    """Who spoke up, masked; nothing where they asked for secrecy or are anonymous."""

    anonymous = serializers.BooleanField()
    secret = serializers.BooleanField()


class AssignmentSerializer(Shape):
    """A unit's share."""

    unit = serializers.SerializerMethodField()
    part = serializers.ChoiceField(choices=Assignment.Part.choices)
    dispatched_at = serializers.DateTimeField()
    dispatched_by = PersonRef(allow_null=True)
    why = serializers.CharField()
    signed_at = serializers.DateTimeField(allow_null=True)
    reported_in_at = serializers.DateTimeField(allow_null=True, help_text="A co-handler said that it is there.")
    reported_at = serializers.DateTimeField(allow_null=True, help_text="A co-handler has done its part.")
    contribution = serializers.CharField()
    waived_at = serializers.DateTimeField(allow_null=True, help_text="Nothing is asked of the co-handler since.")
    ended_at = serializers.DateTimeField(allow_null=True)
    end_reason = serializers.CharField()

    @extend_schema_field(UnitRef)
    def get_unit(self, share: Assignment) -> dict[str, Any] | None:
        return unit_ref(share.unit_id, share.case.grid_path)


class EventSerializer(Shape):
    """A line of the history. `due_at` is when a clock says that it should have happened."""

    seq = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=EventKind.choices)
    at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)
    actor_kind = serializers.ChoiceField(choices=["person", "resident", "clock", "import"])
    actor = PersonRef(allow_null=True)
    unit = serializers.SerializerMethodField(help_text="For which unit the person acted.")
    details = serializers.JSONField(source="payload")

    @extend_schema_field(UnitRef(allow_null=True))
    def get_unit(self, event: CaseEvent) -> dict[str, Any] | None:
        return unit_ref(event.actor_unit_id, event.case.grid_path)


class SegmentSerializer(Shape):
    """A stretch of a clock's life, counted or not, and why."""

    starts = serializers.DateTimeField()
    ends = serializers.DateTimeField(allow_null=True)
    minutes = serializers.IntegerField()
    counted = serializers.BooleanField()
    reason = serializers.CharField()


class ClockSerializer(Shape):
    """A promise with a clock, and the segments that add up to its allowance."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=DeadlineKind.choices)
    state = serializers.ChoiceField(choices=DeadlineState.choices)
    unit = serializers.SerializerMethodField(help_text="Who owes it.")
    level = serializers.ChoiceField(choices=Level.choices)
    starts_at = serializers.DateTimeField()
    minutes = serializers.FloatField()
    added_minutes = serializers.FloatField()
    counting = serializers.ChoiceField(choices=["working", "calendar", "day"])
    due_at = serializers.DateTimeField()
    flagged_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    next_step_at = serializers.DateTimeField(source="fire_at", allow_null=True)
    segments = serializers.SerializerMethodField()
    explanation = serializers.SerializerMethodField(help_text="The segments in one sentence.")
    _kept: tuple[Deadline, Explanation] | None = None

    @extend_schema_field(UnitRef(allow_null=True))
    def get_unit(self, deadline: Deadline) -> dict[str, Any] | None:
        return unit_ref(deadline.unit_id, deadline.case.grid_path)

    @extend_schema_field(SegmentSerializer(many=True))
    def get_segments(self, deadline: Deadline) -> Any:
        write = self.inner("segments", SegmentSerializer).to_representation
        return list(map(write, self._told(deadline).segments))

    def get_explanation(self, deadline: Deadline) -> str:
        return explanation_in_words(deadline, self._told(deadline))

    def _told(self, deadline: Deadline) -> Explanation:
        """The explanation, which two fields show: made once."""
        if self._kept is None or self._kept[0] is not deadline:
            self._kept = deadline, explanation_of(deadline)
        return self._kept[1]


class PositionSerializer(Shape):
    """A place, in WGS-84."""

    lon = serializers.FloatField()
    lat = serializers.FloatField()


class FileSerializer(Shape):
    """A picture or document, as whoever brought it is answered."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=AttachmentKind.choices)
    content_type = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes, of what is kept.")
    width = serializers.IntegerField(allow_null=True, help_text="Pixels; null for a document.")
    height = serializers.IntegerField(allow_null=True)
    at = serializers.DateTimeField()


class AttachmentSerializer(FileSerializer):
    """The same with its lasting address, which needs the same rights as the case."""

    url = serializers.SerializerMethodField(help_text="Leads to an address of the file that works for a short time.")
    from_resident = serializers.BooleanField()
    position = serializers.SerializerMethodField(help_text="Where the camera says that it was.")

    @extend_schema_field(serializers.URLField)
    def get_url(self, attachment: Attachment) -> str:
        return str(reverse("attachment", [attachment.pk], request=self.context.get("request")))

    @extend_schema_field(PositionSerializer(allow_null=True))
    def get_position(self, attachment: Attachment) -> dict[str, float] | None:
        if attachment.lon is None or attachment.lat is None:
            return None
        return {"lon": attachment.lon, "lat": attachment.lat}


class ShownAttachmentSerializer(AttachmentSerializer):
    """A file on its case, with addresses that work for a short time: for the reader's session where they are signed in
    by one, else for whoever has them."""

    uploaded_by = PersonRef(allow_null=True)
    file_url = serializers.SerializerMethodField()
    thumbnail_url = serializers.SerializerMethodField(help_text="At most 480 pixels wide and high; null: none.")

    @extend_schema_field(serializers.URLField)
    def get_file_url(self, attachment: Attachment) -> str:
        return address_for(self.context["request"], attachment)

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_thumbnail_url(self, attachment: Attachment) -> str | None:
        return address_for(self.context["request"], attachment, small=True) if attachment.thumbnail else None


class RatingSerializer(Shape):
    """The resident's verdict."""

    solved = serializers.BooleanField()
    satisfaction = serializers.ChoiceField(choices=Satisfaction.choices)
    comment = serializers.CharField()
    at = serializers.DateTimeField()
    revisited_by = PersonRef(allow_null=True)


class PeerRatingSerializer(Shape):
    """What lead and a co-handler think of each other."""

    by = serializers.ChoiceField(choices=PeerRating.By.choices, help_text="Whose verdict.")
    unit = serializers.SerializerMethodField(help_text="The rated unit.")
    co_handler = serializers.SerializerMethodField(help_text="On whose share.")
    score = serializers.ChoiceField(choices=PeerScore.choices)
    comment = serializers.CharField()
    at = serializers.DateTimeField()

    @extend_schema_field(UnitRef)
    def get_unit(self, said: dict[str, Any]) -> dict[str, Any] | None:
        return unit_ref(said["unit"], self.context["case"].grid_path)

    @extend_schema_field(UnitRef)
    def get_co_handler(self, said: dict[str, Any]) -> dict[str, Any] | None:
        return unit_ref(said["co_handler"], self.context["case"].grid_path)


class AvailableActionSerializer(Shape):
    """An action that this user can take now."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a name that DRF has too
    url = serializers.URLField()
    schema = serializers.JSONField(help_text="JSON Schema of the body.")


class ProposalSerializer(Shape):
    """Which unit should lead, and why; `within_reach` tells whether this user can dispatch to it."""

    unit = UnitRef(allow_null=True)
    why = serializers.CharField()
    within_reach = serializers.BooleanField()


class CaseSerializer(CaseRowSerializer):
    """A case's file."""

    text = serializers.CharField()
    found_by = serializers.ChoiceField(choices=FoundBy.choices)
    lon = serializers.FloatField(allow_null=True)
    lat = serializers.FloatField(allow_null=True)
    reporter = serializers.SerializerMethodField()
    logged_by = PersonRef(allow_null=True)
    accepted_by = PersonRef(allow_null=True)
    dispatching_unit = serializers.SerializerMethodField()
    accepted_at = serializers.DateTimeField(allow_null=True)
    dispatched_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    listed_at = serializers.DateTimeField(allow_null=True, help_text="Listed for supervision since.")
    returns = serializers.IntegerField()
    redos = serializers.IntegerField()
    reopens = serializers.IntegerField()
    urges = serializers.IntegerField()
    binding = serializers.BooleanField(help_text="Dispatched by a ruling.")
    outcome = serializers.ChoiceField(choices=Outcome.choices, allow_blank=True)
    reply = serializers.CharField()
    reject_reason = serializers.ChoiceField(choices=RejectReason.choices, allow_blank=True)
    merged_into = serializers.CharField(source="merged_into.number", default=None, allow_null=True)
    assignments = AssignmentSerializer(many=True, source="file.assignments")
    clocks = ClockSerializer(many=True, source="file.clocks")
    events = EventSerializer(many=True, source="file.events", help_text="The newest hundred, oldest first.")
    attachments = ShownAttachmentSerializer(many=True, source="file.attachments")
    ratings = RatingSerializer(many=True, source="file.ratings")
    suspended_until = serializers.DateTimeField(allow_null=True)
    extensions = ExtensionSerializer(many=True, source="file.extensions")
    suspensions = SuspendedSerializer(many=True, source="file.suspensions")
    supervision_orders = OrderedSerializer(many=True, source="file.orders")
    peer_ratings = serializers.SerializerMethodField(
        help_text="For the two whom they concern, and the authorities at the lead's level and above."
    )
    available_actions = AvailableActionSerializer(many=True, source="file.available_actions")
    routing = ProposalSerializer(source="file.routing", allow_null=True, help_text="For those who can dispatch.")

    @extend_schema_field(ShownReporterSerializer)
    def get_reporter(self, case: Case) -> dict[str, Any]:
        shown = shown_reporter(case)
        return {"name": shown.name, "phone": shown.phone, "anonymous": case.anonymous, "secret": case.secret}

    @extend_schema_field(PeerRatingSerializer(many=True))
    def get_peer_ratings(self, case: Any) -> Any:
        return PeerRatingSerializer(case.file.peer_ratings, many=True, context={"case": case}).data

    @extend_schema_field(UnitRef(allow_null=True))
    def get_dispatching_unit(self, case: Case) -> dict[str, Any] | None:
        return unit_ref(case.dispatching_unit_id, case.grid_path)


class CaseStateSerializer(CaseRowSerializer):
    """A case after an action: where it stands, and what this user can do next."""

    available_actions = serializers.ListField(child=serializers.CharField())


class CountSerializer(Shape):
    """How many there are."""

    count = serializers.IntegerField()
