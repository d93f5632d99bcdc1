"""What is measured: one definition of each measure, and nowhere another. Pages, reports and scores read them here.
What each means, and why: docs/measures.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from django.utils.translation import gettext_lazy as _

from . import choices as c
from .choices import Anchor

Kind = Literal["rate", "count", "duration", "stock"]


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure in words, and how it is counted of facts.

    `anchor` names the moments that select the period. `numerator` and `denominator` are marks that those moments bear,
    0 where all count. `until_end` adds what the end of the period decides (closures). `better` is which way is good.
    A stock has no anchor: it stands at a moment, and `insights.stock` counts it.
    """

    name: str
    label: Any
    numerator_words: Any
    denominator_words: Any
    kind: Kind
    better: Literal["more", "less", ""]
    anchor: Anchor | None = None
    numerator: int = 0
    denominator: int = 0
    until_end: bool = False


A = Anchor
_CLOSED = _("cases closed in the period")
_DISPATCHED = _("cases first dispatched in the period")
_ACCEPTED = _("cases accepted in the period")


def _at_least_one(name: str, label: Any, words: Any, mark: int) -> Measure:
    return Measure(name, label, words, _DISPATCHED, "rate", "less", A.DISPATCHED, mark)


_ROWS = (
    Measure("response", _("response rate"), _("signed, or work begun, within the deadline"),
            _("cases whose first deadline to sign fell in the period"), "rate", "more", A.RESPONSE_DUE, c.KEPT),
    Measure("acceptance", _("acceptance in time"), _("accepted or rejected within the deadline"),
            _("deadlines to accept that fell in the period"), "rate", "more", A.ACCEPT_DUE, c.KEPT),
    Measure("closure", _("closure rate"), _("closed by the end of the period, or within the deadline"),
            _ACCEPTED, "rate", "more", A.ACCEPTED, c.IN_TIME, until_end=True),
    Measure("on_time", _("on-time rate"), _("handling finished within the deadline, extensions included"),
            _("deadlines to handle that fell in the period"), "rate", "more", A.HANDLE_DUE, c.KEPT),
    Measure("solved_rate", _("solved rate"), _("verdicts that say: solved"),
            _("verdicts of the period"), "rate", "more", A.ANSWERED, c.SAID_SOLVED),
    Measure("satisfaction", _("satisfaction rate"), _("verdicts “satisfied”"),
            _("verdicts that residents gave by themselves"), "rate", "more", A.ANSWERED, c.OWN_SATISFIED, c.OWN),
    Measure("rating_share", _("share rated"), _("with a verdict"), _CLOSED, "rate", "more", A.CLOSED, c.RATED),
    Measure("revisit_satisfaction", _("satisfaction rate on revisit"), _("verdicts “satisfied”"),
            _("revisits that reached somebody"), "rate", "more", A.ANSWERED, c.REVISIT_SATISFIED, c.REVISIT),
    Measure("low_level", _("solved at town or below"), _("led last by a unit of a town, village or cell"),
            _("cases closed in the period as solved or explained"), "rate", "more", A.CLOSED, c.LOW, c.BY_WORK),
    Measure("direct", _("direct rate"), _("closed without being dispatched to another unit"),
            _CLOSED, "rate", "more", A.CLOSED, c.DIRECT),
    _at_least_one("returned", _("return rate"), _("returned at least once"), c.RETURNED),
    _at_least_one("redone", _("redo rate"), _("sent back at least once"), c.REDONE),
    _at_least_one("reopened", _("reopening rate"), _("reopened at least once"), c.REOPENED),
    _at_least_one("escalated", _("escalation rate"), _("escalated at least once"), c.ESCALATED),
    _at_least_one("extended", _("extension rate"), _("given more time at least once"), c.EXTENDED),
    Measure("repeated", _("repeat rate"), _("the same voice on a matter that was closed within 90 days before"),
            _ACCEPTED, "rate", "less", A.ACCEPTED, c.REPEATED),
    Measure("response_time", _("time to response"), "", _("cases whose first deadline to sign fell in the period"),
            "duration", "less", A.RESPONSE_DUE),
    Measure("closure_time", _("time to closure"), "", _CLOSED, "duration", "less", A.CLOSED),
    Measure("reported", _("reported"), _("cases reported in the period, each voice"), "",
            "count", "", A.REPORTED),
    Measure("closed", _("closed"), _CLOSED, "", "count", "", A.CLOSED),
    Measure("solved", _("solved"), _("cases closed in the period as solved"), "",
            "count", "more", A.CLOSED, c.SOLVED, c.SOLVED),
    Measure("climbing", _("climbing"), _("climbs to a higher level in the period"), "",
            "count", "less", A.CLIMBED),
    Measure("rated", _("rated"), _("verdicts of the period"), "", "count", "more", A.ANSWERED),
    Measure("open", _("open"), _("open at the moment"), "", "stock", ""),
    Measure("overdue", _("overdue"), _("open, and past a moment that somebody owed"), "",
            "stock", "less"),
    Measure("suspended", _("suspended"), _("suspended at the moment"), "", "stock", ""),
)  # fmt: skip

MEASURES: Mapping[str, Measure] = MappingProxyType({measure.name: measure for measure in _ROWS})
"""All measures by their names, in the order in which they are shown."""
