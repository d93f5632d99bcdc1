"""Words for flags and measures on the leaders' pages."""

from __future__ import annotations

from typing import Any

from django import template

from grids.territory import territory_of
from insights.measures import MEASURES
from portal.leaders.board import FLAG_WORDS, MARKS
from portal.leaders.seats import ROLES

register = template.Library()


@register.filter
def has_figures(user: Any) -> bool:
    """Whether one of somebody's posts opens the leaders' pages."""
    territory = territory_of(user)
    return territory.everything or any(standing.role in ROLES for standing in territory.standings)


@register.filter
def flag_mark(flag: str) -> str:
    """The mark of a flag, so that it is told without its colour."""
    return MARKS[flag]


@register.filter
def flag_words(flag: str) -> str:
    """A flag in words."""
    return str(FLAG_WORDS[flag])


@register.filter
def measure_words(name: str) -> str:
    """What a measure is called."""
    return str(MEASURES[name].label)
