"""Filters of lists that refuse what they do not know: a misspelt filter must not show everything."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from django_filters.fields import IsoDateTimeField
from rest_framework.exceptions import ValidationError

from grids import tree
from grids.choices import Level, UnitKind

NO_FILTERS = frozenset({"cursor", "ordering", "page_size", "format"})
BIGGEST = 2**63 - 1


class FiltersAsked(filters.DjangoFilterBackend):
    """Builds the filters, a form with fields of its own, only for a request that names one."""

    def get_filterset(self, request: Any, queryset: Any, view: Any) -> Any:
        return super().get_filterset(request, queryset, view) if set(request.query_params) - NO_FILTERS else None


class StrictFilterSet(filters.FilterSet):
    """Raises 400 for a parameter that is no filter."""

    def is_valid(self) -> bool:
        if unknown := sorted(set(self.data) - set(self.filters) - NO_FILTERS):
            known = ", ".join([*self.filters, *sorted(NO_FILTERS - {"format"})])
            raise ValidationError({name: _("no such filter; there are: %s") % known for name in unknown})
        return bool(super().is_valid())


class FlagFilter(filters.TypedChoiceFilter):
    """`true` or `false`; anything else is refused."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=(("true", "true"), ("false", "false")), coerce=lambda text: text == "true", **kwargs)


class KeyFilter(filters.Filter):
    """The number by which a row is known."""

    field_class = forms.IntegerField

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=BIGGEST, **kwargs)


class MomentField(IsoDateTimeField):
    """A moment, in UTC: PostgreSQL refuses offsets of sixteen hours and more, which Python and ISO 8601 know."""

    def to_python(self, value: Any) -> datetime | None:
        moment: datetime | None = super().to_python(value)
        try:
            return moment.astimezone(UTC) if moment is not None else None
        except OverflowError:  # within hours of the first or the last moment that there is: no row is as near
            return moment.replace(tzinfo=UTC) if moment is not None else None


class MomentFilter(filters.IsoDateTimeFilter):
    """Rows before or after a moment, in any offset."""

    field_class = MomentField


class SubtreeFilter(filters.CharFilter):
    """Rows that lie in the grid of this code; `field_name` is the column of the tree path."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=18, **kwargs)

    def filter(self, qs: Any, value: str) -> Any:
        if not value:
            return qs
        slot = tree.by_code(value)
        if slot is None:
            raise ValidationError({"grid": _("no grid has the code %s") % value})
        return qs.filter(**{f"{self.field_name}__startswith": slot.path})


class GridFilter(StrictFilterSet):
    """Grids by code, name, place and level."""

    code = filters.CharFilter(lookup_expr="startswith", max_length=18, help_text="Beginning of the code.")
    name = filters.CharFilter(lookup_expr="contains", max_length=120, help_text="Part of the name.")
    grid = SubtreeFilter(field_name="path", help_text="Code of a grid: it and all that lies in it.")
    parent = filters.CharFilter(method="children", max_length=18, help_text="Code of the grid directly above.")
    level = filters.ChoiceFilter(choices=Level)

    def children(self, qs: Any, name: str, value: str) -> Any:
        slot = tree.by_code(value)
        if slot is None:
            raise ValidationError({name: _("no grid has the code %s") % value})
        return qs.filter(path__startswith=slot.path, depth=len(slot.path) // tree.STEP + 1)


class UnitFilter(StrictFilterSet):
    """Units by place, kind and name."""

    grid = SubtreeFilter(field_name="grid__path", help_text="Code of a grid: units of it and of all that lies in it.")
    level = filters.ChoiceFilter(field_name="grid__level", choices=Level)
    kind = filters.ChoiceFilter(choices=UnitKind)
    name = filters.CharFilter(lookup_expr="contains", max_length=120, help_text="Part of the name.")


class IntakePointFilter(StrictFilterSet):
    """Intake points by place and name."""

    grid = SubtreeFilter(field_name="grid__path", help_text="Code of a grid: points in it and in all below.")
    name = filters.CharFilter(lookup_expr="contains", max_length=120, help_text="Part of the name.")
    active = FlagFilter()
