"""Words that templates need: moments as one says them, names from memory."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from grids import tree
from portal import moments

register = template.Library()


@register.filter
def moment(value: Any) -> SafeString | str:
    """A moment as one says it; the exact one for machines and on a long touch."""
    if not isinstance(value, datetime):
        return ""
    exact = timezone.localtime(value)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', exact.isoformat(), f"{exact:%Y-%m-%d %H:%M}", moments.spoken(value)
    )


@register.filter
def countdown(value: Any) -> str:
    return moments.countdown(value) if isinstance(value, datetime) else ""


@register.filter
def pressure(value: Any) -> str:
    return moments.pressure(value if isinstance(value, datetime) else None)


@register.filter
def unit_in(unit_id: int | None, path: str) -> str:
    """The name of a unit of the city that a tree path lies in."""
    return tree.unit_name(unit_id, path) if unit_id else ""


@register.filter
def place(path: str) -> str:
    """All names from the city down to the grid at a tree path."""
    return " / ".join(slot.name for slot in tree.way_to(path))


@register.filter
def nearest_place(path: str) -> str:
    """The last two names of that: enough within one's own territory."""
    return " / ".join(slot.name for slot in tree.way_to(path)[-2:])
