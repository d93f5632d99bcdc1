"""What stands on a leader's page, put together from the figures: five figures with their change, and rates with a line
of four weeks. The places below: `ranks.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.core.cache import cache
from django.utils import timezone
from django.utils.dateformat import format as formatted
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from cases.services.idempotency import fingerprint_of
from insights.figures import Figure, Scope, figures, several_series
from insights.measures import MEASURES
from insights.stock import STOCKS, Stock, stock

from .asked import Asked
from .flags import flag_of, lines

COUNTS = ("reported", "solved", "climbing", "rated")
RATES = ("response", "closure", "on_time", "satisfaction", "low_level")
BESIDE = ("rating_share",)
SHARES = {"overdue": "open", "climbing": "reported"}
"""Counts that are judged as a share of another one."""
FEW_A_DAY = 10
"""With fewer in the denominator on an average day, a line is drawn by weeks: a day's share would jump."""
PAST_SECONDS = 3600
"""For so long the stock of a past hour is kept."""
MOST_DAYS = 62
"""Of more days a line is drawn by weeks."""
MARKS = {"red": "▲", "yellow": "◆", "good": "●", "small": "○", "none": "–"}
FLAG_WORDS: Mapping[str, Any] = {
    "red": gettext_lazy("red flag"),
    "yellow": gettext_lazy("yellow flag"),
    "good": gettext_lazy("in order"),
    "small": gettext_lazy("small number"),
    "none": gettext_lazy("none"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """Against the period before: in words, and whether it got `better`, `worse` or neither."""

    words: str
    way: str


@dataclass(frozen=True, slots=True)
class Tile:
    """One of the five figures. `address` opens the cases behind it."""

    name: str
    label: str
    value: str
    note: str
    change: Change | None
    flag: str
    address: str


@dataclass(frozen=True, slots=True)
class Point:
    """A day or week of a line; `told` says numerator and denominator, `words` the value alone."""

    day: str
    value: float | None
    words: str
    told: str
    address: str


@dataclass(frozen=True, slots=True)
class Line:
    """A rate with its message, and its line."""

    name: str
    title: str
    value: str
    told: str
    flag: str
    address: str
    step: str
    points: Sequence[Point]


class Counted:
    """Figures of one period with its stock at the end, asked for once; only what had come to pass by `at`."""

    def __init__(self, user: Any, scope: Scope, names: Sequence[str], at: datetime | None = None) -> None:
        self.scope = scope
        self.figures: dict[str, Figure] = dict(figures(user, scope, names, at))  # type: ignore[arg-type]  # no durations
        lying = lying_at(user, scope, at or _end_of(scope))
        self.figures |= {name: held(name, number) for name, number in lying.items()}

    def __getitem__(self, name: str) -> Figure:
        return self.figures[name]

    def flag(self, name: str) -> str:
        return flag_in(self.figures, name)


def lying_at(user: Any, scope: Scope, at: datetime | None) -> dict[str, int]:
    """The stock's numbers, now where None. Those of a past hour are asked for once: that hour changes no more, but by
    what is entered late."""
    if at is None:
        return _numbers(stock(user, scope))
    hour = at.replace(minute=0, second=0, microsecond=0)
    place = (scope.grid and scope.grid.pk, scope.unit and scope.unit.pk, scope.filters)
    key = f"leaders:stock:{fingerprint_of([repr((user.pk, place, hour)).encode()])}"
    found: dict[str, int] | None = cache.get(key)
    if found is None:
        found = _numbers(stock(user, scope, at=hour))
        cache.set(key, found, PAST_SECONDS)
    return found


def _numbers(lying: Stock) -> dict[str, int]:
    return {name: getattr(lying, name) for name in STOCKS}


def held(name: str, number: int) -> Figure:
    """A number of cases that lie there, as a figure."""
    return Figure(name, number, number, Decimal(number))


def _weight(figure: Any) -> int:
    """How much stands behind a figure."""
    return int(figure.denominator or figure.numerator)


def _end_of(scope: Scope) -> datetime | None:
    """When the period was over; None where it is not yet."""
    following = timezone.make_aware(datetime.combine(scope.ends + timedelta(days=1), time()))
    return following if following <= timezone.now() else None


def flag_in(found: Mapping[str, Any], name: str) -> str:
    """The flag of a figure, judged with the others beside it."""
    if name in SHARES:
        whole = found.get(SHARES[name])
        return flag_of(name, found[name].numerator, whole.numerator if whole else 0)
    figure = found[name]
    return flag_of(name, figure.numerator, figure.denominator) if MEASURES[name].kind == "rate" else "none"


def words_of(figure: Figure) -> str:
    """A figure as one reads it: 94.8 %, 1,204, or a dash where there is nothing to divide by."""
    if figure.value is None:
        return "–"
    if MEASURES[figure.measure].kind != "rate":
        return f"{figure.numerator:,}"
    percent = round(figure.value * 100, 1)
    return f"{percent:.0f}%" if percent in (0, 100) else f"{percent:.1f}%"


def told_of(figure: Figure) -> str:
    """The same with numerator and denominator."""
    if MEASURES[figure.measure].kind != "rate":
        return words_of(figure)
    said = {"part": f"{figure.numerator:,}", "whole": f"{figure.denominator:,}", "value": words_of(figure)}
    return _("%(value)s (%(part)s of %(whole)s)") % said


def change_of(now: Figure, before: Figure) -> Change | None:
    """How a figure has changed; None where there was none before, or is none now, or a share is of too small a number
    to say anything."""
    measure = MEASURES[now.measure]
    small = measure.kind == "rate" and min(now.denominator, before.denominator) < lines().fewest
    if now.value is None or before.value is None or small:
        return None
    by = _shown(now) - _shown(before)
    if by == 0:
        return Change(_("as in the period before"), "same")
    size = _("%(points)s points") % {"points": f"{abs(by):.1f}"} if measure.kind == "rate" else f"{abs(int(by)):,}"
    more = _("%(size)s more than before") if by > 0 else _("%(size)s less than before")
    way = "same" if not measure.better else "better" if (by > 0) == (measure.better == "more") else "worse"
    return Change(more % {"size": size}, way)


def _shown(figure: Figure) -> Decimal:
    """The value as it is shown, so that a change is the difference of what one reads."""
    value = figure.value or Decimal(0)
    return round(value * 100, 1) if MEASURES[figure.measure].kind == "rate" else value


def _as_far(asked: Asked) -> datetime | None:
    """A period that still runs is compared with as much of the one before: this morning with yesterday's morning."""
    return None if _end_of(asked.scope) else timezone.now() - timedelta(days=asked.days)


def _is_thin(name: str, daily: Sequence[Any]) -> bool:
    """Whether days are too many, or too little stands behind each, to be drawn one by one."""
    if len(daily) > MOST_DAYS:
        return True
    return MEASURES[name].kind != "count" and sum(map(_weight, daily)) / len(daily) < FEW_A_DAY


class Board:
    """The parts of a leader's page for one user and one address."""

    def __init__(self, user: Any, asked: Asked) -> None:
        self.user, self.asked = user, asked
        names = tuple(dict.fromkeys((*COUNTS, *RATES, *BESIDE)))
        self.now = Counted(user, asked.scope, names)
        self.before = Counted(user, asked.before, names, _as_far(asked))

    def tiles(self) -> list[Tile]:
        """In, solved, late, climbing, satisfaction with the share that rated."""
        return [self._tile(name) for name in ("reported", "solved", "overdue", "climbing", "satisfaction")]

    def _tile(self, name: str) -> Tile:
        figure = self.now[name]
        return Tile(
            name=name,
            label=str(MEASURES[name].label),
            value=words_of(figure),
            note=self._note(name),
            change=change_of(figure, self.before[name]),
            flag=self.now.flag(name),
            address=self._cases(name),
        )

    def _cases(self, name: str) -> str:
        """What opens the cases behind a figure; nothing behind the stock of a day that is over."""
        gone = MEASURES[name].kind == "stock" and _end_of(self.asked.scope) is not None
        return "" if gone else self.asked.address("leaders-cases", of=name, measure="")

    def _note(self, name: str) -> str:
        match name:
            case "overdue":
                said = {"open": words_of(self.now["open"]), "suspended": words_of(self.now["suspended"])}
                return _("of %(open)s open; %(suspended)s suspended") % said
            case "satisfaction":
                said = {"rated": words_of(self.now["rated"]), "share": words_of(self.now["rating_share"])}
                return _("%(rated)s verdicts; %(share)s of closed cases rated") % said
        return str(MEASURES[name].numerator_words)

    def lines(self, names: Sequence[str] = RATES) -> list[Line]:
        """Measures with their messages; those of `RATES` where none are named."""
        drawn = self._drawn(names)
        return [self._line(name, *drawn[name]) for name in names]

    def _line(self, name: str, step: str, points: Sequence[Point]) -> Line:
        figure, change = self.now[name], change_of(self.now[name], self.before[name])
        said = {"label": str(MEASURES[name].label), "value": words_of(figure), "change": change.words if change else ""}
        title = _("%(label)s %(value)s, %(change)s") if change else _("%(label)s %(value)s")
        return Line(
            name=name,
            title=title % said,
            value=words_of(figure),
            told=told_of(figure),
            flag=self.now.flag(name),
            address=self._cases(name),
            step=step,
            points=points,
        )

    def _drawn(self, names: Sequence[str]) -> dict[str, tuple[str, list[Point]]]:
        """The four weeks up to the period's end, or the period where it is longer; by days, or by weeks where days are
        too thin, with that step."""
        ends = self.asked.ends
        starts = min(self.asked.starts, ends - timedelta(days=27))
        daily = several_series(self.user, self.asked.within(starts, ends), names, "day")
        thin = [name for name in names if _is_thin(name, [figure for _day, figure in daily[name]])]
        starts = min(self.asked.starts, ends - timedelta(days=21))
        starts -= timedelta(days=starts.weekday())
        weekly = several_series(self.user, self.asked.within(starts, ends), thin, "week") if thin else {}
        week = timedelta(days=6)
        return {name: ("day", [self._point(day, day, figure) for day, figure in daily[name]]) for name in names} | {
            name: ("week", [self._point(day, min(day + week, ends), figure) for day, figure in weekly[name]])
            for name in thin
        }

    def _point(self, first: date, final: date, figure: Any) -> Point:
        share = MEASURES[figure.measure].kind == "rate"
        value = None if figure.value is None else round(float(figure.value) * (100 if share else 1), 1)
        own = {"period": "own", "from": first, "to": final, "of": figure.measure, "measure": ""}
        day = formatted(first, pgettext("date format", "j M"))
        return Point(day, value, words_of(figure), told_of(figure), self.asked.address("leaders-cases", **own))
