"""Why a clock is due when it is, in one sentence that a villager and an auditor both can follow; the words of
`deadlines`, which knows no languages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import groupby

from django.utils.dateformat import format as formatted
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from .deadlines import Calendar, Counting, Explanation, Segment
from .deadlines.clock import Reason

DAY_MINUTES = 24 * 60
INSTANT = dt.timedelta(microseconds=1)

FESTIVALS = {
    "元旦": gettext_lazy("New Year's Day"),
    "春节": gettext_lazy("Spring Festival"),
    "清明节": gettext_lazy("Tomb-Sweeping Day"),
    "劳动节": gettext_lazy("Labour Day"),
    "端午节": gettext_lazy("Dragon Boat Festival"),
    "中秋节": gettext_lazy("Mid-Autumn Festival"),
    "国庆节": gettext_lazy("National Day"),
}
"""Names that the State Council's notices use; any other is shown as it was entered."""


def in_words(
    told: Explanation,
    calendar: Calendar,
    *,
    start: dt.datetime,
    minutes: float,
    counting: Counting,
    added: float = 0,
) -> str:
    """As "5 working days from Wed 30 Sep 15:10 → Fri 16 Oct 15:10: 1–8 Oct National Day not counted, …", in the
    language that is active. `minutes` is the allowance, `added` what extensions gave, both as the clock counts."""
    begin = start.astimezone(calendar.zone)
    amount = _amount(minutes, counting, calendar, begin.date())
    years = told.due_at is None or told.due_at.year != begin.year
    if told.due_at is None:
        clock = _("%(amount)s from %(start)s, resting") % {"amount": amount, "start": _moment(begin, year=years)}
    else:
        clock = _("%(amount)s from %(start)s → %(due)s") % {
            "amount": amount,
            "start": _moment(begin, year=years),
            "due": _moment(told.due_at, year=years),
        }
    why = pgettext("between reasons", ", ").join(_reasons(told, calendar, begin, counting, added))
    return _("%(clock)s: %(why)s") % {"clock": clock, "why": why} if why else clock


def _reasons(
    told: Explanation, calendar: Calendar, begin: dt.datetime, counting: Counting, added: float
) -> Iterator[str]:
    """What a reader would not expect: holidays, make-up days, pauses, extensions, years not yet announced. Nights and
    weekends go without saying."""
    for reason, same in groupby(_telling(told.segments), key=lambda segment: segment.reason):
        yield from _told(reason, list(same))
    if added:
        amount = _amount(abs(added), counting, calendar, begin.date())
        more = _("%(amount)s added by extension") if added > 0 else _("%(amount)s taken off")
        yield more % {"amount": amount}
    for year in told.unannounced_years:
        yield _("holidays of %(year)d not announced yet, counted by weekdays") % {"year": year}


TELLING = (Reason.HOLIDAY, Reason.CLOSURE, Reason.MAKEUP, Reason.SUSPENDED)


def _telling(segments: Iterable[Segment]) -> Iterator[Segment]:
    return (segment for segment in segments if segment.code in TELLING)


def _told(reason: str, same: list[Segment]) -> Iterator[str]:
    code = same[0].code
    if code == Reason.SUSPENDED:
        for segment in same:
            yield _suspended(segment)
        return
    for first, last in _runs(same):
        day = _days(first, last)
        if code == Reason.MAKEUP:
            yield _("%(days)s make-up day counted") % {"days": day}
        else:
            name = _named(same[0].detail) or str(_("holiday") if code == Reason.HOLIDAY else _("closure"))
            yield _("%(days)s %(name)s not counted") % {"days": day, "name": name}


def _runs(segments: Iterable[Segment]) -> list[tuple[dt.date, dt.date]]:
    """The dates of the segments as unbroken runs: a make-up day is two segments about noon, and one day."""
    runs: list[tuple[dt.date, dt.date]] = []
    for segment in segments:
        first = segment.starts.date()
        last = (segment.ends - INSTANT).date() if segment.ends else first
        if runs and first <= runs[-1][1] + dt.timedelta(days=1):
            runs[-1] = (runs[-1][0], max(last, runs[-1][1]))
        else:
            runs.append((first, last))
    return runs


def _suspended(segment: Segment) -> str:
    why = segment.detail
    if segment.duration is None:
        since = _moment(segment.starts)
        return (
            _("suspended since %(since)s: %(why)s") % {"since": since, "why": why}
            if why
            else (_("suspended since %(since)s") % {"since": since})
        )
    length = _length(segment.duration / dt.timedelta(minutes=1))
    if why:
        return _("%(length)s suspended by “%(why)s”") % {"length": length, "why": why}
    return _("%(length)s suspended") % {"length": length}


def _named(detail: str) -> str:
    return pgettext("between names", ", ").join(str(FESTIVALS.get(name, name)) for name in detail.split("、") if name)


def _amount(minutes: float, counting: Counting, calendar: Calendar, day: dt.date) -> str:
    """An allowance as people say it: in working days where it is whole ones, else in hours."""
    if counting == Counting.CALENDAR:
        return _length(minutes)
    usual = calendar.usual_minutes(day)
    if usual and minutes >= usual and minutes % usual == 0:
        days = int(minutes // usual)
        return (_("1 working day") if days == 1 else _("%(days)d working days")) % {"days": days}
    return _("%(length)s of working time") % {"length": _length(minutes, days=False)}


def _length(minutes: float, *, days: bool = True) -> str:
    whole = round(minutes)
    if days and whole >= 2 * DAY_MINUTES and whole % DAY_MINUTES == 0:
        number = whole // DAY_MINUTES
        return _("%(days)d days") % {"days": number}
    hours, rest = divmod(whole, 60)
    if not hours:
        return _("%(minutes)d min") % {"minutes": rest}
    if not rest:
        return _("%(hours)d h") % {"hours": hours}
    return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": rest}


def _moment(moment: dt.datetime, *, year: bool = False) -> str:
    if year:
        return formatted(moment, pgettext("date format", "D j M Y H:i"))
    return formatted(moment, pgettext("date format", "D j M H:i"))


def _days(first: dt.date, last: dt.date) -> str:
    """A day with its weekday; a run from its first to its last, in one month or over two."""
    if first == last:
        return formatted(first, pgettext("date format", "D j M"))
    within = (first.year, first.month) == (last.year, last.month)
    starts = formatted(first, pgettext("first day of a run in one month", "j") if within else _day())
    ends = formatted(last, pgettext("last day of a run in one month", "j M") if within else _day())
    return f"{starts}–{ends}"


def _day() -> str:
    return pgettext("date format", "j M")
