"""The case that somebody asks for: theirs to see, or it does not exist."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404

from cases.models import Case


def seen_case(user: Any, number: str, rows: QuerySet[Case] | None = None) -> Case:
    """The visible case of this number. Raises Http404 where there is none, or it lies outside the territory."""
    rows = Case.objects.visible_to(user) if rows is None else rows
    case = rows.filter(number=number).first()
    if case is None:
        raise Http404
    return case
