"""What anybody may read of a solved case: words that an official wrote for the public, beside the case's own."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.querysets import PublicEntryQuerySet

from .case import Case


class PublicEntry(models.Model):
    """A solved case in the bulletin (办结公示). Never the reporter's own words, nor the exact place: which village it
    was follows from the case."""

    case = models.OneToOneField(Case, models.PROTECT, related_name="entry", verbose_name=_("case"))
    title = models.CharField(_("what it was"), max_length=200)
    reply = models.TextField(_("what was done"), max_length=5000)
    published_at = models.DateTimeField(_("published at"))
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("published by"),
    )
    withdrawn_at = models.DateTimeField(_("taken out at"), null=True, blank=True)

    objects = PublicEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry of the bulletin")
        verbose_name_plural = _("bulletin")
        indexes: ClassVar = [
            models.Index(
                F("published_at").desc(), F("id").desc(), name="entry_newest", condition=Q(withdrawn_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.title}"
