"""Reference data of cases for administrators, and the cases themselves to look at: what happens to a case happens
through its actions, never here. Nobody's name or phone is shown, and nobody sees beyond their territory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import BaseModelAdmin
from django.db.models import ForeignKey, Model, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from treebeard.admin import TreeAdmin
from treebeard.forms import movenodeform_factory

from grids.admin import VisibleAdmin
from grids.territory import territory_of

from .errors import CaseError
from .models import (
    Allowance,
    Assignment,
    Case,
    CaseEvent,
    Category,
    Deadline,
    Extension,
    Ladder,
    LookBack,
    LookBackItem,
    PeerRating,
    Policy,
    Precedent,
    RoutingRule,
    Step,
    SupervisionOrder,
    Suspension,
    Whistle,
)
from .services.publishing import draft_from, publish_draft
from .services.sweep import SET_ASIDE, retry_set_aside

EVENTS_SHOWN = 100


def parent_id(request: HttpRequest) -> int | None:
    """The key of the object whose page this is; None on a page that adds one."""
    match = request.resolver_match
    said = str(match.kwargs.get("object_id", "")) if match else ""
    return int(said) if said.isdecimal() else None


class ReadOnly:
    """To be looked at only, by whoever may view it."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Category)
class CategoryAdmin(TreeAdmin):
    """One tree for all cities: only who answers for all of them changes it."""

    form = movenodeform_factory(Category, exclude=("path", "depth", "numchild"))
    list_display = ("name", "code", "name_en", "urgency", "unit_kind", "lead_level", "photo_required", "active")
    list_filter = ("urgency", "unit_kind", "active")
    search_fields = ("code__startswith", "name", "name_en")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return territory_of(request.user).everything

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return territory_of(request.user).everything

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Cases refer to it: it is taken out of use instead."""
        return False


@admin.register(RoutingRule)
class RoutingRuleAdmin(VisibleAdmin):
    grid_path = "grid__path"
    list_display = ("grid", "category", "unit", "unit_kind")
    list_filter = ("unit_kind",)
    search_fields = ("grid__name", "grid__code__startswith", "category__name", "unit__name")
    autocomplete_fields = ("grid", "category", "unit")
    list_select_related = ("grid", "category", "unit")


@admin.register(Precedent)
class PrecedentAdmin(VisibleAdmin):
    """Rulings are made on cases; here one is taken out of use, or put back into it."""

    grid_path = "grid__path"
    list_display = ("category", "grid", "unit", "case", "ruled_at", "active")
    list_filter = ("active", "ruled_at")
    list_select_related = ("category", "grid", "unit", "case")
    search_fields = ("grid__name", "grid__code__startswith", "category__name", "unit__name", "case__number__startswith")
    fields = ("category", "grid", "unit", "case", "reason", "ruled_by", "ruled_at", "active")
    readonly_fields = fields[:-1]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Whistle)
class WhistleAdmin(ReadOnly, VisibleAdmin):
    grid_path = "case__grid_path"
    list_display = ("case", "unit", "wanted", "decider", "state", "asked_at", "decided_at")
    list_filter = ("state", "asked_at")
    list_select_related = ("case", "unit", "decider")
    search_fields = ("case__number__startswith", "unit__name")
    fields = (
        "case", "unit", "asked_by", "asked_at", "wanted", "reason", "decider", "state", "decided_by", "decided_at",
        "note",
    )  # fmt: skip


@admin.register(PeerRating)
class PeerRatingAdmin(ReadOnly, VisibleAdmin):
    grid_path = "case__grid_path"
    list_display = ("case", "by", "unit", "score", "at")
    list_filter = ("by", "score", "at")
    list_select_related = ("case", "unit")
    search_fields = ("case__number__startswith", "unit__name")
    fields = ("case", "by", "unit", "score", "comment", "rated_by", "at")


class PartOfPolicy(BaseModelAdmin):
    """What is published never changes (the database refuses it too): a draft does."""

    def is_draft(self, obj: Any) -> bool:
        policy = obj if isinstance(obj, Policy) else getattr(obj, "policy", None)
        return policy is None or policy.published_at is None

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Inlines take the object, models do not
        return self.is_draft(obj) and super().has_add_permission(request, obj)  # type: ignore[call-arg]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.is_draft(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.is_draft(obj) and super().has_delete_permission(request, obj)


class LadderInline(PartOfPolicy, admin.TabularInline):
    model = Ladder
    extra = 0
    show_change_link = True


class AllowanceInline(PartOfPolicy, admin.TabularInline):
    model = Allowance
    extra = 0
    autocomplete_fields = ("category",)

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        """Only the ladders of the same policy."""
        if db_field.name == "ladder":
            kwargs["queryset"] = Ladder.objects.filter(policy=parent_id(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class StepInline(PartOfPolicy, admin.TabularInline):
    model = Step
    extra = 0


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


class OverdueFilter(admin.SimpleListFilter):
    title = _("overdue")
    parameter_name = "overdue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("yes")), ("0", _("no"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        if self.value() == "1":
            return queryset.filter(due_at__lt=timezone.now())
        return queryset.exclude(due_at__lt=timezone.now()) if self.value() == "0" else queryset


class AssignmentInline(ReadOnly, admin.TabularInline):
    model = Assignment
    fields = (
        "unit", "part", "dispatched_at", "signed_at", "reported_in_at", "reported_at", "waived_at", "ended_at",
        "end_reason",
    )  # fmt: skip
    readonly_fields = fields
    extra = 0


class DeadlineInline(ReadOnly, admin.TabularInline):
    model = Deadline
    fields = ("kind", "unit", "level", "starts_at", "due_at", "state", "flagged_at", "ended_at", "fire_at", "error")
    readonly_fields = fields
    extra = 0


class EventInline(ReadOnly, admin.TabularInline):
    """The newest lines of the history, newest first."""

    model = CaseEvent
    fields = ("seq", "at", "kind", "actor", "actor_unit", "due_at", "details")
    readonly_fields = fields
    ordering = ("-seq",)
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[CaseEvent]:
        newest = CaseEvent.objects.filter(case=parent_id(request)).order_by("-seq")
        shown = list(newest.values_list("pk", flat=True)[:EVENTS_SHOWN])
        return super().get_queryset(request).filter(pk__in=shown).select_related("actor", "actor_unit")

    @admin.display(description=_("details"))
    def details(self, event: CaseEvent) -> SafeString:
        return format_html("<small>{}</small>", json.dumps(event.payload, ensure_ascii=False))


@admin.register(Case)
class CaseAdmin(ReadOnly, VisibleAdmin):
    list_display = ("number", "title", "status", "level", "urgency", "duty_unit", "grid", "due_at")
    list_filter = ("status", OverdueFilter, "level", "urgency", "channel", "submitted_at")
    list_select_related = ("grid", "duty_unit")
    list_per_page = 50
    ordering = ("-submitted_at", "-id")
    search_fields = ("number__startswith", "title")
    search_help_text = _("number from its beginning, or words of the title")
    fields = (
        "number", "title", "text", "status", "level", "urgency", "channel", "category", "grid", "found_by", "address",
        "duty_unit", "lead_unit", "dispatching_unit", "submitted_at", "accepted_at", "dispatched_at", "finished_at",
        "closed_at", "due_at", "overdue_since", "listed_at", "escalations", "returns", "redos", "reopens", "urges",
        "outcome", "reply", "reject_reason", "merged_into", "policy", "anonymous", "secret", "source",
        "source_number",
    )  # fmt: skip
    inlines = (AssignmentInline, DeadlineInline, EventInline)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)


class SetAsideFilter(admin.SimpleListFilter):
    """Those that wait for somebody, unless all are asked for: there may be millions."""

    title = _("set aside")
    parameter_name = "set_aside"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("0", _("all"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Without Django's own "all" in front: nothing asked is "set aside"."""
        names = {None: _("set aside"), "0": _("all")}
        for value, name in names.items():
            query = changelist.get_query_string({self.parameter_name: value} if value else {}, [self.parameter_name])
            yield {"selected": self.value() == value, "query_string": query, "display": name}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Deadline]) -> QuerySet[Deadline]:
        return queryset if self.value() == "0" else queryset.filter(SET_ASIDE)


