"""What Celery wakes up in this app; the work is in the services."""

from celery import shared_task
from django.conf import settings
from kombu.exceptions import OperationalError

from .services import sweep
from .services.idempotency import forget_keys
from .services.recounts import recount
from .services.simulation import run_queued
from .services.sweep import gaps_between_beats, next_wake_up


@shared_task(name="cases.tasks.sweep_deadlines")
def sweep_deadlines(gaps: int | None = None) -> None:
    """Fires what is due, until beat comes again at the longest, and calls itself for what comes due before that.

    Several at once are harmless. `gaps` is what is left of the time between two beats, None for beat's own call."""
    swept = sweep(seconds=settings.SWEEP_SECONDS)
    wake_up = next_wake_up(swept.wait, gaps_between_beats(settings.SWEEP_SECONDS) if gaps is None else gaps)
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
