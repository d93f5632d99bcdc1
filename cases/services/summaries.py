"""A policy in words, for whoever does not read tables: what is promised to whom, and by what ladder it is followed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from cases.choices import Channel, DeadlineKind, Urgency
from cases.deadlines import Counting
from cases.models import Allowance, Policy
from grids.choices import Level


@dataclass(frozen=True, slots=True)
class Promise:
    """All that a policy says of one kind of clock: a sentence for each allowance."""

    kind: str
    words: str


def summary_of(policy: Policy) -> list[Promise]:
    """Its own promises, not those that it inherits; two queries."""
    rows = list(policy.allowances.select_related("category", "ladder").prefetch_related("ladder__steps"))
    found: dict[str, list[str]] = {}
    for row in sorted(rows, key=lambda row: (row.kind, -_weight(row), row.minutes)):
        found.setdefault(str(DeadlineKind(row.kind).label), []).append(_sentence(row))
    return [Promise(kind, "; ".join(words)) for kind, words in found.items()]


def _weight(row: Allowance) -> int:
    return bool(row.category) * 8 + bool(row.urgency) * 4 + bool(row.channel) * 2 + bool(row.level)


def _sentence(row: Allowance) -> str:
    said = {"who": " / ".join(_circumstances(row)) or _("otherwise"), "time": time_in_words(row.minutes, row.counting)}
    return _("%(who)s – %(time)s, then %(ladder)s") % (said | {"ladder": row.ladder.name})


def _circumstances(row: Allowance) -> Iterator[str]:
    if row.category:
        yield row.category.name
    if row.urgency:
        yield str(Urgency(row.urgency).label)
    if row.channel:
        yield str(Channel(row.channel).label)
    if row.level:
        yield str(Level(row.level).label)


def time_in_words(amount: float, counting: str) -> str:
    """How long something may take, as an allowance says it: working days, or minutes of work or of the clock."""
    if counting == Counting.DAY:
        return _("%(days)d working days") % {"days": amount}
    hours, minutes = divmod(amount, 60)
    length = _("%(hours)g h") % {"hours": hours} if not minutes else _("%(minutes)g min") % {"minutes": amount}
    if counting == Counting.CALENDAR:
        return _("%(length)s by the clock") % {"length": length}
    return _("%(length)s of working time") % {"length": length}