@admin.register(Deadline)
class DeadlineAdmin(ReadOnly, VisibleAdmin):
    """Clocks whose step could not be fired: to be looked at, and tried again once the cause is mended."""

    grid_path = "case__grid_path"
    list_display = ("id", "case", "kind", "unit", "due_at", "state", "error")
    list_display_links = ("id",)
    list_filter = (SetAsideFilter, "kind")
    list_select_related = ("case", "unit")
    list_per_page = 50
    ordering = ("-id",)
    search_fields = ("case__number__startswith",)
    fields = (
        "case", "kind", "unit", "level", "starts_at", "minutes", "added_minutes", "counting", "due_at", "state",
        "flagged_at", "ended_at", "fire_at", "fire_step", "error",
    )  # fmt: skip
    actions = ("retry",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Nobody edits a deadline; who could, may have it tried again."""
        return request.user.has_perm("cases.change_deadline")

    @admin.action(description=_("try again"), permissions=["retry"])
    def retry(self, request: HttpRequest, deadlines: QuerySet[Deadline]) -> None:
        count = retry_set_aside(deadlines)
        said = ngettext("%d deadline is in line again", "%d deadlines are in line again", count)
        messages.success(request, said % count)


class RegisterAdmin(ReadOnly, VisibleAdmin):
    """A register to look at: what happens in it happens through the cases' actions."""

    list_per_page = 50
    search_fields = ("case__number__startswith",)
    search_help_text = _("number of the case from its beginning")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)


@admin.register(Suspension)
class SuspensionAdmin(RegisterAdmin):
    list_select_related = ("case", "unit", "decider")
    list_display = ("case", "unit", "decider", "state", "asked_at", "review_at", "resumed_at")
    list_filter = ("state", ("resumed_at", admin.EmptyFieldListFilter), "review_at")
    ordering = ("review_at", "id")


@admin.register(Extension)
class ExtensionAdmin(RegisterAdmin):
    list_select_related = ("case", "unit", "decider")
    list_display = ("case", "unit", "decider", "state", "asked_at", "minutes", "granted_minutes")
    list_filter = ("state", "asked_at")
    ordering = ("-asked_at", "-id")


@admin.register(SupervisionOrder)
class SupervisionOrderAdmin(RegisterAdmin):
    list_display = ("case", "unit", "issuer", "listed", "state", "issued_at", "answered_at", "refusals")
    list_filter = ("state", "listed", "issued_at")
    list_select_related = ("case", "unit", "issuer")
    ordering = ("-issued_at", "-id")


class LookBackItemInline(ReadOnly, admin.TabularInline):
    model = LookBackItem
    fields = ("position", "case", "finding", "note", "checked_by", "checked_at")
    readonly_fields = fields
    extra = 0


@admin.register(LookBack)
class LookBackAdmin(RegisterAdmin):
    list_display = ("unit", "year", "quarter", "population", "percent", "seed", "drawn_at")
    list_filter = ("year", "quarter")
    list_select_related = ("unit",)
    search_fields = ("unit__name",)
    search_help_text = _("name of the unit")
    inlines = (LookBackItemInline,)
