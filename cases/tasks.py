"""What Celery wakes up in this app; the work is in the services."""

from celery import shared_task

from .services import sweep
from .services.idempotency import forget_keys
from .services.recounts import recount
from .services.simulation import run_queued


@shared_task(name="cases.tasks.sweep_deadlines")
def sweep_deadlines() -> None:
    """Fires what is due. Several at once are harmless."""
    sweep()


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
