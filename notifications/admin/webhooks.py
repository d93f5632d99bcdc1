"""Webhooks in the administration: addresses with their secrets shown once, and the log of each post."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from cases.choices import EventKind
from cases.errors import CaseError
from grids.admin import ReadOnly, VisibleAdmin
from notifications.event_catalogue import KINDS
from notifications.models import WebhookDelivery, WebhookEndpoint
from notifications.services import webhooks
from notifications.services.webhooks.endpoints import check_endpoint

_l = gettext_lazy


def failing(rows: QuerySet[WebhookEndpoint]) -> QuerySet[WebhookEndpoint]:
    """Those that take nothing any more, or were paused because of it."""
    return rows.filter(Q(failing_since__isnull=False) | Q(paused_at__isnull=False))


class FailingFilter(admin.SimpleListFilter):
    title = _l("failing")
    parameter_name = "failing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _l("yes"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> QuerySet[WebhookEndpoint]:
        return failing(queryset) if self.value() == "1" else queryset


class EndpointForm(forms.ModelForm):
    kinds = forms.MultipleChoiceField(
        choices=[(kind, EventKind(kind).label) for kind in KINDS],
        required=False,
        label=_l("kinds of events"),
        help_text=_l("empty: all"),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    url = forms.URLField(label=_l("address"), max_length=300, assume_scheme="https", widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = WebhookEndpoint
        fields = ("grid", "label", "url", "kinds")

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not self.errors:
            try:
                check_endpoint(WebhookEndpoint(url=said["url"], kinds=said["kinds"]))
            except CaseError as error:
                for name, text in error.fields.items():
                    self.add_error(name, text)
        return said


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(VisibleAdmin):
    form = EndpointForm
    grid_path = "grid__path"
    list_display = ("label", "grid", "host", "state", "failing_since")
    list_filter = (FailingFilter, "active")
    list_select_related = ("grid",)
    search_fields = ("label",)
    autocomplete_fields = ("grid",)
    fields = ("grid", "label", "url", "kinds", "state", "failing_since", "paused_at", "old_secret_until")
    readonly_fields = ("state", "failing_since", "paused_at", "old_secret_until")
    actions = ("send_tests", "change_secrets", "pause", "resume")

    @admin.display(description=_l("host"))
    def host(self, endpoint: WebhookEndpoint) -> str:
        """Without the rest of the address, in which some receivers keep a key."""
        return urlsplit(endpoint.url).hostname or ""

    @admin.display(description=_l("state"))
    def state(self, endpoint: WebhookEndpoint) -> str:
        if endpoint.paused_at is not None:
            return _("▲ paused by itself: it took nothing for days")
        if not endpoint.active:
            return _("‖ paused")
        return _("▲ failing") if endpoint.failing_since is not None else _("✓ in use")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """What is planned lies in its territory: another territory is another webhook."""
        return (*self.readonly_fields, "grid") if obj is not None else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            webhooks.save_endpoint(obj, [name for name in form.changed_data if name in ("label", "url", "kinds")])
        else:
            obj.shown_secret = webhooks.create_endpoint(obj, by=request.user)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """The secret stands on this answer alone, and on no page that can be opened again."""
        return self._secrets(request, [(obj, obj.shown_secret)])

    def _secrets(self, request: HttpRequest, shown: list[tuple[WebhookEndpoint, str]]) -> HttpResponse:
        title = _("Secrets: keep them now, they are not shown again")
        context = self.admin_site.each_context(request) | {"title": title, "shown": shown, "opts": self.opts}
        answer = TemplateResponse(request, "admin/notifications/webhook_secrets.html", context)
        add_never_cache_headers(answer)
        return answer

    @admin.action(description=_l("change the secret of the selected ones"), permissions=["change"])
    def change_secrets(self, request: HttpRequest, endpoints: QuerySet[WebhookEndpoint]) -> HttpResponse:
        return self._secrets(request, [(endpoint, webhooks.change_secret(endpoint)) for endpoint in endpoints[:20]])

    @admin.action(description=_l("send a test event to the selected ones"), permissions=["change"])
    def send_tests(self, request: HttpRequest, endpoints: QuerySet[WebhookEndpoint]) -> None:
        for endpoint in endpoints[:3]:
            answer = webhooks.send_test(endpoint)
            said = {"label": endpoint.label, "ms": answer.milliseconds, "error": answer.error}
            if answer.taken:
                messages.success(request, _("%(label)s has taken the test after %(ms)d ms") % said)
            else:
                messages.error(request, _("%(label)s has not taken the test: %(error)s") % said)

    @admin.action(description=_l("pause the selected ones"), permissions=["change"])
    def pause(self, request: HttpRequest, endpoints: QuerySet[WebhookEndpoint]) -> None:
        for endpoint in endpoints:
            webhooks.pause_endpoint(endpoint)
            messages.success(request, _("%(label)s is paused; what happens is kept for it") % {"label": endpoint.label})

    @admin.action(description=_l("resume the selected ones"), permissions=["change"])
    def resume(self, request: HttpRequest, endpoints: QuerySet[WebhookEndpoint]) -> None:
        for endpoint in endpoints:
            said = {"label": endpoint.label, "count": webhooks.resume_endpoint(endpoint)}
            messages.success(request, _("%(label)s is in use again; waiting for it: %(count)d") % said)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnly, VisibleAdmin):
    grid_path = "endpoint__grid__path"
    list_display = ("id", "endpoint", "number", "kind", "state", "attempts", "answer_status", "answer_ms", "sent_at")
    list_filter = (("state", ChoicesDropdownFilter), ("endpoint", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("endpoint", "event__case")
    search_fields = ("=event__case__number",)
    fields = (
        "endpoint", "number", "kind", "state", "attempts", "next_attempt_at", "sent_at", "answer_status", "answer_ms",
        "error",
    )  # fmt: skip
    readonly_fields = fields
    actions = ("send_again",)

    @admin.display(description=_l("case"))
    def number(self, delivery: WebhookDelivery) -> str:
        return delivery.event.case.number

    @admin.display(description=_l("what"))
    def kind(self, delivery: WebhookDelivery) -> str:
        return str(delivery.event.get_kind_display())

    def has_send_again_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notifications.change_webhookdelivery")

    @admin.action(description=_l("send the selected ones again"), permissions=["send_again"])
    def send_again(self, request: HttpRequest, deliveries: QuerySet[WebhookDelivery]) -> None:
        count = webhooks.send_again(deliveries)
        messages.success(
            request, _("They go out again: %(count)d. What waits or is paused was left.") % {"count": count}
        )
