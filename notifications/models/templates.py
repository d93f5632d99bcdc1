"""What is said: texts that an administrator may change, kept in versions."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from grids.models import Grid
from notifications.choices import Reader


class MessageTemplate(models.Model):
    """A text instead of the built-in one, for one kind of message, reader and language. The newest published version of
    the city is in force, else of all cities, else the built-in text. Published ones never change."""

    city = models.ForeignKey(
        Grid, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("city"),
        help_text=_("empty: for all cities"),
    )  # fmt: skip
    reader = models.CharField(_("reader"), max_length=10, choices=Reader)
    kind = models.CharField(_("kind"), max_length=24)
    locale = models.CharField(_("language"), max_length=10, choices=[("zh-hans", "简体中文"), ("en", "English")])
    version = models.PositiveIntegerField(_("version"))
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("text"), max_length=2000, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)

    class Meta:
        verbose_name = _("message template")
        verbose_name_plural = _("message templates")
        ordering: ClassVar = ["kind", "reader", "locale", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                "city", "reader", "kind", "locale", "version", name="template_version", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.reader} {self.locale} v{self.version}"
