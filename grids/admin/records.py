"""Who changed what, as a list: of what one may look at, in one's own territory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth import get_permission_codename
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, RangeDateTimeFilter

from grids.models import ChangeRecord

from .visible import ReadOnly, VisibleAdmin
from .words import titles_of, told, what_of

RECORDED = (
    "grids.grid", "grids.unit", "grids.post", "grids.user", "grids.intakepoint", "grids.workingcalendar",
    "grids.workinghours", "grids.calendarday", "cases.category", "cases.routingrule", "cases.precedent",
    "cases.policy", "cases.ladder", "cases.step", "cases.allowance",
    "notifications.messagetemplate", "notifications.webhookendpoint",
)  # fmt: skip
"""What is recorded, as change records name it."""


def readable(request: HttpRequest) -> Iterator[str]:
    """The recorded models that this user may look at."""
    for label in RECORDED:
        opts = apps.get_model(label)._meta
        verbs = (get_permission_codename(verb, opts) for verb in ("view", "change"))
        if any(request.user.has_perm(f"{opts.app_label}.{verb}") for verb in verbs):
            yield label


class WhatFilter(DropdownFilter):
    title = _("what was changed")
    parameter_name = "what"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(label, apps.get_model(label)._meta.verbose_name) for label in readable(request)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ChangeRecord]) -> QuerySet[ChangeRecord]:
        return queryset.filter(model=self.value()) if self.value() else queryset


@admin.register(ChangeRecord)
class ChangeRecordAdmin(ReadOnly, VisibleAdmin):
    list_display = ("at", "what", "subject", "kind", "differences", "by_name", "way")
    list_display_links = ("at",)
    list_filter = (WhatFilter, ("kind", ChoicesDropdownFilter), ("at", RangeDateTimeFilter))
    list_filter_submit = True
    search_fields = ("subject", "by_name")
    search_help_text = _("name of what was changed, or the account that changed it")
    ordering = ("-id",)
    sortable_by = ()
    change_form_outer_after_template = "admin/one_change.html"
    fields = ("at", "what", "subject", "kind", "by_name", "way", "grid")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[ChangeRecord]:
        return super().get_queryset(request).filter(model__in=list(readable(request)))

    @admin.display(description=_("what was changed"))
    def what(self, record: ChangeRecord) -> str:
        return what_of(record)

    @admin.display(description=_("what differs"))
    def differences(self, record: ChangeRecord) -> str:
        """Names of columns; what keys lead to stands on the record's own page, where each is looked up."""
        return ", ".join(titles_of(record)[:6])

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        record = kwargs.get("obj")
        context["changes"] = told([record] if record is not None else [], request.user)
        return super().render_change_form(request, context, **kwargs)
