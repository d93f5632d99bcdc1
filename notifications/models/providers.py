"""Through whom it goes: a city's accounts with providers, and which of them are failing just now."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from grids.models import Grid
from notifications.choices import Channel, Provider


class ChannelAccount(models.Model):
    """A city's account with a provider. The credentials are sealed; what is in them depends on the provider."""

    city = models.ForeignKey(Grid, models.CASCADE, related_name="+", verbose_name=_("city"))
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    provider = models.CharField(_("provider"), max_length=10, choices=Provider)
    credentials_sealed = models.BinaryField()
    options = models.JSONField(_("options"), default=dict, blank=True)
    per_minute = models.PositiveIntegerField(_("messages a minute at most"), default=600)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("account with a provider")
        verbose_name_plural = _("accounts with providers")
        ordering: ClassVar = ["city_id", "channel"]
        constraints: ClassVar = [
            models.UniqueConstraint("city", "channel", name="one_active_account", condition=Q(active=True))
        ]

    def __str__(self) -> str:
        return f"{self.get_provider_display()} ({self.city})"


class Circuit(models.Model):
    """A provider's state: after some failures in a row nothing goes there until `open_until`, and one message then
    tries whether it is back. `key` names the provider and, where it has one, the account."""

    key = models.CharField(max_length=100, primary_key=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    open_until = models.DateTimeField(_("left alone until"), null=True, blank=True)
    next_free_at = models.DateTimeField(_("next message at"), null=True, blank=True)
    error = models.CharField(_("last error"), max_length=300, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("provider's state")
        verbose_name_plural = _("providers' states")
        ordering: ClassVar = ["key"]

    def __str__(self) -> str:
        return self.key
