"""When people are told, what they want, and the alarms that ring: pages of the administration."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cases.admin.policies import MORE_ON_A_POLICY
from cases.errors import BadInput
from grids.admin import ReadOnly, VisibleAdmin
from grids.models import User
from grids.territory import territory_of
from notifications.models import Alarm, Preference, TellingHours
from notifications.services import set_preference
from notifications.services.preferences import FIELDS
from notifications.would_be_told import would_be_told


class HoursForm(forms.ModelForm):
    """Hours that leave a time to be told."""

    class Meta:
        model = TellingHours
        fields = ("grid", "wakes_at", "sleeps_at", "morning_at", "rung_minutes")

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if said.get("wakes_at") and said.get("wakes_at") == said.get("sleeps_at"):
            self.add_error("sleeps_at", _("must differ from the beginning"))
        if said.get("rung_minutes") == 0:
            self.add_error("rung_minutes", _("at least 1"))
        return said


@admin.register(TellingHours)
class TellingHoursAdmin(VisibleAdmin):
    grid_path = "grid__path"
    form = HoursForm
    list_display = ("grid", "wakes_at", "sleeps_at", "morning_at", "rung_minutes")
    search_fields = ("grid__name", "grid__code__startswith")
    autocomplete_fields = ("grid",)
    list_select_related = ("grid",)


class PreferenceForm(forms.ModelForm):
    """The service checks what it is given; its objections stand at their fields."""

    class Meta:
        model = Preference
        fields = FIELDS

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if (said.get("quiet_from") is None) != (said.get("quiet_to") is None):
            missing = "quiet_to" if said.get("quiet_to") is None else "quiet_from"
            raise ValidationError({missing: _("quiet hours have a beginning and an end, or neither")})
        return said


@admin.register(Preference)
class PreferenceAdmin(VisibleAdmin):
    """What people in one's territory want; made by themselves, mended here for who cannot."""

    form = PreferenceForm
    list_display = ("user", "quiet_from", "quiet_to", "undisturbed_until", "digest_minutes", "account_least")
    search_fields = ("=user__username", "user__name__startswith")
    list_select_related = ("user",)
    readonly_fields = ("user",)
    fields = ("user", *FIELDS)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Preference]:
        """Of whoever one sees; the model's own `visible_to` is for the page of settings: one's own."""
        return Preference.objects.filter(user__in=User.objects.visible_to(request.user))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Preference, form: Any, change: bool) -> None:
        try:
            set_preference(obj.user, **{name: form.cleaned_data[name] for name in form.changed_data})
        except BadInput as error:  # the form has asked the same; whatever it forgot must not be saved
            raise ValidationError(error.detail) from error


@admin.register(Alarm)
class AlarmAdmin(ReadOnly, VisibleAdmin):
    list_display = ("id", "number", "unit", "rung", "started_at", "next_at", "acknowledged_at", "acknowledged_by")
    list_filter = (("acknowledged_at", admin.EmptyFieldListFilter), ("next_at", admin.EmptyFieldListFilter))
    search_fields = ("=event__case__number",)
    list_select_related = ("event__case", "unit", "acknowledged_by")
    fields = ("number", "unit", "rung", "started_at", "next_at", "acknowledged_at", "acknowledged_by")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Alarm]:
        """Of cases in one's territory; the model's own `visible_to` is for who was called."""
        return Alarm.objects.filter(territory_of(request.user).within("event__case__grid_path"))

    @admin.display(description=_("case"))
    def number(self, alarm: Model) -> str:
        return str(alarm.event.case.number)  # type: ignore[attr-defined]  # an alarm


MORE_ON_A_POLICY.append(would_be_told)
