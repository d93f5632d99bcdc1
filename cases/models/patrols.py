"""That somebody was there: a check-in on a grid worker's round, with what was seen; it may become a case."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.querysets import PatrolPhotoQuerySet, PatrolQuerySet
from grids.models import Grid, IntakePoint, Unit

from .case import Case


class Patrol(models.Model):
    """A check-in (走访): who was where and when, and what they noted.

    `key` is made on the phone, which may be without a network: the same key is the same check-in. `at` is the moment
    that the phone says, `recorded_at` when it reached us. `lon` and `lat` are the phone's position (WGS-84).
    """

    key = models.UUIDField(_("key"), unique=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="patrols", db_index=False, verbose_name=_("who")
    )
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False, verbose_name=_("unit"))
    grid = models.ForeignKey(Grid, models.PROTECT, related_name="patrols", verbose_name=_("grid"))
    intake_point = models.ForeignKey(
        IntakePoint,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("intake point"),
    )
    lon = models.FloatField(_("longitude"), null=True, blank=True)
    lat = models.FloatField(_("latitude"), null=True, blank=True)
    note = models.TextField(_("note"), max_length=2000, blank=True)
    case = models.ForeignKey(
        Case, models.PROTECT, null=True, blank=True, related_name="patrols", verbose_name=_("case")
    )
    at = models.DateTimeField(_("at"))
    recorded_at = models.DateTimeField(_("recorded at"))

    objects = PatrolQuerySet.as_manager()

    class Meta:
        verbose_name = _("patrol check-in")
        verbose_name_plural = _("patrol check-ins")
        ordering: ClassVar = ["-at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="patrol_on_earth",
                condition=Q(lon__isnull=True, lat__isnull=True)
                | Q(lon__isnull=False, lat__isnull=False, lon__range=(-180, 180), lat__range=(-90, 90)),
            ),
        ]
        indexes: ClassVar = [
            models.Index("user", F("at").desc(), F("id").desc(), name="patrol_of_one"),
            models.Index(F("at").desc(), F("id").desc(), name="patrol_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.at:%Y-%m-%d %H:%M}"


class PatrolPhoto(models.Model):
    """A picture of a check-in, drawn anew like those of cases; shown only to who sees the check-in."""

    patrol = models.ForeignKey(Patrol, models.CASCADE, related_name="photos", verbose_name=_("patrol check-in"))
    file = models.FileField(_("file"), upload_to="attachments/%Y/%m/%d", unique=True)
    thumbnail = models.FileField(_("small copy"), upload_to="attachments/%Y/%m/%d", blank=True)
    content_type = models.CharField(_("type"), max_length=40)
    size = models.PositiveIntegerField(_("bytes"), validators=[MinValueValidator(1), MaxValueValidator(10 * 2**20)])

    objects = PatrolPhotoQuerySet.as_manager()

    class Meta:
        verbose_name = _("photo of a patrol check-in")
        verbose_name_plural = _("photos of patrol check-ins")
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.patrol_id} {self.content_type}"
