"""Batch after batch until nothing is due. A batch that fails is rolled back and tried again in smaller ones, until what
fails stands alone and is set aside; the rest goes on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from django.db import InterfaceError, OperationalError, transaction

from cases.actors import CLOCK, Actor

from .batch import Batch
from .claims import Claimed, claim, look
from .set_aside import set_aside
from .writing import write

BATCH = 500
"""So many are locked at once. Larger ones are hardly faster, and whoever opens one of these cases waits longer."""
SHRINKS_BY = 8
PASSING = ("08", "25", "40", "53", "55", "57", "58")
"""Classes of PostgreSQL's error codes that say nothing against a row: connection, conflict, resources, operator."""


@dataclass(slots=True)
class Swept:
    """What a sweep did: steps fired, deadlines set aside because their step failed, seconds that it took; and how long
    it is, by the database's clock, until the next step is due: None where nothing runs, where the sweep was given its
    moment, and where its time was over before all was fired."""

    fired: int = 0
    set_aside: int = 0
    took: float = 0.0
    wait: timedelta | None = None


class _OneOfThemFails(Exception):
    """A batch has failed; each alone shows whether it is the one."""


def sweep(
    now: datetime | None = None, *, batch: int = BATCH, actor: Actor = CLOCK, seconds: float | None = None
) -> Swept:
    """Fires all that is due by `now` (the database's clock where None), or as much as fits into so many seconds.

    `actor` is the clock; a quiet one tells nobody, for a replay. Raises django.db.OperationalError where the database
    does not answer: what was not committed is due still.
    """
    swept, size, began = Swept(), batch, monotonic()
    while True:
        moment, first = (now, now) if now else look()
        swept.took = monotonic() - began
        if seconds is not None and swept.took > seconds:
            return swept
        if first is None or first > moment:
            swept.wait = first - moment if first else None
            return swept
        try:
            if not _sweep_batch(moment, size, swept, actor):
                swept.wait = None if now else timedelta(0)  # what is due is in somebody's hands
                return swept
            size = min(batch, size * 2)
        except _OneOfThemFails:
            size = max(1, size // SHRINKS_BY)


def _sweep_batch(now: datetime, size: int, swept: Swept, actor: Actor) -> bool:
    """Whether it came forward. Raises _OneOfThemFails with nothing done."""
    with transaction.atomic():
        claimed = claim(now, size)
        if not claimed:
            return False
        horizon = claimed[-1].fire_at if len(claimed) == size else now
        try:
            with transaction.atomic():
                fired = _fire(claimed, now, horizon, actor)
        except Exception as error:
            if _is_passing(error):
                raise
            if len(claimed) > 1:
                raise _OneOfThemFails from error
            set_aside(claimed[0], error)
            swept.set_aside += 1
            return True
    swept.fired += fired
    return fired > 0


def _fire(claimed: list[Claimed], now: datetime, horizon: datetime, actor: Actor) -> int:
    batch = Batch(claimed, now, horizon, actor)
    batch.fire()
    write(batch)
    return len(batch.firings)


def _is_passing(error: Exception) -> bool:
    """Whether it is the database's or the connection's trouble, and no row's."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith(PASSING)
