"""From the table of moves to requests: for each move a serializer, a JSON Schema and an example, all made from its
inputs."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any

from django.db.models import IntegerChoices
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from rest_framework import serializers

from cases import categories
from cases.models import Case, Category
from cases.services.requests import MOST_DAYS
from cases.workflow import MOVES, Input, Move
from grids.api.serializers import BIGGEST, NamingField, StrictSerializer, UnitIdField, UnitIdsField
from grids.models import Unit

NUMBER = r"[0-9]{4}-[0-9]{8}-[0-9]{6,12}"
"""What a case's number looks like."""
LEAST_DAYS = Decimal("0.1")


class CategoryCodeField(NamingField):
    """A category in use, by its code; becomes the category."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=40, **kwargs)

    def find(self, code: str) -> Category:
        row = categories.book().by_code.get(code)
        if row is None or not row.active:
            raise serializers.ValidationError(_("no category in use has the code %s") % code)
        return Category(pk=row.id, path=row.path, code=row.code, name=row.name)


class CaseNumberField(NamingField):
    """Another case that the user sees, by its number."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=32, **kwargs)

    def find(self, number: str) -> Case:
        case = Case.objects.visible_to(self.context["request"].user).filter(number=number).first()
        if case is None:
            raise serializers.ValidationError(_("no case has the number %s") % number)
        return case


class CoHandlerField(serializers.IntegerField):
    """A unit that helps in the case at hand, by its id; becomes the unit. Whoever sees the case may name it, also where
    it lies beyond their territory."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=BIGGEST, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        pk = super().run_validation(data)
        helping: list[int] = self.context["case"].co_unit_ids
        if pk not in helping:
            known = ", ".join(map(str, helping)) or "-"
            raise serializers.ValidationError(_("no co-handler of this case has this id; there are: %s") % known)
        return Unit.objects.get(pk=pk)


def _field(said: Input) -> serializers.Field:
    common: dict[str, Any] = {"required": said.required, "label": said.label}
    match said.kind:
        case "choice":
            assert said.choices is not None  # noqa: S101  # a choice names its choices
            return serializers.ChoiceField(choices=said.choices.choices, **common)
        case "flag":
            return serializers.BooleanField(**common)
        case "unit":
            return UnitIdField(**common)
        case "units":
            return UnitIdsField(allow_empty=not said.required, **common)
        case "co_handler":
            return CoHandlerField(**common)
        case "category":
            return CategoryCodeField(**common)
        case "case":
            return CaseNumberField(**common)
        case "days":
            return serializers.DecimalField(
                max_digits=4, decimal_places=1, min_value=LEAST_DAYS, max_value=MOST_DAYS, **common
            )
        case "date":
            return serializers.DateField(**common)
        case "order":
            return serializers.IntegerField(min_value=1, max_value=BIGGEST, **common)
        case _:
            return serializers.CharField(max_length=said.max_length, allow_blank=not said.required, **common)


def _serializer(move: Move) -> type[StrictSerializer]:
    name = "".join(word.capitalize() for word in move.action.split("_")) + "Inputs"
    fields: dict[str, Any] = {said.name: _field(said) for said in move.inputs}
    doc = f"What {move.action.replace('_', ' ')} asks for."
    return type(name, (StrictSerializer,), {"__doc__": doc, **fields})


SERIALIZERS: dict[str, type[StrictSerializer]] = {move.action: _serializer(move) for move in MOVES}
"""What the body of each move must be, by the action's name."""


def json_schema(move: Move) -> dict[str, Any]:
    """The same as JSON Schema, with titles in the reader's language, for whoever draws a form. Made once for each
    language: not to be changed."""
    return _json_schema(move, get_language())


@cache
def _json_schema(move: Move, _language: str | None) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {said.name: _property(said) for said in move.inputs},
        "required": [said.name for said in move.inputs if said.required],
    }


def _property(said: Input) -> dict[str, Any]:
    found: dict[str, Any] = {"title": str(said.label)}
    match said.kind:
        case "choice":
            assert said.choices is not None  # noqa: S101  # a choice names its choices
            return found | {
                "type": "integer" if issubclass(said.choices, IntegerChoices) else "string",
                "oneOf": [{"const": value, "title": str(label)} for value, label in said.choices.choices],
            }
        case "flag":
            return found | {"type": "boolean"}
        case "unit":
            return found | {"type": "integer", "format": "unit"}
        case "units":
            items = {"type": "integer", "format": "unit"}
            least = {"minItems": 1} if said.required else {}
            return found | {"type": "array", "items": items, "uniqueItems": True, "maxItems": 50} | least
        case "co_handler":
            return found | {"type": "integer", "format": "co_handler"}
        case "category":
            return found | {"type": "string", "format": "category"}
        case "case":
            return found | {"type": "string", "format": "case", "pattern": f"^{NUMBER}$"}
        case "days":
            return found | {"type": "number", "minimum": float(LEAST_DAYS), "maximum": MOST_DAYS}
        case "date":
            return found | {"type": "string", "format": "date"}
        case "order":
            return found | {"type": "integer", "format": "supervision-order"}
        case _:
            least = {"minLength": 1} if said.required else {}
            return found | {"type": "string", "maxLength": said.max_length} | least


EXAMPLES = {
    "reason": "现场不属本单位管辖，附职责清单第 3 条",
    "note": "已到现场，正在更换灯头",
    "reply": "您反映的路灯已于今日修复，感谢监督",
    "text": "您反映的事项正由法院审理，请依法院程序办理",
    "title": "村东头路灯不亮",
    "comment": "修得很快",
    "into": "1310-20261122-000042",
    "category": "010301",
    "solved": True,
    "wanted": "市供电公司，带电作业车",
    "unit": 15,
    "lead": 12,
    "co_handlers": [15, 18],
    "order": 7,
    "granted": True,
    "accepted": True,
    "listed": False,
    "days": 3,
    "review_on": "2027-03-01",
}
"""One good value for each input; a choice takes its first."""


def example_of(move: Move) -> dict[str, Any]:
    """A body that this move takes."""
    return {
        said.name: said.choices.values[0] if said.choices is not None else EXAMPLES[said.name] for said in move.inputs
    }
