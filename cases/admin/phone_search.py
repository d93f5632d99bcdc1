"""The administration's search finds a reporter's exact phone too, for who may have that reporter shown."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from cases.models import Case
from cases.secrecy import of_phone
from grids.phones import normalise_phone


class FoundByPhone:
    """For the admin of cases, in front of its bases."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Case], search_term: str
    ) -> tuple[QuerySet[Case], bool]:
        base: Any = super()
        found, duplicates = base.get_search_results(request, queryset, search_term)
        try:
            phone = normalise_phone(search_term)
        except ValidationError:
            return found, duplicates
        return found | of_phone(queryset, request.user, phone), duplicates
