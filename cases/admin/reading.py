"""Rows to look at: what happens to them happens through a case's actions, never here."""

from __future__ import annotations

from django.db.models import Model
from django.http import HttpRequest


def parent_id(request: HttpRequest) -> int | None:
    """The key of the object whose page this is; None on a page that adds one."""
    match = request.resolver_match
    said = str(match.kwargs.get("object_id", "")) if match else ""
    return int(said) if said.isdecimal() else None


class ReadOnly:
    """To be looked at only, by whoever may view it."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
