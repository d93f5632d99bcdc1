"""Units, the posts in them, and the places where residents speak up."""

from __future__ import annotations

import base64
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from grids.models import IntakePoint, Post, Unit
from grids.qr import form_url, qr_svg

from .importing import ImportingAdmin
from .resources import PostResource, UnitResource
from .visible import VisibleAdmin


@admin.register(Unit)
class UnitAdmin(ImportingAdmin, VisibleAdmin):
    resource_classes = (UnitResource,)
    list_display = ("name", "kind", "grid", "phone", "active")
    list_filter = (("kind", ChoicesDropdownFilter), ("grid__level", ChoicesDropdownFilter), "active")
    search_fields = ("name", "grid__name", "grid__code__startswith")
    search_help_text = _("name of the unit, name or code of its grid")
    autocomplete_fields = ("grid",)
    list_select_related = ("grid",)


@admin.register(Post)
class PostAdmin(ImportingAdmin, VisibleAdmin):
    resource_classes = (PostResource,)
    list_display = ("user", "role", "unit", "grid", "starts_on", "ends_on", "substitute")
    list_filter = (
        ("role", ChoicesDropdownFilter),
        ("unit__grid__level", ChoicesDropdownFilter),
        ("ends_on", admin.EmptyFieldListFilter),
    )
    search_fields = ("user__name", "user__username", "unit__name", "grid__code__startswith")
    search_help_text = _("name or account of the person, name of the unit, code of the territory")
    autocomplete_fields = ("user", "unit", "grid", "substitute")
    list_select_related = ("user", "unit", "grid", "substitute")
    fieldsets = (
        (None, {"fields": (("user", "role"), ("unit", "grid"), ("starts_on", "ends_on"))}),
        (_("leave"), {"fields": ("substitute", ("leave_from", "leave_to"))}),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("grid__boundary")


@admin.register(IntakePoint)
class IntakePointAdmin(VisibleAdmin):
    list_display = ("name", "kind", "grid", "address", "active")
    list_filter = (("kind", ChoicesDropdownFilter), "active")
    search_fields = ("name", "address", "grid__name", "grid__code__startswith")
    autocomplete_fields = ("grid",)
    list_select_related = ("grid",)
    readonly_fields = ("code_on_the_wall",)
    fields = ("grid", ("kind", "name"), "address", ("lon", "lat"), "active", "code_on_the_wall")

    @admin.display(description=_("QR code"))
    def code_on_the_wall(self, point: IntakePoint) -> SafeString | str:
        if not point.pk:
            return "-"
        image = base64.b64encode(qr_svg(point, scale=4)).decode()
        return format_html(
            '<img alt="" class="qr" src="data:image/svg+xml;base64,{}"><a href="{}">{}</a>',
            image,
            form_url(point),
            form_url(point),
        )
