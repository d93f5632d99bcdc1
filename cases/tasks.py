"""What Celery wakes up in this app; the work is in the services."""

from celery import shared_task

from .services import sweep


@shared_task(name="cases.tasks.sweep_deadlines")
def sweep_deadlines() -> None:
    """Fires what is due. Several at once are harmless."""
    sweep()
