"""Working together: how lead and co-handlers judge each other, and whose job something was ruled to be."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from grids.models import Grid, Unit

from .case import Assignment, Case
from .reference import Category


class PeerRating(models.Model):
    """The lead's verdict on a co-handler, or a co-handler's on the lead (双考核): 1 to 5, once each way."""

    class By(models.TextChoices):
        LEAD = "lead", _("the lead")
        CO = "co", _("the co-handler")

    case = models.ForeignKey(Case, models.PROTECT, related_name="peer_ratings", verbose_name=_("case"))
    share = models.ForeignKey(
        Assignment, models.PROTECT, related_name="peer_ratings", verbose_name=_("the co-handler's share")
    )
    by = models.CharField(_("whose verdict"), max_length=4, choices=By)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False, verbose_name=_("rated unit"))
    score = models.PositiveSmallIntegerField(_("score"))
    comment = models.TextField(_("comment"), max_length=2000, blank=True)
    rated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("rated by"),
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("rating among units")
        verbose_name_plural = _("ratings among units")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint("share", "by", name="one_peer_rating_each_way"),
            models.CheckConstraint(name="peer_score_1_to_5", condition=Q(score__gte=1, score__lte=5)),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.by}: {self.score}"


class Precedent(models.Model):
    """A binding ruling on whose job something is (派单先例), reused when the next such case is routed.

    It holds where the unit serves, for this category and below; the newest active one wins.
    """

    category = models.ForeignKey(Category, models.PROTECT, related_name="+", verbose_name=_("category"))
    grid = models.ForeignKey(Grid, models.PROTECT, related_name="+", verbose_name=_("holds in"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("whose job it is"))
    case = models.ForeignKey(Case, models.PROTECT, related_name="precedents", verbose_name=_("ruled in case"))
    reason = models.TextField(_("reason"), max_length=2000)
    ruled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("ruled by"),
    )
    ruled_at = models.DateTimeField(_("ruled at"))
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("precedent")
        verbose_name_plural = _("precedents")
        ordering: ClassVar = ["-ruled_at", "-id"]

    def __str__(self) -> str:
        return f"{self.grid}: {self.category} → {self.unit}"
