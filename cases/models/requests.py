"""What the lead unit asks of the level above: more time, a rest for the clock, other departments."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.querysets import OfCaseQuerySet
from grids.models import Unit

from .case import Case
from .clock import Deadline


class Request(models.Model):
    """Asked once, answered once: granted, refused, or lapsed because nobody answered in time."""

    class State(models.TextChoices):
        PENDING = "pending", _("to be decided")
        GRANTED = "granted", _("granted")
        REFUSED = "refused", _("refused")
        LAPSED = "lapsed", _("lapsed")

    case = models.ForeignKey(Case, models.PROTECT, related_name="%(class)s_requests", verbose_name=_("case"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False, verbose_name=_("who asks"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("asked by"),
    )
    asked_at = models.DateTimeField(_("asked at"))
    reason = models.TextField(_("reason"), max_length=2000)
    decider = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False, verbose_name=_("who decides"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.PENDING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)
    note = models.TextField(_("note of the decision"), max_length=2000, blank=True)

    objects = OfCaseQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint("case", name="one_pending_%(class)s", condition=Q(state="pending")),
            models.CheckConstraint(
                name="decided_%(class)s_has_moment",
                condition=Q(state="pending", decided_at__isnull=True)
                | (~Q(state="pending") & Q(decided_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.state}"


class Extension(Request):
    """More time for the handling clock (延期): asked for before it expires, given by the level above."""

    deadline = models.ForeignKey(
        Deadline, models.PROTECT, related_name="extensions", db_index=False, verbose_name=_("clock")
    )
    minutes = models.FloatField(_("minutes asked for, counted as the clock counts"))
    granted_minutes = models.FloatField(_("minutes granted"), default=0)

    class Meta(Request.Meta):
        verbose_name = _("extension")
        verbose_name_plural = _("extensions")


class Suspension(Request):
    """A case that cannot go on for now (挂账): its clock rests, and a day is set on which it is looked at again.

    Running ones (granted, not resumed) make up the register (挂账台账).
    """

    review_at = models.DateTimeField(_("to be looked at again by"))
    resumed_at = models.DateTimeField(_("resumed at"), null=True)
    resumed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("resumed by"),
    )

    class Meta(Request.Meta):
        verbose_name = _("suspension")
        verbose_name_plural = _("suspensions")
        indexes: ClassVar = [
            models.Index(
                "review_at", "id", name="suspension_register", condition=Q(state="granted", resumed_at__isnull=True)
            ),
        ]


class Whistle(Request):
    """A call for departments (吹哨): answered by the level above, which adds co-handlers that report in (报到)."""

    wanted = models.CharField(_("who is needed"), max_length=300)

    class Meta(Request.Meta):
        verbose_name = _("whistle")
        verbose_name_plural = _("whistles")
