"""Pages that begin after the last row of the page before: as quick on the thousandth page as on the first, and no
row is lost or shown twice while others come in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.core.exceptions import ValidationError as ModelError
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

SALT = "govgrid.keyset"


@dataclass(frozen=True, slots=True)
class Place:
    """The last row of a page: the value that rows are ordered by, and its key, which decides between equals."""

    value: Any
    key: Any


@dataclass(frozen=True, slots=True)
class Order:
    """By one column and then by key, both in the same direction; rows without a value come last."""

    name: str
    model: type[Model]

    @property
    def descending(self) -> bool:
        return self.name.startswith("-")

    @property
    def column(self) -> Any:
        field = self.name.removeprefix("-")
        return self.model._meta.pk if field == "pk" else self.model._meta.get_field(field)

    def page(self, rows: QuerySet[Any], after: Place | None, size: int) -> list[Any]:
        """The first `size` rows after a place, in one query."""
        if not self.column.null:
            return list(self._ordered(rows, after, self.column.name)[:size])
        blank = rows.filter(**{f"{self.column.name}__isnull": True})
        if after is not None and after.value is None:
            return list(self._ordered(blank, after, "pk")[:size])
        known = self._ordered(rows.filter(**{f"{self.column.name}__isnull": False}), after, self.column.name)
        # Two scans, each by an index of its own: PostgreSQL begins the second only where the first ran out
        found = known[:size].union(self._ordered(blank, None, "pk")[:size], all=True)[:size]
        return [*filter(self._is_known, found), *(row for row in found if not self._is_known(row))]

    def _ordered(self, rows: QuerySet[Any], after: Place | None, name: str) -> QuerySet[Any]:
        sign, beyond = ("-", "lt") if self.descending else ("", "gt")
        if name in ("pk", rows.model._meta.pk.name):
            later = Q(**{f"pk__{beyond}": after.key}) if after else Q()
            return rows.filter(later).order_by(f"{sign}pk")
        later = _later(name, beyond, after) if after else Q()
        return rows.filter(later).order_by(f"{sign}{name}", f"{sign}pk")

    def _is_known(self, row: Any) -> bool:
        return getattr(row, self.column.attname) is not None

    def place_of(self, row: Any) -> Place:
        return Place(None if self.column.primary_key else getattr(row, self.column.attname), row.pk)


def _later(name: str, beyond: str, after: Place) -> Q:
    # The first condition bounds the index scan, the second decides between equals
    equal_or_beyond = Q(**{f"{name}__{beyond}e": after.value})
    return equal_or_beyond & (Q(**{f"{name}__{beyond}": after.value}) | Q(**{f"pk__{beyond}": after.key}))


class KeysetPagination(BasePagination):
    """For views with `orderings`: names of columns, with "-" for descending ("pk" for the key alone); the first is
    the default. `page_size` is at most 200. No row is ever counted."""

    page_size = 50
    max_page_size = 200

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        order = self._order(request, view, queryset.model)
        size = self._size(request)
        found = order.page(queryset, self._after(request, order), size + 1)
        page = found[:size]
        self._next = self._address(request, order, page[-1]) if len(found) > size else None
        return page

    def _order(self, request: Request, view: Any, model: type[Model]) -> Order:
        name = request.query_params.get("ordering") or view.orderings[0]
        if name not in view.orderings:
            raise ValidationError({"ordering": _("must be one of %s") % ", ".join(view.orderings)})
        return Order(name, model)

    def _size(self, request: Request) -> int:
        text = request.query_params.get("page_size", str(self.page_size))
        if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= self.max_page_size):
            raise ValidationError({"page_size": _("must be a whole number from 1 to %d") % self.max_page_size})
        return int(text)

    def _after(self, request: Request, order: Order) -> Place | None:
        cursor = request.query_params.get("cursor")
        if cursor is None:
            return None
        try:
            said = signing.loads(cursor, salt=SALT)
            if (said["m"], said["o"]) != (order.model._meta.label_lower, order.name):
                raise signing.BadSignature
            value = None if said["v"] is None else order.column.to_python(said["v"])
        except (signing.BadSignature, ModelError, ValueError):
            raise ValidationError({"cursor": _("must come from `next` of the same list and ordering")}) from None
        return Place(value, said["k"])

    def _address(self, request: Request, order: Order, last: Any) -> str:
        place = order.place_of(last)
        value = place.value.isoformat() if hasattr(place.value, "isoformat") else place.value
        said = {"m": order.model._meta.label_lower, "o": order.name, "v": value, "k": place.key}
        return replace_query_param(request.build_absolute_uri(), "cursor", signing.dumps(said, salt=SALT))

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self._next, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        address = {"type": ["string", "null"], "format": "uri", "description": "The next page; null on the last."}
        properties = {"next": address, "results": schema}
        return {"type": "object", "required": ["next", "results"], "properties": properties}

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        def parameter(name: str, description: str, **schema: Any) -> dict[str, Any]:
            found = {"name": name, "required": False, "in": "query", "description": description}
            return found | {"schema": schema}

        orderings = list(view.orderings)
        size = {"type": "integer", "minimum": 1, "maximum": self.max_page_size, "default": self.page_size}
        return [
            parameter("cursor", "Opaque; comes with `next`.", type="string"),
            parameter("ordering", "Rows without a value last.", type="string", enum=orderings, default=orderings[0]),
            parameter("page_size", "Rows on a page.", **size),
        ]
