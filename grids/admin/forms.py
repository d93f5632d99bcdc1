"""A node's form with its parent, instead of the tree's own columns."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db.models import Field
from django.forms import ModelChoiceField
from django.utils.translation import gettext_lazy as _
from unfold.widgets import SELECT_CLASSES

from grids.boundaries import checked_boundary
from grids.models import Grid
from grids.services.grids import check_parent


def searched(leads_to: Field[Any, Any]) -> AutocompleteSelect:
    """A choice by search among the rows that a foreign key leads to."""
    return AutocompleteSelect(leads_to, admin.site, attrs={"class": " ".join(SELECT_CLASSES)})


class GridForm(forms.ModelForm):
    """A grid with its parent instead of treebeard's columns. The admin, which makes a class of it for each request,
    says on that class who asks."""

    user: ClassVar[Any]
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
        parent: Any = self.fields["parent"]
        # The reference to another grid that the model has lends its search to the parent, which is none
        parent.widget = searched(Grid._meta.get_field("merged_into"))
        parent.queryset = Grid.objects.standing().visible_to(self.user)  # after the widget, which it gives its choices
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
