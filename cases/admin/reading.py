"""What hangs on the object whose page this is."""

from __future__ import annotations

from django.http import HttpRequest


def parent_id(request: HttpRequest) -> int | None:
    """The key of the object whose page this is; None on a page that adds one."""
    match = request.resolver_match
    said = str(match.kwargs.get("object_id", "")) if match else ""
    return int(said) if said.isdecimal() else None
