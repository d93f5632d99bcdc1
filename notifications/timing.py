"""How urgently somebody is told of an event, and at which humane moment: pure, no database.
What is decided here and why: docs/adr/0030-one-window-no-lookup.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from cases.choices import EventKind, Urgency

from .choices import Pace, Reason

E, R = EventKind, Reason
WORKERS = frozenset({R.DUTY, R.LEAD, R.CO_HANDLER})
DECIDERS = frozenset({R.ABOVE, R.LEADER})

ASKS: Mapping[str, frozenset[Reason]] = {
    E.SUBMITTED: frozenset({R.DUTY}),
    E.ACCEPTED: frozenset({R.DUTY}),
    E.UNMERGED: WORKERS,
    E.DISPATCHED: WORKERS,
    E.RETURNED: frozenset({R.DISPATCHING}),
    E.RULED: WORKERS,
    E.WHISTLED: DECIDERS,
    E.WHISTLE_ANSWERED: frozenset({R.CO_HANDLER}),
    E.ESCALATED: frozenset({R.DUTY}),
    E.LISTED: frozenset({R.OWES, R.LEADER, R.SUPERVISOR}),
    E.EXTENSION_REQUESTED: DECIDERS,
    E.SUSPENSION_REQUESTED: DECIDERS,
    E.RESUMED: WORKERS,
    E.FINISHED: frozenset({R.DISPATCHING}),
    E.SENT_BACK: frozenset({R.LEAD}),
    E.REOPENED: WORKERS,
    E.URGED: frozenset({R.OWES}),
    E.INSTRUCTED: WORKERS,
    E.SUPERVISED: frozenset({R.OWES, R.LEADER}),
    E.SUPERVISION_ANSWERED: frozenset({R.SUPERVISOR}),
    E.SUPERVISION_CHECKED: frozenset({R.OWES}),
    E.REMINDED: frozenset({R.OWES}),
    E.FLAGGED: frozenset({R.OWES}),
    E.ROLE_NOTIFIED: frozenset({R.ROLE}),
    E.RECATEGORISED: frozenset({R.DUTY, R.LEAD}),
    E.RELOCATED: frozenset({R.DUTY, R.LEAD}),
}
"""Who is asked for something by an event of this kind, by the reason for which they are told; for all others it is
news."""

RINGS: frozenset[str] = frozenset(
    {
        E.SUBMITTED, E.ACCEPTED, E.UNMERGED, E.DISPATCHED, E.RETURNED, E.RULED, E.WHISTLED, E.WHISTLE_ANSWERED,
        E.ESCALATED, E.LISTED, E.RESUMED, E.SENT_BACK, E.REOPENED, E.URGED, E.REMINDED, E.FLAGGED, E.RECATEGORISED,
        E.RELOCATED,
    }
)  # fmt: skip
"""Kinds that wake people where life is at risk: they put the duty on somebody, or say that it is not done."""

REMINDERS: frozenset[str] = frozenset({E.REMINDED, E.FLAGGED, E.URGED, E.ROLE_NOTIFIED, E.LISTED})
"""What the clock says, and many times on a bad day: the first in a window goes at once, the others as one."""

LATE = timedelta(minutes=30)
"""An event that is told so long after it happened comes with many others: the platform was away."""
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WakingHours:
    """When people of a territory are told of what can wait, in its own time; the defaults of `TellingHours`."""

    wakes_at: time = time(7, 30)
    sleeps_at: time = time(21)
    morning_at: time = time(8)
    rung_minutes: int = 5


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person has asked for; the defaults of `Preference`."""

    quiet_from: time | None = None
    quiet_to: time | None = None
    undisturbed_until: datetime | None = None
    digest_minutes: int = 30


def pace_of(kind: str, urgency: str, reason: str, *, waiting: bool = True) -> Pace:
    """How urgently somebody is told of an event. `waiting` says that somebody still has to act on the case: what was
    an emergency and is over wakes nobody."""
    if reason not in ASKS.get(kind, ()):
        return Pace.LATER
    if urgency == Urgency.EMERGENCY and kind in RINGS and waiting:
        return Pace.NOW
    return Pace.SOON


def moment_for(
    pace: str,
    now: datetime,
    hours: WakingHours,
    wishes: Wishes,
    zone: tzinfo,
    *,
    gathered: bool = False,
) -> datetime:
    """When to tell a person: NOW is now, day and night; SOON the next waking moment that is not quiet; LATER, and what
    is `gathered`, the first such moment at or after the end of the person's window. Never before `now`.

    Where somebody's quiet hours leave nothing of the waking ones, these hold: nobody can make themselves unreachable
    for good by an hour typed wrongly.
    """
    if pace == Pace.NOW:
        return now
    if pace == Pace.LATER or gathered:
        now = window_end(now, wishes)
    if wishes.undisturbed_until is not None and wishes.undisturbed_until > now:
        now = wishes.undisturbed_until
    sleep = [(hours.sleeps_at, hours.wakes_at)]
    quiet = [(wishes.quiet_from, wishes.quiet_to)] if wishes.quiet_from and wishes.quiet_to else []
    return _after(now, sleep + quiet, zone) or _after(now, sleep, zone) or now


def window_end(now: datetime, wishes: Wishes) -> datetime:
    """The end of the window that this moment lies in. Windows stand still, one after the other since 1970, so that
    whoever plans something for a person names the same moment without asking what was planned before."""
    length = wishes.digest_minutes * 60
    if not length:
        return now
    seconds = int(now.timestamp())
    return datetime.fromtimestamp(seconds - seconds % length + length, UTC)


def window_start(now: datetime, wishes: Wishes) -> datetime:
    """When the window of this moment began: from then on, and before its end, it is the same window."""
    return window_end(now, wishes) - timedelta(minutes=wishes.digest_minutes)


Span = tuple[time, time]
"""From when until when nobody is told, by the clock on the wall; over midnight where it ends before it begins."""


def _after(now: datetime, spans: list[Span], zone: tzinfo) -> datetime | None:
    """The first moment from now on that lies in none of the spans; None where they leave none."""
    moment = now
    for _turn in range(3 * len(spans)):
        holding = next((span for span in spans if _holds(span, moment.astimezone(zone).time())), None)
        if holding is None:
            return moment
        moment = _next(moment, holding[1], zone)
    return None


def _holds(span: Span, at: time) -> bool:
    starts, ends = span
    return starts <= at < ends if starts <= ends else at >= starts or at < ends


def _next(moment: datetime, at: time, zone: tzinfo) -> datetime:
    """When the clock on the wall shows this next, after the moment."""
    day = moment.astimezone(zone).date()
    again = datetime.combine(day, at.replace(fold=1), zone)  # the hour that comes twice when summer time ends
    shown = (datetime.combine(day, at, zone), again, datetime.combine(day + DAY, at, zone))
    return next(found for found in (one.astimezone(UTC) for one in shown) if found > moment)
