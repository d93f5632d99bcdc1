"""When the sweep wants to be woken before beat comes again, so that what is due is seen at once and not two seconds
late. Nothing is remembered anywhere: a wake-up that is lost costs no more than the wait for beat."""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from typing import NamedTuple

GAP = 0.25
"""Seconds between two sweeps of one chain at the least."""


class WakeUp(NamedTuple):
    """In how many seconds, and how many gaps its chain may go on for after it."""

    countdown: float
    gaps: int


def gaps_between_beats(seconds: float) -> int:
    """How many gaps there are until beat comes again."""
    return max(0, ceil(seconds / GAP) - 1)


def next_wake_up(wait: timedelta | None, gaps: int, took: float = 0.0) -> WakeUp | None:
    """Whether a sweep is to be called again before beat comes.

    `wait` is how long it is until the next step is due, None where nothing is or beat's next call will go on. `gaps` is
    what is left of the time between two beats, of which the sweep before `took` so many seconds. Each wake-up uses up
    one gap at the least, so that a chain ends with its beat even where a host's clock makes all of its wake-ups come at
    once.
    """
    if wait is None:
        return None
    countdown = max(GAP, wait.total_seconds())
    used = ceil((took + countdown) / GAP)
    return WakeUp(countdown, gaps - used) if used <= gaps else None
