"""The shapes of territory, people and sign-in, and the fields by which requests name them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from grids import tree
from grids.choices import Level, Role, UnitKind
from grids.models import Grid, IntakePoint, Unit
from grids.qr import form_url

from .shapes import Shape

BIGGEST = 2**63 - 1


class StrictSerializer(serializers.Serializer):
    """Refuses what it does not know: a misspelt field must not be lost."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := sorted(set(data) - set(self.fields))):
            known = ", ".join(self.fields) or "-"
            raise serializers.ValidationError(
                {str(name): _("no such field; there are: %s") % known for name in unknown}
            )
        return super().to_internal_value(data)


class GridRef(Shape):
    """A grid as others mention it."""

    code = serializers.CharField()
    name = serializers.CharField()
    level = serializers.ChoiceField(choices=Level.choices)
    place = serializers.CharField(help_text="All names from the city down.")


class UnitRef(Shape):
    """A unit as others mention it."""

    id = serializers.IntegerField()
    name = serializers.CharField()


def grid_ref(path: str) -> dict[str, Any] | None:
    """The grid at this tree path, standing or dissolved, as others mention it; None where there is none."""
    way = tree.way_to(path)
    if not way:
        return None
    slot = way[-1]
    return {"code": slot.code, "name": slot.name, "level": slot.level, "place": " / ".join(s.name for s in way)}


def unit_ref(unit_id: int | None, path: str) -> dict[str, Any] | None:
    """A unit of the city that this tree path lies in, as others mention it, active or not."""
    return {"id": unit_id, "name": tree.unit_name(unit_id, path)} if unit_id is not None else None


class NamingField(serializers.CharField):
    """A text that names something else; becomes what `find` makes of it."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        text = super().run_validation(data)
        return None if text is None else self.find(text)

    def find(self, text: str) -> Any:
        """What the text names. Raises ValidationError where there is none."""
        raise NotImplementedError


class GridCodeField(NamingField):
    """A standing grid by its code; becomes its slot in the tree."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=18, **kwargs)

    def find(self, code: str) -> Any:
        slot = tree.by_code(code) if code.isascii() and code.isdigit() else None
        if slot is None:
            raise serializers.ValidationError(_("no grid has the code %s") % code)
        return slot


class UnitIdField(serializers.IntegerField):
    """A unit that the user sees, by its id."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=BIGGEST, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return _units(self, [super().run_validation(data)])[0]


class UnitIdsField(serializers.ListField):
    """Several units that the user sees, by their ids, each once."""

    def __init__(self, **kwargs: Any) -> None:
        child = serializers.IntegerField(min_value=1, max_value=BIGGEST)
        super().__init__(child=child, max_length=50, **({"allow_empty": True} | kwargs))

    def run_validation(self, data: Any = serializers.empty) -> Any:
        ids = super().run_validation(data)
        return _units(self, list(dict.fromkeys(ids))) if ids else []


def _units(field: serializers.Field, ids: list[int]) -> list[Unit]:
    seen = Unit.objects.visible_to(field.context["request"].user).select_related("grid").in_bulk(ids)
    if missing := [str(pk) for pk in ids if pk not in seen]:
        raise serializers.ValidationError(_("no unit of your territory has the id %s") % ", ".join(missing))
    return [seen[pk] for pk in ids]


class IntakePointField(NamingField):
    """An active intake point by the token of its QR code."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=24, **kwargs)

    def find(self, token: str) -> IntakePoint:
        point = IntakePoint.objects.filter(token=token, active=True).first()
        if point is None:
            raise serializers.ValidationError(_("no intake point has this token"))
        return point


