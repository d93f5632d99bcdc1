"""Territory, units, people and calendars for administrators. Everybody sees what `visible_to` gives them,
in lists, choices and searches alike; what has a history goes through the services that write it."""

from __future__ import annotations

import base64
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import InlineModelAdmin
from django.contrib.admin.widgets import AutocompleteSelect
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.core.exceptions import ValidationError
from django.db.models import Field, ForeignKey, Max, Model, Q, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from treebeard.admin import TreeAdmin

from .boundaries import checked_boundary
from .calendars import FIRST_YEAR, fill_calendar
from .models import (
    CalendarDay,
    Grid,
    GridChange,
    IntakePoint,
    Post,
    Unit,
    User,
    WorkingCalendar,
    WorkingHours,
)
from .qr import form_url, qr_svg
from .services import create_grid, move_grid, rename_grid
from .services.grids import check_parent
from .territory import territory_of


class VisibleAdmin(admin.ModelAdmin):
    """Rows and choices within one's own territory. `grid_path` leads to the grid's path where the model
    has no `visible_to` of its own."""

    grid_path = ""
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        if hasattr(rows, "visible_to"):
            return rows.visible_to(request.user)
        return rows.filter(territory_of(request.user).within(self.grid_path))

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        choices = db_field.remote_field.model._default_manager
        if hasattr(choices, "visible_to"):
            kwargs.setdefault("queryset", choices.visible_to(request.user))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


