"""What is asked of the figures: read from the address, and refused by name where it cannot be used."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, TypeVar

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request

from cases import categories
from cases.choices import Channel, Urgency
from grids import tree
from grids.choices import Level
from grids.models import Grid, Unit
from insights.figures import Filters, Scope, chosen
from insights.scopes import DAY

LONGEST = 1100
"""Days: three years and a bit."""
USUAL = timedelta(days=27)
FIRST_YEAR, LAST_YEAR = 1990, 2200
"""A day beyond them is a slip of the pen."""
ELSEWHERE = frozenset({"cursor", "ordering", "page_size", "format"})


class PlaceInputs(serializers.Serializer):
    """A place or a unit, and what narrows its cases."""

    grid = serializers.CharField(required=False, max_length=18, help_text="Code of a grid: it and all below it.")
    unit = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1, help_text="Id of a unit.")
    category = serializers.CharField(required=False, max_length=40, help_text="Code of a category: it and all below.")
    channel = serializers.ChoiceField(required=False, choices=Channel.choices)
    urgency = serializers.ChoiceField(required=False, choices=Urgency.choices)
    level = serializers.ChoiceField(required=False, choices=Level.choices, help_text="Level of the unit responsible.")

    def validate_grid(self, code: str) -> Grid:
        slot = tree.by_code(code)
        if slot is None:
            raise serializers.ValidationError(_("no grid has the code %s") % code)
        return Grid.objects.get(pk=slot.id)

    def validate_unit(self, key: int) -> Unit:
        unit = Unit.objects.filter(pk=key).first()
        if unit is None:
            raise Http404
        return unit

    def validate_category(self, code: str) -> int:
        row = categories.book().by_code.get(code)
        if row is None:
            raise serializers.ValidationError(_("no category has the code %s") % code)
        return row.id

    def scope(self) -> Scope:
        """What was asked about, once it is valid."""
        said = self.validated_data
        filters = Filters(said.get("category"), said.get("channel"), said.get("urgency"), said.get("level"))
        today = timezone.localdate()
        return Scope(said.get("grid"), said.get("unit"), said.get("starts", today), said.get("ends", today), filters)


class ScopeInputs(PlaceInputs):
    """The same over some days."""

    starts = serializers.DateField(required=False, help_text="First day; four weeks in all where it is left out.")
    ends = serializers.DateField(required=False, help_text="Last day; today where it is left out.")

    def validate_starts(self, day: date) -> date:
        return _sensible(day)

    def validate_ends(self, day: date) -> date:
        return _sensible(day)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        ends = attrs.setdefault("ends", timezone.localdate())
        starts = attrs.setdefault("starts", ends - USUAL)
        if starts > ends:
            raise serializers.ValidationError({"starts": _("must not come after “ends”")})
        if (ends - starts) / DAY >= LONGEST:
            raise serializers.ValidationError({"starts": _("at most %d days before “ends”") % LONGEST})
        return attrs


def _sensible(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise serializers.ValidationError(
            _("a day from %(first)s to %(last)s") % {"first": FIRST_YEAR, "last": LAST_YEAR}
        )
    return day


class FiguresInputs(ScopeInputs):
    """Some measures, or all."""

    measures = serializers.CharField(
        required=False, max_length=600, help_text="Names of measures with commas between them; all where left out."
    )

    def validate_measures(self, names: str) -> list[str]:
        return [measure.name for measure in chosen(names.split(","))]


class SeriesInputs(ScopeInputs):
    """One measure over time."""

    measure = serializers.CharField(max_length=40, help_text="Name of a measure.")
    step = serializers.ChoiceField(required=False, default="day", choices=["day", "week", "month"])

    def validate_measure(self, name: str) -> str:
        return chosen([name])[0].name


class RankingInputs(FiguresInputs):
    """By grids or units."""

    by = serializers.ChoiceField(required=False, default="grid", choices=["grid", "unit"])


class CasesInputs(ScopeInputs):
    """Which of the cases behind a figure."""

    part = serializers.ChoiceField(
        required=False, default="numerator", choices=["numerator", "denominator", "missing"],
        help_text="missing: of the denominator, those that the numerator has not.",
    )  # fmt: skip


class StockInputs(PlaceInputs):
    """The stock at a moment."""

    at = serializers.DateTimeField(required=False, help_text="A past moment; now where it is left out.")

    def validate_at(self, at: Any) -> Any:
        if at > timezone.now():
            raise serializers.ValidationError(_("must not lie ahead"))
        return at


Inputs = TypeVar("Inputs", bound=PlaceInputs)


def asked(request: Request, kind: type[Inputs]) -> Inputs:
    """The inputs of a request. Raises ValidationError with the field, also for a parameter that there is not."""
    inputs = kind(data=request.query_params)
    if unknown := sorted(set(request.query_params) - set(inputs.fields) - ELSEWHERE):
        known = ", ".join(inputs.fields)
        raise serializers.ValidationError({name: _("no such parameter; there are: %s") % known for name in unknown})
    inputs.is_valid(raise_exception=True)
    return inputs
