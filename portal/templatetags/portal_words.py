"""Words that templates need: moments as one says them, names from memory."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from cases.deadlines.clock import Reason
from grids import tree
from portal import kiosk, moments

register = template.Library()


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """A mark of Bootstrap Icons, drawn into the page in the colour of the words beside it, which say the same."""
    drawn = (Path(settings.BASE_DIR) / "node_modules/bootstrap-icons/icons" / f"{name}.svg").read_text()
    return mark_safe(drawn.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1).strip())  # noqa: S308  theirs


@register.simple_tag(takes_context=True)
def kiosk_start(context: Any) -> str:
    """Where a station's screen begins anew; empty in an ordinary browser."""
    request = context.get("request")
    return kiosk.start_of(request) if request else ""


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
def day_name(value: Any) -> str:
    """A day as one says it: today, yesterday, 20 Nov."""
    return moments.day(value)


WHY: dict[str, Any] = {
    Reason.WORKING: _("working hours"),
    Reason.MAKEUP: _("make-up workday"),
    Reason.CALENDAR: _("calendar time"),
    Reason.EXTENSION: _("extension"),
    Reason.OUTSIDE: _("outside working hours"),
    Reason.WEEKEND: _("weekend"),
    Reason.HOLIDAY: _("holiday"),
    Reason.CLOSURE: _("closure"),
    Reason.SUSPENDED: _("suspended"),
}
"""The words of `cases.deadlines`, which knows no languages."""


@register.filter
def counted_why(reason: str) -> str:
    """Why a stretch of a clock's life counts or does not; the name of a holiday follows after a colon."""
    word, colon, name = reason.partition(": ")
    return f"{WHY.get(word, word)}{colon}{name}"


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