class GridSerializer(Shape):
    """A grid in a list."""

    code = serializers.CharField()
    name = serializers.CharField()
    level = serializers.ChoiceField(choices=Level.choices)
    kind = serializers.CharField(help_text="As the division is called: 街道, 镇, 社区, 村, …")
    place = serializers.SerializerMethodField(help_text="All names from the city down.")
    parent = serializers.SerializerMethodField(  # type: ignore[assignment]  # a name that DRF has too
        help_text="Code of the grid directly above; null for a city."
    )
    population = serializers.IntegerField(allow_null=True)
    lon = serializers.FloatField(allow_null=True)
    lat = serializers.FloatField(allow_null=True)
    synthetic = serializers.BooleanField(help_text="Made up for a demo.")

    def get_place(self, grid: Grid) -> str:
        return " / ".join(slot.name for slot in tree.way_to(grid.path))

    def get_parent(self, grid: Grid) -> str | None:
        way = tree.way_to(grid.path)
        return way[-2].code if len(way) > 1 else None


class UnitSerializer(Shape):
    """A unit in a list."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=UnitKind.choices)
    phone = serializers.CharField()
    active = serializers.BooleanField()
    grid = serializers.SerializerMethodField()

    @extend_schema_field(GridRef)
    def get_grid(self, unit: Unit) -> dict[str, Any] | None:
        return grid_ref(unit.grid.path)


class GridDetailSerializer(GridSerializer):
    """A grid with what lies above it and who serves it."""

    ancestors = serializers.SerializerMethodField()
    units = serializers.SerializerMethodField()
    boundary = serializers.JSONField(help_text="GeoJSON (multi)polygon, WGS-84, or null.")

    @extend_schema_field(GridRef(many=True))
    def get_ancestors(self, grid: Grid) -> list[Any]:
        return [grid_ref(slot.path) for slot in tree.way_to(grid.path)[:-1]]

    @extend_schema_field(UnitSerializer(many=True))
    def get_units(self, grid: Grid) -> Any:
        units = Unit.objects.visible_to(self.context["request"].user).filter(grid=grid, active=True)
        return UnitSerializer(units.select_related("grid"), many=True).data


class LocatedSerializer(Shape):
    """The grid of a place, and which way it was found."""

    grid = GridRef()
    found_by = serializers.ChoiceField(choices=[("point", "point"), ("nearest", "nearest")])
    distance_m = serializers.FloatField(help_text="Metres to the grid's outline; 0 inside it.")


class IntakePointSerializer(Shape):
    """An intake point, with the address that its QR code opens."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=IntakePoint.Kind.choices)
    address = serializers.CharField()
    lon = serializers.FloatField(allow_null=True)
    lat = serializers.FloatField(allow_null=True)
    active = serializers.BooleanField()
    token = serializers.CharField()
    form_url = serializers.SerializerMethodField()
    grid = serializers.SerializerMethodField()

    def get_form_url(self, point: IntakePoint) -> str:
        return form_url(point)

    @extend_schema_field(GridRef)
    def get_grid(self, point: IntakePoint) -> dict[str, Any] | None:
        return grid_ref(point.grid.path)


class CredentialsSerializer(StrictSerializer):
    """What signing in asks for."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=200, trim_whitespace=False, style={"input_type": "password"})


class NewTokenSerializer(Shape):
    """A token, shown this once."""

    token = serializers.CharField()
    expires_at = serializers.DateTimeField(allow_null=True)


class TokenSerializer(Shape):
    """A token of one's own, without its secret."""

    id = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField(source="created")
    expires_at = serializers.DateTimeField(source="expiry", allow_null=True)
    current = serializers.SerializerMethodField(help_text="Whether this request came with it.")

    def get_id(self, token: Any) -> str:
        return str(token.digest[:16])

    def get_current(self, token: Any) -> bool:
        return token == self.context["request"].auth


class PostSerializer(Shape):
    """A post whose powers the user has today."""

    role = serializers.ChoiceField(choices=Role.choices)
    unit = UnitRef()
    grid = GridRef(help_text="The territory served.")


class MeSerializer(Shape):
    """Who is signed in, and how far they see."""

    username = serializers.CharField()
    name = serializers.CharField()
    email = serializers.EmailField(allow_blank=True)
    phone = serializers.CharField()
    locale = serializers.CharField()
    everything = serializers.BooleanField(help_text="Sees all territory.")
    territory = serializers.ListField(child=serializers.CharField(), help_text="Codes of the grids seen as a whole.")
    posts = PostSerializer(many=True)
