"""Moments in the words that people use: how long is left, how late it is, today or yesterday."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.dateformat import format as formatted
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

SOON = timedelta(hours=4)
"""From here on a deadline is shown as near; a matter of colour alone, nothing depends on it."""


def countdown(due_at: datetime, now: datetime | None = None) -> str:
    """How long is left until a moment, or how long it is past; in its two largest units. `now` None means now."""
    left = due_at - (now or timezone.now())
    minutes = int(abs(left).total_seconds() // 60)
    if left < timedelta(0):
        return _("%(time)s late") % {"time": _length(minutes)}
    return _("%(time)s left") % {"time": _length(minutes)}


def _length(minutes: int) -> str:
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days:
        return _("%(days)d d %(hours)d h") % {"days": days, "hours": hours}
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    return _("%(minutes)d min") % {"minutes": minutes}


def pressure(due_at: datetime | None, now: datetime | None = None) -> str:
    """How pressing a moment is: `late`, `soon`, `calm`; `none` without a moment."""
    if due_at is None:
        return "none"
    left = due_at - (now or timezone.now())
    if left < timedelta(0):
        return "late"
    return "soon" if left < SOON else "calm"


def day(on: date, today: date | None = None) -> str:
    """A day as one says it; with the year where it is another one. `today` None means that of the calendar."""
    now = today or timezone.localdate()
    match (on - now).days:
        case 0:
            return _("Today")
        case -1:
            return _("Yesterday")
    if on.year == now.year:
        return formatted(on, pgettext("date format", "j M"))
    return formatted(on, pgettext("date format", "j M Y"))


def spoken(moment: datetime, now: datetime | None = None) -> str:
    """A moment as one says it: today 14:05, yesterday 09:30, 20 Nov 09:30; with the year where it is another one."""
    local, today = timezone.localtime(moment), timezone.localtime(now or timezone.now())
    clock = formatted(local, "H:i")
    match (local.date() - today.date()).days:
        case 0:
            return _("today %(clock)s") % {"clock": clock}
        case -1:
            return _("yesterday %(clock)s") % {"clock": clock}
        case 1:
            return _("tomorrow %(clock)s") % {"clock": clock}
    if local.year == today.year:
        return formatted(local, pgettext("date format", "j M H:i"))
    return formatted(local, pgettext("date format", "j M Y H:i"))
