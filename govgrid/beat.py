"""Beat that goes on where its host's clock is set back, or its file was written by a host whose clock was ahead.

Celery waits until the moment of the last run has come again: an hour without a sweep for a clock an hour wrong."""

from datetime import timedelta
from typing import Any

from celery.beat import PersistentScheduler

SLACK = timedelta(seconds=1)
"""So much a clock may be set back without notice: no more than beat waits anyway."""


class SteadyScheduler(PersistentScheduler):
    """Celery's own, without last runs that lie in the future."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Sends what is due, as Celery does; seconds until the next time."""
        for entry in self.schedule.values():
            now = entry.default_now()
            if entry.last_run_at > now + SLACK:
                entry.last_run_at = now
                self._heap = None  # it is ordered by moments of the clock that was wrong
        wait: float = super().tick(*args, **kwargs)
        return wait
