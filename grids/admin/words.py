"""Change records in words: columns by their names, keys by what they stand for, as far as the reader may see it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, ForeignKey, Model
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from grids.change_records import ChangeRecord

NOTHING = "—"
UNTITLED = {"parent": gettext_lazy("parent"), "permission": gettext_lazy("permission"), "group": gettext_lazy("group")}


@dataclass(frozen=True, slots=True)
class Difference:
    """One column, before and after."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Told:
    """A change record as people read it. `address` leads to what was changed, empty where it has no page."""

    record: ChangeRecord
    at: datetime
    kind: str
    what: str
    subject: str
    who: str
    way: str
    address: str
    differences: Sequence[Difference]


def told(records: Iterable[ChangeRecord], reader: Any) -> list[Told]:
    """The records in words for this reader: one query for each model that their keys lead to, however many they are."""
    rows = list(records)
    names = _names(rows, reader)
    return [_told(row, names) for row in rows]


Names = dict[tuple[str, int], str]


def _model(label: str) -> type[Model] | None:
    try:
        return apps.get_model(label)
    except LookupError:  # of an app that is gone
        return None


def _field(model: type[Model] | None, column: str) -> Field[Any, Any] | None:
    if model is None:
        return None
    try:
        field = model._meta.get_field(column.removesuffix("_id"))
    except FieldDoesNotExist:
        return None
    return field if isinstance(field, Field) else None


def _names(rows: list[ChangeRecord], reader: Any) -> Names:
    """What the keys in the records are called: those that the reader may see."""
    wanted: dict[type[Model], set[int]] = defaultdict(set)
    for row in rows:
        model = _model(row.model)
        for column, value in [*row.before.items(), *row.after.items()]:
            field = _field(model, column)
            if isinstance(field, ForeignKey) and isinstance(value, int):
                wanted[field.remote_field.model].add(value)
    return {
        (model._meta.label_lower, found.pk): str(found)
        for model, keys in wanted.items()
        for found in _seen(model, reader).filter(pk__in=keys)
    }


def _seen(model: type[Model], reader: Any) -> Any:
    found = model._default_manager.all()
    visible = found.visible_to(reader) if hasattr(found, "visible_to") else found
    return visible.defer("boundary") if model._meta.label_lower == "grids.grid" else visible


def what_of(row: ChangeRecord) -> str:
    """What kind of thing was changed."""
    model = _model(row.model)
    return str(model._meta.verbose_name) if model else row.model


def titles_of(row: ChangeRecord) -> list[str]:
    """The columns that differ, by their names; asks nothing of the database."""
    return [_title(_model(row.model), column) for column in _columns(row)]


def _columns(row: ChangeRecord) -> list[str]:
    return [*row.before, *(column for column in row.after if column not in row.before)]


def _told(row: ChangeRecord, names: Names) -> Told:
    model = _model(row.model)
    return Told(
        record=row,
        at=row.at,
        kind=str(ChangeRecord.Kind(row.kind).label),
        what=what_of(row),
        subject=row.subject,
        who=row.by_name or _("nobody signed in"),
        way=row.way,
        address=_address(row),
        differences=[
            Difference(
                _title(model, column),
                _value(model, column, row.before.get(column), names),
                _value(model, column, row.after.get(column), names),
            )
            for column in _columns(row)
        ],
    )


def _address(row: ChangeRecord) -> str:
    if row.kind == ChangeRecord.Kind.DELETED:
        return ""
    try:
        return reverse(f"admin:{row.model.replace('.', '_')}_change", args=[row.object_id])
    except NoReverseMatch:
        return ""


def _title(model: type[Model] | None, column: str) -> str:
    field = _field(model, column)
    return str(field.verbose_name) if field is not None else str(UNTITLED.get(column, column))


def _value(model: type[Model] | None, column: str, value: Any, names: Names) -> str:
    if value is None or value == "" or value == []:
        return NOTHING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    field = _field(model, column)
    if isinstance(field, ForeignKey):
        return names.get((field.remote_field.model._meta.label_lower, value)) or _("number %(key)s") % {"key": value}
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    choices = dict(getattr(getattr(field, "base_field", field), "flatchoices", ()) or ())
    return ", ".join(str(choices.get(one, one)) for one in (value if isinstance(value, list) else [value]))
