"""People who work for the city: their accounts and powers."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import InlineModelAdmin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from knox.models import AuthToken
from unfold.admin import ModelAdmin, TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelectWidget

from grids.choices import Role
from grids.models import Grid, Post, Unit, User
from grids.services.first_passwords import as_workbook, invite
from grids.services.second_factor import forget_second_factor
from grids.territory import territory_of

from .forms import searched
from .visible import ReadOnly, VisibleAdmin

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class PostInline(TabularInline):
    model = Post
    fk_name = "user"
    extra = 0
    autocomplete_fields = ("unit", "grid", "substitute")


class NewUserForm(UserCreationForm):
    """An account with its first post: whoever serves nowhere is seen by nobody but those who see everything.
    The admin, which makes a class of it for each request, says on that class who asks."""

    user: ClassVar[Any]
    unit = ModelChoiceField(Unit.objects.none(), label=_("unit"), help_text=_("where the person serves first"))
    role = forms.ChoiceField(label=_("role"), choices=Role.choices, widget=UnfoldAdminSelectWidget)
    grid = ModelChoiceField(
        Grid.objects.none(),
        label=_("narrower territory"),
        required=False,
        help_text=_("the part of the unit's territory that this post serves, as a grid worker's cell"),
    )

    class Meta(UserCreationForm.Meta):
        model = User
        fields = ("username", "name", "phone", "locale")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unit, grid, role = (self.fields[name] for name in ("unit", "grid", "role"))
        unit.widget = searched(Post._meta.get_field("unit"))
        grid.widget = searched(Post._meta.get_field("grid"))
        unit.queryset = Unit.objects.visible_to(self.user).filter(active=True)
        grid.queryset = Grid.objects.standing().visible_to(self.user)
        unit.required = role.required = not territory_of(self.user).everything

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        unit, grid = self.cleaned_data.get("unit"), self.cleaned_data.get("grid")
        if unit and grid and not grid.path.startswith(unit.grid.path):
            self.add_error("grid", _("must lie within the unit's own grid"))
        return cleaned

    def first_post(self) -> Post | None:
        """The post that the form describes, not yet saved; None where it names no unit."""
        said = self.cleaned_data
        if said.get("unit") is None:
            return None
        return Post(unit=said["unit"], role=said["role"], grid=said["grid"], starts_on=timezone.localdate())


class ChangedUserForm(UserChangeForm):
    class Meta(UserChangeForm.Meta):
        model = User


@admin.register(User)
class UserAdmin(VisibleAdmin, DjangoUserAdmin):  # type: ignore[misc]  # the stubs see two of Django's
    form = ChangedUserForm
    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "name", "phone", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", ("posts__role", ChoicesDropdownFilter))
    search_fields = ("username", "name", "phone")
    ordering = ("username",)
    actions = ("hand_out_links", "forget_second_factor")
    fieldsets = (
        (None, {"fields": (("username", "password"), ("name", "phone"), ("email", "locale"))}),
        (_("access"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        (_("dates"), {"fields": (("last_login", "date_joined"),)}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "name", "phone", "locale", "usable_password", "password1", "password2")}),
        (_("first post"), {"fields": ("unit", "role", "grid")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """Powers are given by those who have all of them."""
        powers = () if request.user.is_superuser else ("is_staff", "is_superuser", "groups", "user_permissions")
        return ("last_login", "date_joined", *powers)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        above_oneself = isinstance(obj, User) and obj.is_superuser and not request.user.is_superuser
        return not above_oneself and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Histories refer to people: an account is put out of use instead."""
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.user = request.user
        return form

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        post = form.first_post() if isinstance(form, NewUserForm) else None
        if post is not None:
            post.user = obj
            post.save()

    def get_inlines(self, request: HttpRequest, obj: Model | None) -> list[type[InlineModelAdmin[Any, Any]]]:
        return [PostInline] if obj is not None and request.user.is_superuser else []

    @admin.action(description=_("links to set a first password: a list, shown once"), permissions=["change"])
    def hand_out_links(self, request: HttpRequest, users: QuerySet[User]) -> HttpResponse | None:
        """The answer alone has the links. Who may not change a superuser gives them no password either."""
        invited = invite(users if request.user.is_superuser else users.exclude(is_superuser=True))
        if not invited:
            messages.warning(request, _("All of these have a password, or are out of use: nothing was changed."))
            return None
        answer = HttpResponse(as_workbook(invited), content_type=XLSX)
        answer["Content-Disposition"] = 'attachment; filename="first-passwords.xlsx"'
        answer["Cache-Control"] = "no-store"
        return answer

    def has_forget_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    @admin.action(description=_("forget the second factor: a telephone was lost"), permissions=["forget"])
    def forget_second_factor(self, request: HttpRequest, users: QuerySet[User]) -> None:
        forget_second_factor(users)
        messages.success(request, _("They enrol a telephone anew when they come in next."))


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    """Powers are given by those who have all of them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)


admin.site.unregister(AuthToken)


@admin.register(AuthToken)
class AuthTokenAdmin(ReadOnly, VisibleAdmin):
    """Tokens of the API: who has one, since when and how long; here one is taken away, never made."""

    list_display = ("user", "created", "expiry")
    list_select_related = ("user",)
    search_fields = ("user__username", "user__name")
    fields = ("user", "created", "expiry")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuthToken]:
        return AuthToken.objects.filter(user__in=User.objects.visible_to(request.user).values("pk"))

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.has_perm("knox.delete_authtoken"))


for device in (TOTPDevice, StaticDevice):  # their pages show secrets
    if admin.site.is_registered(device):
        admin.site.unregister(device)
