"""What Celery wakes up in this app; the work is in the services."""

from celery import shared_task

from . import services
from .services import webhooks
from .services.forgetting import forget_old_lines


@shared_task(name="notifications.tasks.dispatch_events")
def dispatch_events() -> None:
    """Tells people what has happened. Several at once are harmless."""
    services.dispatch_events()


@shared_task(name="notifications.tasks.send_deliveries")
def send_deliveries() -> None:
    """Sends what waits. Several at once are harmless."""
    services.send_deliveries(side_by_side=True)


@shared_task(name="notifications.tasks.send_webhooks")
def send_webhooks() -> None:
    """Posts what waits for other systems. Several at once are harmless."""
    webhooks.send_webhooks()


@shared_task(name="notifications.tasks.forget_old")
def forget_old() -> None:
    """Deletes what has been kept for its time."""
    webhooks.forget_old_webhooks()
    forget_old_lines()


@shared_task(name="notifications.tasks.ring_alarms")
def ring_alarms() -> None:
    """Calls the next one where nobody has answered. Several at once are harmless."""
    services.ring_alarms()


@shared_task(name="notifications.tasks.write_round_ups")
def write_round_ups() -> None:
    """Writes the lists that are due; nothing twice, however often it runs."""
    services.write_round_ups()
