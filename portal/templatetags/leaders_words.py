"""Words for flags and measures on the leaders' pages."""

from __future__ import annotations

from django import template

from insights.measures import MEASURES
from portal.leaders.board import FLAG_WORDS, MARKS

register = template.Library()


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
