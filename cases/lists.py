"""A list of cases as somebody put it down: filters by name, to be asked again later, by a worker or from a saved name.
They are the filters of the API's list, checked by the same set."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from cases.errors import BadInput
from cases.models import Case
from grids.api.filters import NO_FILTERS

Query = dict[str, Any]
"""Filters by name; the value is a text, or a list of texts where one filter is given several times."""
LONGEST = 2000
"""Characters of all names and values together."""


def parameters_of(query: Query) -> QueryDict:
    """The filters as an address has them."""
    found = QueryDict(mutable=True)
    for name, value in query.items():
        found.setlist(name, value if isinstance(value, list) else [value])
    return found


def query_of(parameters: QueryDict) -> Query:
    """The filters of an address: without what only says which page and in which order, and without blanks."""
    said = {name: [value for value in values if value] for name, values in parameters.lists()}
    return {
        name: values[0] if len(values) == 1 else values
        for name, values in said.items()
        if values and name not in NO_FILTERS
    }


def cases_of(user: Any, query: Query) -> QuerySet[Case]:
    """The visible cases that the filters leave. Raises BadInput that names what is wrong with them."""
    from cases.api.filters import CaseFilter

    _check_form(query)
    asker: Any = SimpleNamespace(user=user)
    filters = CaseFilter(parameters_of(query), queryset=Case.objects.visible_to(user), request=asker)
    try:
        if not filters.is_valid():
            raise BadInput(**{name: " ".join(map(str, texts)) for name, texts in filters.errors.items()})
        found: QuerySet[Case] = filters.qs
    except ValidationError as error:
        raise BadInput(**_texts(error.detail)) from None
    return found


def faults_of(user: Any, query: Query) -> dict[str, str]:
    """What is wrong with filters that were put down earlier, by name; nothing where they still hold."""
    try:
        cases_of(user, query)
    except BadInput as error:
        return error.fields
    return {}


def _check_form(query: Any) -> None:
    if not isinstance(query, dict) or not all(_is_value(value) for value in query.values()):
        raise BadInput(query=_("filters by name would be right, each a text or a list of texts"))
    if sum(len(name) + len(str(value)) for name, value in query.items()) > LONGEST:
        raise BadInput(query=_("at most %d characters together") % LONGEST)
    if unfit := sorted(NO_FILTERS & set(query)):
        raise BadInput(**{unfit[0]: _("says which page, and is no filter")})


def _is_value(value: Any) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and bool(value) and all(isinstance(v, str) for v in value)
    )


def _texts(detail: Any) -> dict[str, str]:
    if not isinstance(detail, dict):
        return {"query": " ".join(map(str, detail))}
    return {
        name: " ".join(map(str, texts)) if isinstance(texts, list) else str(texts) for name, texts in detail.items()
    }
