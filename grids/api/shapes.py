"""Serializers that only say what is answered. Their fields are read and written by a plan that is made once for each
class, where Django REST framework copies the fields for each answer; the description of the API comes from the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from enum import Enum
from operator import attrgetter, itemgetter
from typing import Any

from django.utils.functional import cached_property
from django.utils.timezone import get_current_timezone
from rest_framework import serializers

Write = Callable[["Shape", Any], Any]


class Shape(serializers.Serializer):
    """A serializer for answers alone. Its fields may be of any kind; those of the usual ones cost next to nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._inner: dict[str, Shape] = {}

    def to_representation(self, instance: Any) -> dict[str, Any]:
        cls = type(self)
        plan = cls.__dict__.get("_plan")
        if plan is None:
            plan = cls._plan = Plan(cls)  # type: ignore[attr-defined]  # each class has its own, made when first used
        said: dict[str, Any] = plan.write(self, instance)
        return said

    def inner(self, name: str, shape: type[Shape]) -> Shape:
        """The shape of a field, made once for each answer and knowing its context."""
        found = self._inner.get(name)
        if found is None:
            found = self._inner[name] = shape(context=self.context)
            found.zone = self.zone
        return found

    @cached_property
    def zone(self) -> tzinfo:
        """The time zone in which this answer says its moments."""
        return get_current_timezone()


class Plan:
    """How a class writes: which values are read at one go, and what becomes of each."""

    def __init__(self, shape: type[Shape]) -> None:
        fields: dict[str, Any] = {str(name): field for name, field in shape().fields.items()}
        methods = {name for name, field in fields.items() if isinstance(field, serializers.SerializerMethodField)}
        single = {name for name, field in fields.items() if len(field.source_attrs) > 1 or _has_default(field)}
        self._blank = dict.fromkeys(fields)
        self._plain = [name for name in fields if name not in methods | single]
        sources = [str(fields[name].source) for name in self._plain]
        self._of_object, self._of_mapping = _getter(attrgetter, sources), _getter(itemgetter, sources)
        self._single = [(name, fields[name]) for name in fields if name in single - methods]
        self._methods = [(name, getattr(shape, str(fields[name].method_name))) for name in fields if name in methods]
        others = {name: field for name, field in fields.items() if name not in methods}
        self._moments = [name for name, field in others.items() if type(field) is serializers.DateTimeField]
        self._alone = [(name, ALONE[type(field)]) for name, field in others.items() if type(field) in ALONE]
        told = {*self._moments, *(name for name, _ in self._alone)}
        self._writes = [(name, _writer(name, field)) for name, field in others.items() if name not in told]

    def write(self, shape: Shape, instance: Any) -> dict[str, Any]:
        """What is answered for one object or mapping."""
        said: dict[str, Any] = self._blank.copy()
        read = self._of_mapping if isinstance(instance, Mapping) else self._of_object
        said.update(zip(self._plain, read(instance), strict=True))
        for name, field in self._single:
            said[name] = field.get_attribute(instance)
        for name, alone in self._alone:
            if (value := said[name]) is not None:
                said[name] = alone(value)
        for name in self._moments:
            if (value := said[name]) is not None:
                said[name] = moment_text(value, shape.zone)
        for name, write in self._writes:
            if (value := said[name]) is not None:
                said[name] = write(shape, value)
        for name, method in self._methods:
            said[name] = method(shape, instance)
        return said


def _has_default(field: serializers.Field) -> bool:
    return field.default is not serializers.empty


def _getter(make: Any, names: list[str]) -> Callable[[Any], Any]:
    """All these values at one go, as a sequence also where it is one or none."""
    if not names:
        return lambda _instance: ()
    get: Callable[[Any], Any] = make(*names)
    return get if len(names) > 1 else lambda instance: (get(instance),)


def moment_text(moment: datetime | str, zone: tzinfo | None = None) -> str:
    """A moment as the API says it: by ISO 8601, in this time zone (the current one, where None)."""
    if isinstance(moment, str):
        return moment
    text = moment.astimezone(zone or get_current_timezone()).isoformat()
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


def _chosen(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


ALONE: dict[type[serializers.Field], Callable[[Any], Any]] = {
    serializers.CharField: str,
    serializers.URLField: str,
    serializers.EmailField: str,
    serializers.IntegerField: int,
    serializers.FloatField: float,
    serializers.BooleanField: bool,
    serializers.ChoiceField: _chosen,
}
"""What becomes of the values of plain fields."""


def _writer(name: str, field: serializers.Field) -> Write:
    if isinstance(field, Shape):
        inside = type(field)
        return lambda shape, value: shape.inner(name, inside).to_representation(value)
    if isinstance(field, serializers.ListSerializer) and isinstance(field.child, Shape):
        each = type(field.child)
        return lambda shape, values: list(map(shape.inner(name, each).to_representation, values))
    return lambda _shape, value: field.to_representation(value)
