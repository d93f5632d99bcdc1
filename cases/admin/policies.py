"""Promises: drafts are edited, looked at by their timetable, and published; what is published stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import BaseModelAdmin
from django.db.models import ForeignKey, Model, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from cases.errors import CaseError
from cases.models import (
    Allowance,
    Ladder,
    Policy,
    Step,
)
from cases.services.publishing import draft_from, publish_draft
from cases.timetable_form import shown_for
from grids.admin import VisibleAdmin
from grids.territory import territory_of

from .reading import parent_id

MORE_ON_A_POLICY: list[Callable[[Policy, HttpRequest], dict[str, Any]]] = []
"""What apps that know more of a policy show below it: each gives the `template` and what it needs."""


class PartOfPolicy(BaseModelAdmin):
    """What is published never changes (the database refuses it too): a draft does."""

    def is_draft(self, obj: Any) -> bool:
        policy = obj if isinstance(obj, Policy) else getattr(obj, "policy", None)
        return policy is None or policy.published_at is None

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Inlines take the object, models do not
        return self.is_draft(obj) and super().has_add_permission(request, obj)  # type: ignore[call-arg]  # as above

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.is_draft(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.is_draft(obj) and super().has_delete_permission(request, obj)


class LadderInline(PartOfPolicy, TabularInline):
    model = Ladder
    extra = 0
    hide_title = True
    show_change_link = True


class AllowanceInline(PartOfPolicy, TabularInline):
    model = Allowance
    extra = 0
    hide_title = True
    autocomplete_fields = ("category",)

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        """Only the ladders of the same policy."""
        if db_field.name == "ladder":
            kwargs["queryset"] = Ladder.objects.filter(policy=parent_id(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class StepInline(PartOfPolicy, TabularInline):
    model = Step
    extra = 0
    hide_title = True


@admin.register(Policy)
class PolicyAdmin(VisibleAdmin):
    list_display = ("name", "grid", "version", "published_at", "max_returns", "max_extensions", "reopen_days")
    list_filter = (("published_at", admin.EmptyFieldListFilter),)
    search_fields = ("name", "grid__name", "grid__code__startswith")
    list_select_related = ("grid",)
    autocomplete_fields = ("grid",)
    fields = ("name", "grid", "version", "base", "published_at", "max_returns", "max_extensions", "reopen_days")
    readonly_fields = ("published_at",)
    grid_path = "grid__path"
    actions = ("publish_drafts", "draft_new_version")
    change_form_template = "admin/cases/policy/change_form.html"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the timetable that the policy, draft or published, makes of an example moment."""
        policy = self.get_object(request, object_id) if request.method == "GET" else None
        shown: dict[str, Any] = {}
        if isinstance(policy, Policy):
            shown = shown_for(policy, request) | {"more": [show(policy, request) for show in MORE_ON_A_POLICY]}
        return super().change_view(request, object_id, form_url, (extra_context or {}) | shown)

    def get_inlines(self, request: HttpRequest, obj: Model | None) -> list[Any]:
        """A draft first needs a name; then its ladders, then what hangs on them."""
        return [LadderInline, AllowanceInline] if obj is not None else []

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return not _published(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return obj is not None and not _published(obj) and super().has_delete_permission(request, obj)

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        """Promises for every city are made by who answers for every city."""
        if db_field.name == "base":
            kwargs["queryset"] = self.get_queryset(request).filter(published_at__isnull=False)
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "grid" and field is not None and not territory_of(request.user).everything:
            field.required = True
        return field

    @admin.action(description=_("publish the selected drafts"), permissions=["change"])
    def publish_drafts(self, request: HttpRequest, policies: QuerySet[Policy]) -> None:
        for policy in policies:
            try:
                publish_draft(policy)
            except CaseError as error:
                messages.error(request, f"{policy}: {error}")
            else:
                messages.success(request, _("%(policy)s is in force for new cases") % {"policy": policy})

    @admin.action(description=_("draft a new version of the selected ones"), permissions=["add"])
    def draft_new_version(self, request: HttpRequest, policies: QuerySet[Policy]) -> None:
        for policy in policies:
            draft = draft_from(policy)
            messages.success(request, _("%(policy)s can be changed until it is published") % {"policy": draft})


def _published(policy: Any) -> bool:
    return policy is not None and policy.published_at is not None


@admin.register(Ladder)
class LadderAdmin(PartOfPolicy, VisibleAdmin):
    """Reached from its policy."""

    grid_path = "policy__grid__path"
    list_display = ("name", "policy")
    list_select_related = ("policy",)
    search_fields = ("name", "policy__name")
    fields = ("policy", "name")
    inlines = (StepInline,)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return ("policy",)
