"""What cases are about, and whose job that is."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.forms import ModelChoiceField
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from cases.choices import Focus
from cases.models import (
    Category,
    Precedent,
    RoutingRule,
)
from grids.admin import VisibleAdmin
from grids.admin.forms import searched
from grids.admin.tree import TreeAdmin
from grids.territory import territory_of


class CategoryForm(forms.ModelForm):
    """A category with its parent, instead of the tree's own columns."""

    parent = ModelChoiceField(Category.objects.all(), label=_("parent category"), required=False)
    focus = forms.MultipleChoiceField(
        label=_("focus areas"),
        choices=Focus.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    class Meta:
        model = Category
        fields = ("code", "name", "name_en", "urgency", "unit_kind", "lead_level", "photo_required", "active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parent = self.fields["parent"]
        parent.widget = searched(RoutingRule._meta.get_field("category"))
        parent.queryset = Category.objects.all()  # type: ignore[attr-defined]  # told to the widget, once it is there
        if self.instance.pk:
            self.fields["parent"].initial = Category.objects.get_parent(self.instance)
            self.fields["focus"].initial = self.instance.focus

    def clean_parent(self) -> Category | None:
        parent: Category | None = self.cleaned_data["parent"]
        if parent is not None and self.instance.pk and parent.path.startswith(self.instance.path):
            raise ValidationError(_("a category cannot stand below itself"))
        return parent


@admin.register(Category)
class CategoryAdmin(TreeAdmin):
    """One tree for all cities: only who answers for all of them changes it."""

    shared = True
    form = CategoryForm
    list_display = ("shown_name", "code", "urgency", "unit_kind", "lead_level", "photo_required", "active")
    list_filter = (("urgency", ChoicesDropdownFilter), ("unit_kind", ChoicesDropdownFilter), "active")
    search_fields = ("code__startswith", "name", "name_en")
    search_help_text = _("name, or code from its beginning")
    fields = (
        "parent", ("code", "active"), ("name", "name_en"), ("urgency", "photo_required"), ("unit_kind", "lead_level"),
        "focus",
    )  # fmt: skip

    @admin.display(description=_("name"))
    def shown_name(self, category: Category) -> str:
        english = (get_language() or "").startswith("en")
        return (english and category.name_en) or category.name

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        # Parent and focus are the form's own fields, which Django would look for in the model
        kwargs["fields"] = CategoryForm.Meta.fields
        return super().get_form(request, obj, change=change, **kwargs)

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: bool) -> None:
        """The category where its parent says, at the end of its level."""
        parent = form.cleaned_data["parent"]
        obj.focus = form.cleaned_data["focus"]
        if change:
            obj.save(update_fields=[*CategoryForm.Meta.fields, "focus"])
            if "parent" in form.changed_data:
                _put_under(obj, parent)
        elif parent is not None:
            Category.objects.add_child(Category.objects.get(pk=parent.pk), instance=obj)
        else:
            Category.objects.add_root(instance=obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return territory_of(request.user).everything

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return territory_of(request.user).everything

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Cases refer to it: it is taken out of use instead."""
        return False


def _put_under(category: Category, parent: Category | None) -> None:
    """Another parent, or none."""
    node = Category.objects.get(pk=category.pk)
    if parent is not None:
        Category.objects.move(node, Category.objects.get(pk=parent.pk), "last-child")
    else:
        Category.objects.move(node, Category.objects.filter(depth=1).latest("path"), "last-sibling")


@admin.register(RoutingRule)
class RoutingRuleAdmin(VisibleAdmin):
    grid_path = "grid__path"
    list_display = ("grid", "category", "unit", "unit_kind")
    list_filter = (("unit_kind", ChoicesDropdownFilter),)
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
