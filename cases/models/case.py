"""One matter, from one voice, at one place; who works on it; what the resident says of the result."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from cases.choices import (
    OPEN,
    AttachmentKind,
    Channel,
    CoordinateSource,
    FoundBy,
    Outcome,
    RejectReason,
    Satisfaction,
    Status,
    Urgency,
)
from cases.querysets import AssignmentQuerySet, AttachmentQuerySet, CaseQuerySet
from grids.choices import Level
from grids.models import Grid, IntakePoint, Unit

from .policy import Policy
from .reference import Category

STILL_OPEN = Q(status__in=[status.value for status in OPEN])
ENDED_AT = Coalesce("closed_at", "updated_at")
"""When a case that is not open any more ended: refused, withdrawn and merged ones with their last event."""


class Case(models.Model):
    """A case (说事件). Status is one column; overdue, escalated, supervised are facts beside it.

    `grid_path` and `unit_ids` repeat the grid's tree path and the units that were ever assigned, so that what somebody
    sees is two indexed conditions; a trigger keeps the path in step when the tree changes.
    """

    number = models.CharField(_("number"), max_length=32, unique=True)
    lookup_code = models.CharField(_("look-up code"), max_length=16, editable=False)
    title = models.CharField(_("title"), max_length=200)
    text = models.TextField(_("text"), max_length=10_000)
    channel = models.CharField(_("channel"), max_length=20, choices=Channel)
    category = models.ForeignKey(Category, models.PROTECT, null=True, blank=True, verbose_name=_("category"))
    urgency = models.CharField(_("urgency"), max_length=20, choices=Urgency, default=Urgency.ORDINARY)
    status = models.CharField(_("status"), max_length=12, choices=Status)

    grid = models.ForeignKey(Grid, models.PROTECT, verbose_name=_("grid"), related_name="cases")
    grid_path = models.CharField(max_length=255, db_collation="C", editable=False)
    found_by = models.CharField(_("grid found by"), max_length=12, choices=FoundBy)
    lon = models.FloatField(_("longitude"), null=True, blank=True)
    lat = models.FloatField(_("latitude"), null=True, blank=True)
    coordinate_source = models.CharField(_("coordinates came as"), max_length=6, choices=CoordinateSource, blank=True)
    address = models.CharField(_("address"), max_length=300, blank=True)
    intake_point = models.ForeignKey(
        IntakePoint, models.PROTECT, null=True, blank=True, verbose_name=_("intake point"), db_index=False
    )

    reporter_sealed = models.BinaryField(null=True, editable=False)
    reporter_phone_hash = models.CharField(max_length=64, blank=True, editable=False)
    anonymous = models.BooleanField(_("anonymous"), default=False)
    secret = models.BooleanField(_("reporter asks for secrecy"), default=False)
    logged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("logged by"),
    )
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("accepted by"),
    )

    duty_unit = models.ForeignKey(
        Unit,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("who has it"),
        related_name="+",
        db_index=False,
    )
    level = models.CharField(_("level that has it"), max_length=10, choices=Level)
    lead_unit = models.ForeignKey(
        Unit,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("lead unit"),
        related_name="+",
        db_index=False,
    )
    dispatching_unit = models.ForeignKey(
        Unit,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("dispatched by"),
        related_name="+",
        db_index=False,
    )
    co_unit_ids = ArrayField(models.BigIntegerField(), verbose_name=_("co-handlers"), default=list, editable=False)
    unit_ids = ArrayField(models.BigIntegerField(), default=list, editable=False)
    policy = models.ForeignKey(Policy, models.PROTECT, verbose_name=_("policy"), related_name="+", db_index=False)

    submitted_at = models.DateTimeField(_("submitted at"))
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    dispatched_at = models.DateTimeField(_("first dispatched at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("handling finished at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    updated_at = models.DateTimeField(_("last event at"))
    due_at = models.DateTimeField(_("next due at"), null=True, blank=True)
    overdue_since = models.DateTimeField(_("overdue since"), null=True, blank=True)

    escalations = models.PositiveSmallIntegerField(_("escalations"), default=0)
    returns = models.PositiveSmallIntegerField(_("returns"), default=0)
    redos = models.PositiveSmallIntegerField(_("sent back"), default=0)
    reopens = models.PositiveSmallIntegerField(_("reopened"), default=0)
    urges = models.PositiveSmallIntegerField(_("urged"), default=0)
    extensions = models.PositiveSmallIntegerField(_("extensions"), default=0, db_default=0)
    supervisions = models.PositiveSmallIntegerField(_("supervision orders"), default=0, db_default=0)
    suspended_until = models.DateTimeField(_("suspended until"), null=True, blank=True)
    binding = models.BooleanField(_("dispatched by a ruling"), default=False)
    listed_at = models.DateTimeField(_("listed for supervision at"), null=True, blank=True)

    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome, blank=True)
    reply = models.TextField(_("reply to the resident"), blank=True)
    reject_reason = models.CharField(_("reason of rejection"), max_length=20, choices=RejectReason, blank=True)
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="voices",
        verbose_name=_("merged into"),
        db_index=False,
    )

    source = models.CharField(_("source"), max_length=40, blank=True)
    source_number = models.CharField(_("number at the source"), max_length=60, blank=True)
    version = models.PositiveIntegerField(default=0, editable=False)
    last_hash = models.CharField(max_length=64, blank=True, editable=False)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        constraints: ClassVar = [
            models.UniqueConstraint("source", "source_number", name="source_number_unique", condition=~Q(source="")),
            models.CheckConstraint(
                name="lead_unit_while_assigned",
                condition=~Q(status__in=["dispatched", "handling", "suspended"]) | Q(lead_unit__isnull=False),
            ),
            models.CheckConstraint(
                name="merged_names_the_other",
                condition=Q(status="merged", merged_into__isnull=False) | ~Q(status="merged"),
            ),
            models.CheckConstraint(
                name="closed_has_moment", condition=Q(closed_at__isnull=False) | ~Q(status="closed")
            ),
        ]
        # Partial ones hold open cases only: a few in a hundred once a city has run for a year, so that queues stay
        # quick however much lies behind them. What is asked, and what it costs: docs/performance.md
        indexes: ClassVar = [
            models.Index(F("submitted_at").desc(), F("id").desc(), name="case_newest"),
            models.Index(F("updated_at").desc(), F("id").desc(), name="case_touched"),
            models.Index("grid_path", F("submitted_at").desc(), F("id").desc(), name="case_territory"),
            models.Index("status", F("submitted_at").desc(), F("id").desc(), name="case_status"),
            GinIndex("unit_ids", name="case_units"),
            models.Index(F("submitted_at").desc(), F("id").desc(), name="case_open_newest", condition=STILL_OPEN),
            models.Index("grid_path", "due_at", "id", name="case_open_territory", condition=STILL_OPEN),
            models.Index("duty_unit", "due_at", "id", name="case_open_duty", condition=STILL_OPEN),
            models.Index("due_at", "id", name="case_open_due", condition=STILL_OPEN),
            GinIndex("unit_ids", name="case_open_units", condition=STILL_OPEN),
            models.Index("due_at", "id", name="case_due", condition=Q(due_at__isnull=False)),
            models.Index("merged_into", name="case_merged", condition=Q(merged_into__isnull=False)),
            models.Index(ENDED_AT, name="case_erasable", condition=Q(reporter_sealed__isnull=False) & ~STILL_OPEN),
            # The registers of supervisors: few cases, over all times
            models.Index(F("submitted_at").desc(), F("id").desc(), name="case_returned", condition=Q(returns__gt=0)),
            models.Index(F("submitted_at").desc(), F("id").desc(), name="case_redone", condition=Q(redos__gt=0)),
            models.Index(
                F("submitted_at").desc(), F("id").desc(), name="case_supervised", condition=Q(supervisions__gt=0)
            ),
            models.Index("reporter_phone_hash", name="case_reporter_phone", condition=~Q(reporter_phone_hash="")),
        ]

    def __str__(self) -> str:
        return self.number


class Assignment(models.Model):
    """A unit's share of a case (派单): one lead (主办), any number of co-handlers (协办)."""

    class Part(models.TextChoices):
        LEAD = "lead", _("lead")
        CO = "co", _("co-handler")

    case = models.ForeignKey(Case, models.PROTECT, related_name="assignments", verbose_name=_("case"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="assignments", verbose_name=_("unit"))
    part = models.CharField(_("part"), max_length=4, choices=Part)
    dispatched_at = models.DateTimeField(_("dispatched at"))
    dispatched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("dispatched by"),
    )
    why = models.CharField(_("why this unit"), max_length=300, blank=True)
    signed_at = models.DateTimeField(_("signed at"), null=True, blank=True)
    reported_in_at = models.DateTimeField(_("reported in at"), null=True, blank=True)
    reported_at = models.DateTimeField(_("contribution reported at"), null=True, blank=True)
    contribution = models.TextField(_("contribution"), max_length=2000, blank=True, db_default="")
    waived_at = models.DateTimeField(_("waived at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    end_reason = models.CharField(_("ended because"), max_length=20, blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint("case", name="one_lead_per_case", condition=Q(part="lead", ended_at__isnull=True)),
            models.UniqueConstraint("case", "unit", name="one_share_per_unit", condition=Q(ended_at__isnull=True)),
        ]
        indexes: ClassVar = [
            models.Index("unit", "case", name="assignment_running", condition=Q(ended_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} → {self.unit_id} ({self.part})"


class Rating(models.Model):
    """The resident's verdict, given by themselves or through a revisit (回访)."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="ratings", verbose_name=_("case"))
    solved = models.BooleanField(_("solved"))
    satisfaction = models.CharField(_("satisfaction"), max_length=12, choices=Satisfaction)
    comment = models.TextField(_("comment"), max_length=2000, blank=True)
    revisited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("revisited by"),
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("rating")
        verbose_name_plural = _("ratings")
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.case_id} {self.satisfaction}"


class Attachment(models.Model):
    """A picture or document of a case; shown only through `visible_to`.

    `lon` and `lat` are where the camera said that it was (WGS-84), read before the picture was drawn anew without it.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="attachments", verbose_name=_("case"))
    kind = models.CharField(
        _("shows"), max_length=10, choices=AttachmentKind, default=AttachmentKind.MATTER, db_default="matter"
    )
    file = models.FileField(_("file"), upload_to="attachments/%Y/%m/%d")
    thumbnail = models.FileField(_("small copy"), upload_to="attachments/%Y/%m/%d", blank=True, db_default="")
    content_type = models.CharField(_("type"), max_length=40)
    size = models.PositiveIntegerField(_("bytes"), validators=[MinValueValidator(1), MaxValueValidator(10 * 2**20)])
    width = models.PositiveIntegerField(_("width"), null=True, blank=True)
    height = models.PositiveIntegerField(_("height"), null=True, blank=True)
    lon = models.FloatField(_("longitude"), null=True, blank=True)
    lat = models.FloatField(_("latitude"), null=True, blank=True)
    sha256 = models.CharField(max_length=64, editable=False)
    from_resident = models.BooleanField(_("from the resident"), default=False, db_default=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("uploaded by"),
    )
    at = models.DateTimeField(_("at"))

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint("file", name="one_row_per_file"),
            models.CheckConstraint(
                name="photo_taken_on_earth",
                condition=Q(lon__isnull=True, lat__isnull=True)
                | Q(lon__isnull=False, lat__isnull=False, lon__range=(-180, 180), lat__range=(-90, 90)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.content_type}"