def _signed_in(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 - the admin lets in nobody else
    return request.user


class GridForm(forms.ModelForm):
    """A grid with its parent instead of treebeard's columns."""

    parent = ModelChoiceField(Grid.objects.none(), label=_("parent"), required=False)

    class Meta:
        model = Grid
        fields = (
            "code",
            "name",
            "level",
            "population",
            "skips_levels",
            "boundary",
            "lon",
            "lat",
            "synthetic",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parent = self.fields["parent"]
        parent.queryset = Grid.objects.standing()  # type: ignore[attr-defined]
        # The reference to another grid that the model has lends its search to the parent, which is none
        parent.widget = AutocompleteSelect(Grid._meta.get_field("merged_into"), admin.site)
        if self.instance.pk:
            parent.initial = Grid.objects.get_parent(self.instance)

    def clean_boundary(self) -> dict[str, Any] | None:
        """An outline that the index of all outlines can be built with."""
        boundary: dict[str, Any] | None = self.cleaned_data["boundary"]
        try:
            return checked_boundary(boundary)
        except ValidationError as error:
            raise ValidationError(error.messages) from error

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        level = cleaned.get("level", self.instance.level)
        if level and "parent" in cleaned:
            check_parent(level, cleaned["parent"], skips_levels=cleaned.get("skips_levels", False))
        return cleaned


@admin.register(Grid)
class GridAdmin(VisibleAdmin, TreeAdmin):
    form = GridForm
    list_display = ("name", "code", "level", "kind", "population", "synthetic", "dissolved_at")
    list_filter = ("level", "synthetic", ("dissolved_at", admin.EmptyFieldListFilter))
    search_fields = ("code__startswith", "name")
    fields = ("parent", *GridForm.Meta.fields, "kind", "dissolved_at", "merged_into")
    readonly_fields = ("kind", "dissolved_at", "merged_into")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Grid]:
        """The tree begins at one's own territories, where one's city is not one of them."""
        territory = territory_of(request.user)
        at_root = getattr(request, "_treebeard_parent_id", "") is None and not self.is_filtered(request)
        if at_root and not territory.everything and not hasattr(request, "_ignore_treebeard_filters"):
            request._treebeard_parent = None  # type: ignore[attr-defined]
            return Grid.objects.filter(path__in=territory.paths)
        return super().get_queryset(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """A code and a level are what a grid is; it cannot become another."""
        fixed = ("code", "level") if obj is not None else ()
        return (*self.readonly_fields, *fixed)

    def get_form(self, request: HttpRequest, obj: Grid | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        user = request.user

        class FormOfThisUser(form):  # type: ignore[misc,valid-type]
            def __init__(self, *args: Any, **form_kwargs: Any) -> None:
                super().__init__(*args, **form_kwargs)
                self.fields["parent"].queryset = Grid.objects.standing().visible_to(user)

        return FormOfThisUser

    def save_model(self, request: HttpRequest, obj: Grid, form: Any, change: bool) -> None:
        cleaned = form.cleaned_data
        if not change:
            facts = {name: cleaned[name] for name in GridForm.Meta.fields}
            made = create_grid(parent=cleaned["parent"], **facts)
            obj.pk, obj.path, obj.depth, obj.numchild = made.pk, made.path, made.depth, made.numchild
            return
        stored = Grid.objects.get(pk=obj.pk)
        if "parent" in form.changed_data and cleaned["parent"] is not None:
            move_grid(
                stored,
                cleaned["parent"],
                by=_signed_in(request),
                skips_levels=cleaned["skips_levels"],
            )
        if "name" in form.changed_data:
            rename_grid(stored, cleaned["name"], by=_signed_in(request))
        plain = [name for name in form.changed_data if name not in ("parent", "name")]
        if plain:
            obj.save(update_fields=plain)

    def move_node(self, request: HttpRequest) -> HttpResponse:
        """Dragging within one parent only sorts; to another parent it is a move, with its line in the
        history."""
        visible = self.get_queryset(request)
        node = visible.filter(pk=request.POST.get("node") or 0).first()
        target = visible.filter(pk=request.POST.get("target") or 0).first()
        if node is None or target is None or not self.has_change_permission(request, node):
            return HttpResponseBadRequest()
        child = request.POST.get("relation") == "child"
        parent = target if child else Grid.objects.get_parent(target)
        if not child and parent == Grid.objects.get_parent(node):
            return super().move_node(request)
        try:
            if parent is None:
                raise ValidationError(_("only a city stands at the root: name the parent"))
            move_grid(node, parent, by=_signed_in(request), skips_levels=node.skips_levels)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return HttpResponseBadRequest()
        messages.info(request, _("%(grid)s now lies in %(parent)s") % {"grid": node, "parent": parent})
        return HttpResponse("OK")


@admin.register(GridChange)
class GridChangeAdmin(VisibleAdmin):
    """History is read, not written."""

    grid_path = "grid__path"
    list_display = ("at", "grid", "kind", "by")
    list_filter = ("kind", "at")
    search_fields = ("grid__code__startswith", "grid__name")
    list_select_related = ("grid", "by")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Unit)
class UnitAdmin(VisibleAdmin):
    list_display = ("name", "kind", "grid", "phone", "active")
    list_filter = ("kind", "grid__level", "active")
    search_fields = ("name", "grid__name", "grid__code__startswith")
    autocomplete_fields = ("grid",)
    list_select_related = ("grid",)


@admin.register(Post)
class PostAdmin(VisibleAdmin):
    list_display = ("user", "role", "unit", "grid", "starts_on", "ends_on", "substitute")
    list_filter = ("role", "unit__grid__level", ("ends_on", admin.EmptyFieldListFilter))
    search_fields = ("user__name", "user__username", "unit__name", "grid__code__startswith")
    autocomplete_fields = ("user", "unit", "grid", "substitute")
    list_select_related = ("user", "unit", "grid", "substitute")


class PostInline(admin.TabularInline):
    model = Post
    fk_name = "user"
    extra = 0
    autocomplete_fields = ("unit", "grid", "substitute")


class NewUserForm(AdminUserCreationForm):
    class Meta(AdminUserCreationForm.Meta):
        model = User
        fields = ("username", "name", "phone", "locale")


class ChangedUserForm(UserChangeForm):
    class Meta(UserChangeForm.Meta):
        model = User


@admin.register(User)
class UserAdmin(VisibleAdmin, DjangoUserAdmin):
    form = ChangedUserForm
    add_form = NewUserForm
    list_display = ("username", "name", "phone", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", "posts__role")
    search_fields = ("username", "name", "phone")
    ordering = ("username",)
    fieldsets = (
        (None, {"fields": ("username", "password", "name", "phone", "email", "locale")}),
        (_("access"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        (_("dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {"fields": ("username", "name", "phone", "locale", "usable_password", "password1", "password2")},
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """Powers are given by those who have all of them."""
        powers = () if request.user.is_superuser else ("is_staff", "is_superuser", "groups", "user_permissions")
        return ("last_login", "date_joined", *powers)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        above_oneself = isinstance(obj, User) and obj.is_superuser and not request.user.is_superuser
        return not above_oneself and super().has_change_permission(request, obj)

    def get_inlines(self, request: HttpRequest, obj: Model | None) -> list[type[InlineModelAdmin[Any, Any]]]:
        return [PostInline] if obj is not None and request.user.is_superuser else []


@admin.register(IntakePoint)
class IntakePointAdmin(VisibleAdmin):
    list_display = ("name", "kind", "grid", "address", "active")
    list_filter = ("kind", "active")
    search_fields = ("name", "address", "grid__name", "grid__code__startswith")
    autocomplete_fields = ("grid",)
    list_select_related = ("grid",)
    readonly_fields = ("code_on_the_wall",)

    @admin.display(description=_("QR code"))
    def code_on_the_wall(self, point: IntakePoint) -> SafeString | str:
        if not point.pk:
            return "-"
        image = base64.b64encode(qr_svg(point, scale=4)).decode()
        return format_html(
            '<img alt="" src="data:image/svg+xml;base64,{}"><br><a href="{}">{}</a>',
            image,
            form_url(point),
            form_url(point),
        )


class HoursInline(admin.TabularInline):
    model = WorkingHours
    extra = 0


@admin.register(WorkingCalendar)
class WorkingCalendarAdmin(VisibleAdmin):
    grid_path = "grid__path"
    list_display = ("grid", "timezone", "announced_to")
    actions = ("bring_in_announced",)
    search_fields = ("grid__name", "grid__code__startswith")
    autocomplete_fields = ("grid",)
    list_select_related = ("grid",)
    inlines = (HoursInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        holidays = Q(days__kind=CalendarDay.Kind.HOLIDAY)
        return super().get_queryset(request).annotate(last_holiday=Max("days__date", filter=holidays))

    @admin.display(description=_("announced to"))
    def announced_to(self, calendar: Any) -> str:
        """Up to which year the holidays are known; further ones are counted by their weekdays until they are."""
        if calendar.last_holiday is None:
            return str(_("no year: all are counted by weekdays"))
        return _("%(year)d; later years are counted by weekdays") % {"year": calendar.last_holiday.year}

    @admin.action(description=_("bring in the announced holidays and make-up days"), permissions=["change"])
    def bring_in_announced(self, request: HttpRequest, calendars: QuerySet[Any]) -> None:
        years = range(FIRST_YEAR, timezone.localdate().year + 2)
        for calendar in calendars:
            done = fill_calendar(calendar.grid, years)
            said = {"grid": calendar.grid, "new": done.created, "changed": done.updated + done.removed}
            messages.success(request, _("%(grid)s: %(new)d days are new, %(changed)d have changed") % said)


@admin.register(CalendarDay)
class CalendarDayAdmin(VisibleAdmin):
    grid_path = "calendar__grid__path"
    list_display = ("date", "kind", "name", "calendar", "source")
    list_filter = ("kind", "source")
    search_fields = ("name", "calendar__grid__name")
    date_hierarchy = "date"
    autocomplete_fields = ("calendar",)
    list_select_related = ("calendar__grid",)
    readonly_fields = ("source",)

    def save_model(self, request: HttpRequest, obj: CalendarDay, form: Any, change: bool) -> None:
        """What a person corrected is theirs: the library does not write over it again."""
        obj.source = Field.get_default(CalendarDay._meta.get_field("source"))
        super().save_model(request, obj, form, change)
