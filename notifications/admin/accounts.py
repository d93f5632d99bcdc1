"""With whom a city has accounts, and which providers are failing. Credentials are typed in and never shown again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from cases.errors import BadInput
from grids.admin import ReadOnly, VisibleAdmin
from grids.models import Grid
from grids.territory import territory_of
from notifications.channels.base import Refused, TryLater, Unreachable
from notifications.channels.sms import OFFERS
from notifications.choices import Channel, Provider
from notifications.models import ChannelAccount, Circuit
from notifications.services.accounts import check_account, save_account, send_test, try_circuits

SECRETS: dict[str, Any] = {name: label for offer in OFFERS.values() for name, label in offer.secret.items()}
OPTIONS: dict[str, Any] = {name: label for offer in OFFERS.values() for name, label in offer.options.items()}


def _hint(name: str) -> str:
    """Who asks for a field."""
    asking = [str(Provider(key).label) for key, offer in OFFERS.items() if name in offer.secret | offer.options]
    return ", ".join(asking)


class AccountForm(forms.ModelForm):
    """Columns of the account, and a field for whatever some provider asks for."""

    class Meta:
        model = ChannelAccount
        fields = ("city", "provider", "per_minute", "active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "city" in self.fields:
            city: Any = self.fields["city"]
            city.queryset = city.queryset.filter(depth=1)
        for name in OPTIONS:
            if name in self.fields:
                self.fields[name].initial = (self.instance.options or {}).get(name, "")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("provider"):
            self.instance.provider = cleaned["provider"]
            try:
                check_account(self.instance, credentials=self.said(SECRETS), options=self.said(OPTIONS))
            except BadInput as bad:
                raise ValidationError({name: [text] for name, text in bad.fields.items()}) from bad
        return cleaned

    def said(self, names: dict[str, Any]) -> dict[str, str]:
        """What was typed into some of the fields."""
        return {name: self.cleaned_data.get(name) or "" for name in names}


for _name, _label in SECRETS.items():
    AccountForm.base_fields[_name] = forms.CharField(
        label=_label, required=False, max_length=300, help_text=_hint(_name), strip=True,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
for _name, _label in OPTIONS.items():
    AccountForm.base_fields[_name] = forms.CharField(
        label=_label, required=False, max_length=300, help_text=_hint(_name), widget=UnfoldAdminTextInputWidget
    )
AccountForm.declared_fields = {name: AccountForm.base_fields[name] for name in (*SECRETS, *OPTIONS)}


@admin.register(ChannelAccount)
class ChannelAccountAdmin(VisibleAdmin):
    form = AccountForm
    grid_path = "city__path"
    list_display = ("id", "city", "provider", "per_minute", "active")
    list_select_related = ("city",)
    fieldsets = (
        (None, {"fields": (("city", "provider"), ("per_minute", "active"))}),
        (_("credentials: leave empty to keep what is there"), {"fields": tuple(SECRETS)}),
        (_("options"), {"fields": tuple(OPTIONS)}),
    )
    actions_detail = ("send_test_message",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ChannelAccount]:
        rows: QuerySet[ChannelAccount] = super().get_queryset(request)
        return rows.defer("city__boundary")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs.setdefault("queryset", Grid.objects.visible_to(request.user).defer("boundary"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: ChannelAccount, form: Any, change: bool) -> None:
        obj.channel = Channel.SMS
        save_account(obj, credentials=form.said(SECRETS), options=form.said(OPTIONS))

    @action(description=_("send a test message to my phone"), permissions=["change"], url_path="send-test")
    def send_test_message(self, request: HttpRequest, object_id: str) -> HttpResponse:
        account = get_object_or_404(self.get_queryset(request), pk=object_id)
        user: Any = request.user
        try:
            provider_id = send_test(account, user)
        except BadInput as bad:
            messages.error(request, "; ".join(bad.fields.values()))
        except (Refused, TryLater, Unreachable) as error:
            messages.error(request, _("The provider did not take it: %(error)s") % {"error": error})
        else:
            messages.success(request, _("The provider has taken it: %(id)s") % {"id": provider_id or "–"})
        return redirect(reverse("admin:notifications_channelaccount_change", args=[account.pk]))


@admin.register(Circuit)
class CircuitAdmin(ReadOnly, VisibleAdmin):
    """Providers that were unreachable, or whose rate is counted. Accounts are seen by who sees their city."""

    list_display = ("key", "failures", "open_until", "next_free_at", "error", "changed_at")
    fields = list_display
    readonly_fields = fields
    search_fields = ("key",)
    actions = ("try_now",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Circuit]:
        territory = territory_of(request.user)
        rows = Circuit.objects.order_by("key")
        if territory.everything:
            return rows
        accounts = ChannelAccount.objects.filter(territory.within("city__path")).values_list("pk", flat=True)
        return rows.filter(~Q(key__startswith="sms:") | Q(key__in=[f"sms:{pk}" for pk in accounts]))

    def has_try_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("notifications.change_circuit"))

    @admin.action(description=_("try now"), permissions=["try"])
    def try_now(self, request: HttpRequest, circuits: QuerySet[Circuit]) -> None:
        count = try_circuits(list(circuits.values_list("pk", flat=True)))
        messages.success(request, _("providers that are tried with the next message: %(count)d") % {"count": count})
