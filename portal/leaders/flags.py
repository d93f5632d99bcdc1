"""Red and yellow flags: where a figure is so poor that somebody should look. The lines stand in one file, which a city
replaces by its own."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from insights.measures import MEASURES

USUAL = Path(__file__).with_name("flags.toml")
RED, YELLOW, GOOD, SMALL, NONE = "red", "yellow", "good", "small", "none"


class BadFlags(ValueError):
    """The file cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Lines:
    """In percent, by measure; `fewest` is the smallest denominator that is judged."""

    fewest: int
    yellow: Mapping[str, Decimal]
    red: Mapping[str, Decimal]


def lines() -> Lines:
    """The lines in force. Raises BadFlags where their file cannot be used."""
    return _read(settings.LEADERS_FLAGS or str(USUAL))


@lru_cache(maxsize=4)
def _read(path: str) -> Lines:
    try:
        said = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        found = Lines(int(said["fewest"]), _percents(said["yellow"]), _percents(said["red"]))
    except (OSError, ValueError, TypeError, KeyError, ArithmeticError) as error:
        raise BadFlags(f"{path}: {type(error).__name__}: {error}") from error
    if unknown := (set(found.yellow) | set(found.red)) - set(MEASURES):
        raise BadFlags(f"{path}: no measure has the name {', '.join(sorted(unknown))}")
    return found


def _percents(said: Mapping[str, Any]) -> dict[str, Decimal]:
    return {name: Decimal(str(percent)) for name, percent in said.items()}


def flag_of(measure: str, numerator: int, denominator: int) -> str:
    """RED, YELLOW or GOOD for a share; SMALL where the denominator is too small to judge, NONE without a line or a
    denominator."""
    limits = lines()
    yellow, red = limits.yellow.get(measure), limits.red.get(measure)
    if denominator == 0 or (yellow is None and red is None):
        return NONE
    if denominator < limits.fewest:
        return SMALL
    percent = Decimal(100 * numerator) / denominator
    beyond = percent.__lt__ if MEASURES[measure].better == "more" else percent.__gt__
    if red is not None and beyond(red):
        return RED
    return YELLOW if yellow is not None and beyond(yellow) else GOOD


@register
def check_flags(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Whether the file that the settings name can be used: found at a start rather than by a mayor."""
    try:
        lines()
    except BadFlags as error:
        return [Error(f"LEADERS_FLAGS: {error}", id="govgrid.E041")]
    return []
