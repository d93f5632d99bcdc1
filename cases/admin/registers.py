"""What hangs on cases, as registers: whistles, verdicts, requests, orders, look-backs."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from cases.models import (
    Extension,
    Job,
    LookBack,
    LookBackItem,
    Patrol,
    PeerRating,
    PublicEntry,
    SavedFilter,
    SupervisionOrder,
    Suspension,
    Whistle,
)
from grids.admin import ReadOnly, VisibleAdmin


class RegisterAdmin(ReadOnly, VisibleAdmin):
    """A register to look at: what happens in it happens through the cases' actions."""

    search_fields: ClassVar[tuple[str, ...]] = ("case__number__startswith",)
    search_help_text = _("number of the case from its beginning")


@admin.register(Whistle)
class WhistleAdmin(ReadOnly, VisibleAdmin):
    grid_path = "case__grid_path"
    list_display = ("case", "unit", "wanted", "decider", "state", "asked_at", "decided_at")
    list_filter = (("state", ChoicesDropdownFilter), "asked_at")
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


@admin.register(Suspension)
class SuspensionAdmin(RegisterAdmin):
    list_select_related = ("case", "unit", "decider")
    list_display = ("case", "unit", "decider", "state", "asked_at", "review_at", "resumed_at")
    list_filter = (("state", ChoicesDropdownFilter), ("resumed_at", admin.EmptyFieldListFilter), "review_at")
    ordering = ("review_at", "id")


@admin.register(Extension)
class ExtensionAdmin(RegisterAdmin):
    list_select_related = ("case", "unit", "decider")
    list_display = ("case", "unit", "decider", "state", "asked_at", "minutes", "granted_minutes")
    list_filter = (("state", ChoicesDropdownFilter), "asked_at")
    ordering = ("-asked_at", "-id")


@admin.register(SupervisionOrder)
class SupervisionOrderAdmin(RegisterAdmin):
    list_display = ("case", "unit", "issuer", "listed", "state", "issued_at", "answered_at", "refusals")
    list_filter = (("state", ChoicesDropdownFilter), "listed", "issued_at")
    list_select_related = ("case", "unit", "issuer")
    ordering = ("-issued_at", "-id")


@admin.register(PublicEntry)
class PublicEntryAdmin(RegisterAdmin):
    list_display = ("case", "title", "published_at", "published_by", "withdrawn_at")
    list_filter = (("withdrawn_at", admin.EmptyFieldListFilter), "published_at")
    list_select_related = ("case", "published_by")
    ordering = ("-published_at", "-id")


class LookBackItemInline(ReadOnly, TabularInline):
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


@admin.register(Job)
class JobAdmin(RegisterAdmin):
    """Who took out or did what, over which cases."""

    list_display = ("id", "kind", "asked_by", "asked_at", "state", "done", "total", "error")
    list_filter = ("kind", "state", "asked_at")
    list_select_related = ("asked_by",)
    search_fields = ("asked_by__username", "asked_by__name")
    search_help_text = _("who asked")
    ordering = ("-id",)


@admin.register(SavedFilter)
class SavedFilterAdmin(RegisterAdmin):
    list_display = ("name", "owner", "unit", "saved_at")
    list_select_related = ("owner", "unit")
    search_fields = ("name", "owner__username")
    search_help_text = _("name of the list, or user name")


@admin.register(Patrol)
class PatrolAdmin(ReadOnly, VisibleAdmin):
    list_display = ("at", "user", "unit", "grid", "intake_point", "case")
    list_filter = ("at",)
    list_select_related = ("user", "unit", "grid", "intake_point", "case")
    search_fields = ("user__name", "grid__name", "case__number__startswith")
    fields = ("at", "recorded_at", "user", "unit", "grid", "intake_point", "lon", "lat", "note", "case")
