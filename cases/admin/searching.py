"""The administration's search of cases: by words as everywhere, and by a reporter's exact phone for who may have that
reporter shown."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from cases.errors import BadInput
from cases.models import Case
from cases.secrecy import of_phone
from grids.phones import normalise_phone


class Searched:
    """For the admin of cases, in front of its bases."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Case], search_term: str
    ) -> tuple[QuerySet[Case], bool]:
        """What is found, in the order of the list; never the same twice."""
        if not search_term.strip():
            return queryset, False
        found = _by_words(request, queryset, search_term)
        try:
            phone = normalise_phone(search_term)
        except ValidationError:
            return found, False
        # By keys: two searches that are made differently do not become one
        called = of_phone(queryset, request.user, phone)
        return queryset.filter(pk__in=found.values("pk").union(called.values("pk"))), False


def _by_words(request: HttpRequest, queryset: QuerySet[Case], said: str) -> QuerySet[Case]:
    rows: Any = queryset
    try:
        found: QuerySet[Case] = rows.search(said, request.user)
    except BadInput as error:
        messages.warning(request, error.fields["search"])
        return queryset.none()
    return found
