"""The hours of telling of all territories, read together: who plans a batch asks once."""

from __future__ import annotations

from datetime import time

from grids.tree import STEP
from notifications.models import TellingHours
from notifications.timing import WakingHours


class HoursBook:
    """The nearest ancestor's hours, else the defaults. One query."""

    def __init__(self) -> None:
        rows = TellingHours.objects.values_list("grid__path", "wakes_at", "sleeps_at", "morning_at", "rung_minutes")
        self._rows = {path: WakingHours(*said) for path, *said in rows}  # type: ignore[arg-type]  # in its order

    def at(self, path: str) -> WakingHours:
        """The hours in force at the grid of this tree path."""
        if not self._rows:
            return WakingHours()
        above = (path[:end] for end in range(len(path), 0, -STEP))
        return next((self._rows[one] for one in above if one in self._rows), WakingHours())

    @property
    def earliest_morning(self) -> time:
        """Before this no morning list is due anywhere."""
        return min([WakingHours().morning_at, *(hours.morning_at for hours in self._rows.values())])
