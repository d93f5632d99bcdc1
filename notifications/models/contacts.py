"""How somebody wants to be told: the ways that lead to them, and when they are not to be disturbed."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from grids.models import Grid
from notifications.choices import Channel, Pace
from notifications.querysets import OwnQuerySet


class Contact(models.Model):
    """A way to a person besides the e-mail address of their account. It is used from `verified_at` on, for what is of
    `least` pace or more urgent. The address is sealed: a push subscription or a robot's address is a key."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="contacts", db_index=False, verbose_name=_("user")
    )
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    label = models.CharField(_("label"), max_length=60, blank=True)
    address_sealed = models.BinaryField()
    address_hash = models.CharField(max_length=64)
    masked = models.CharField(_("address"), max_length=80)
    least = models.CharField(_("from which urgency on"), max_length=5, choices=Pace, default=Pace.LATER)
    verified_at = models.DateTimeField(_("verified at"), null=True, blank=True)
    code_hash = models.CharField(max_length=64, blank=True)
    code_expires_at = models.DateTimeField(null=True, blank=True)
    code_attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    dead_at = models.DateTimeField(_("found dead at"), null=True, blank=True)
    error = models.CharField(_("last error"), max_length=300, blank=True)

    objects = OwnQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering: ClassVar = ["user_id", "id"]
        constraints: ClassVar = [models.UniqueConstraint("user", "channel", "address_hash", name="contact_once")]

    def __str__(self) -> str:
        return f"{self.channel} {self.masked}"


class Preference(models.Model):
    """When and of what a person wants to be told; who has no row has the defaults."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="telling", verbose_name=_("user")
    )
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_to = models.TimeField(_("quiet until"), null=True, blank=True)
    undisturbed_until = models.DateTimeField(_("do not disturb until"), null=True, blank=True)
    digest_minutes = models.PositiveSmallIntegerField(
        _("minutes within which news are gathered"), default=30, validators=[MaxValueValidator(1440)]
    )
    account_least = models.CharField(
        _("by the account's e-mail, from which urgency on"), max_length=5, choices=Pace, default=Pace.LATER
    )
    morning_list = models.BooleanField(_("a list each working morning"), default=True)
    round_ups = models.BooleanField(_("weekly and monthly round-ups"), default=True)

    objects = OwnQuerySet.as_manager()

    class Meta:
        verbose_name = _("preference")
        verbose_name_plural = _("preferences")

    def __str__(self) -> str:
        return f"{self.user_id}"


class TellingHours(models.Model):
    """Between which hours people of a territory are told of what can wait; the nearest ancestor's rows are in force,
    else the defaults of this model."""

    grid = models.OneToOneField(Grid, models.CASCADE, related_name="telling_hours", verbose_name=_("grid"))
    wakes_at = models.TimeField(_("from"), default="07:30")
    sleeps_at = models.TimeField(_("until"), default="21:00")
    morning_at = models.TimeField(_("morning list at"), default="08:00")
    rung_minutes = models.PositiveSmallIntegerField(_("minutes until the next rung of an alarm"), default=5)

    class Meta:
        verbose_name = _("hours of telling")
        verbose_name_plural = _("hours of telling")

    def __str__(self) -> str:
        return f"{self.wakes_at}-{self.sleeps_at}"
