"""Pages of cases and of whatever hangs on them; the same pages as everywhere in the API, and those of a search."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core import signing
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from cases.querysets import BEST_OF_NEWEST
from grids.api.pagination import KeysetPagination, Order, Place

__all__ = ["CasePagination", "KeysetPagination", "Order", "Place"]

SALT = "cases.search"
NOT_NARROWING = frozenset({"search", "page_size", "format"})
"""Parameters that leave the list of matches as it is."""


class CasePagination(KeysetPagination):
    """As everywhere, unless something is searched for and no ordering is named: then the best matches come first. They
    are weighed anew for each page, among those that were there at the first."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        said = request.query_params.get("search", "").strip()
        if not said or request.query_params.get("ordering"):
            return super().paginate_queryset(queryset, request, view)
        size = self._size(request)
        start, newest = self._place(request, said)
        if newest is not None:
            queryset = queryset.filter(pk__lte=newest)
        elif not set(request.query_params) - NOT_NARROWING:
            seen = queryset.model._default_manager.visible_to(request.user)
            queryset = seen.search(said, request.user, newest=BEST_OF_NEWEST)
        found = list(queryset.best(said)[start : start + size + 1])
        page = found[:size]
        self._next = self._after_best(request, said, start + size, found[0].newest) if len(found) > size else None
        return page

    def _place(self, request: Request, said: str) -> tuple[int, int | None]:
        """Where the page begins, and the newest case of the first one."""
        cursor = request.query_params.get("cursor")
        if cursor is None:
            return 0, None
        try:
            place = signing.loads(cursor, salt=SALT)
            if place["s"] != _mark(said):
                raise signing.BadSignature
        except signing.BadSignature:
            raise ValidationError({"cursor": _("must come from `next` of the same list and ordering")}) from None
        return min(place["k"], BEST_OF_NEWEST), place["n"]

    def _after_best(self, request: Request, said: str, start: int, newest: int) -> str:
        cursor = signing.dumps({"s": _mark(said), "k": start, "n": newest}, salt=SALT)
        return replace_query_param(request.build_absolute_uri(), "cursor", cursor)


def _mark(said: str) -> str:
    return hashlib.sha256(said.encode()).hexdigest()[:16]
