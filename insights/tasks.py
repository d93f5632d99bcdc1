"""What Celery wakes up in this app; the work is in the services."""

from celery import shared_task

from . import services


@shared_task(name="insights.tasks.count_cases")
def count_cases() -> None:
    """Counts anew what has changed. Several at once are harmless: one counts."""
    services.drain()
