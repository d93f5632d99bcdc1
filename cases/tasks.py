"""What Celery wakes up in this app; the work is in the services."""

import logging

from celery import shared_task
from django.conf import settings
from kombu.exceptions import OperationalError

from .services import sweep
from .services.idempotency import forget_keys
from .services.jobs import forget_files
from .services.jobs import run_jobs as run_waiting_jobs
from .services.recounts import recount
from .services.retention import Limits
from .services.retention import apply_retention as remove_old
from .services.simulation import run_queued
from .services.sweep import gaps_between_beats, next_wake_up
from .services.words import tidy_words

logger = logging.getLogger(__name__)


@shared_task(name="cases.tasks.sweep_deadlines")
def sweep_deadlines(gaps: int | None = None) -> None:
    """Fires what is due, until beat comes again at the longest, and calls itself for what comes due before that.

    Several at once are harmless. `gaps` is what is left of the time between two beats, None for beat's own call."""
    swept = sweep(seconds=settings.SWEEP_SECONDS)
    left = gaps_between_beats(settings.SWEEP_SECONDS) if gaps is None else gaps
    wake_up = next_wake_up(swept.wait, left, swept.took)
    if wake_up is None:
        return
    try:
        sweep_deadlines.apply_async(
            (wake_up.gaps,), countdown=wake_up.countdown, expires=settings.TASKS_EXPIRE_SECONDS, retry=False
        )
    except OperationalError:  # the broker is away: once it is back, beat comes again
        return


@shared_task(name="cases.tasks.recount_deadlines")
def recount_deadlines() -> None:
    """Counts open clocks anew where a calendar has changed. Several at once are harmless."""
    recount()


@shared_task(name="cases.tasks.run_simulations")
def run_simulations() -> None:
    """Computes the what-ifs that wait."""
    run_queued()


@shared_task(name="cases.tasks.forget_idempotency_keys")
def forget_idempotency_keys() -> None:
    """Forgets the replies kept for requests that nobody will repeat any more."""
    forget_keys()


@shared_task(name="cases.tasks.apply_retention")
def apply_retention() -> None:
    """Erases reporters and deletes files that are over their time. Several at once are harmless."""
    for removed in remove_old(Limits()):
        logger.warning("over their time: %s reporters erased, %s files deleted", removed.reporters, removed.files)


@shared_task(name="cases.tasks.run_jobs")
def run_jobs() -> None:
    """Does what was asked of jobs. Several at once are harmless."""
    run_waiting_jobs()


@shared_task(name="cases.tasks.forget_job_files")
def forget_job_files() -> None:
    """Deletes ledgers that were kept long enough."""
    forget_files()


@shared_task(name="cases.tasks.tidy_search")
def tidy_search() -> None:
    """Puts new cases' words into the index of the search, so that nobody who reports waits for it."""
    tidy_words()
