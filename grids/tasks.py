"""What Celery wakes up in this app; the work is in the services."""

from celery import shared_task

from .services.tokens import forget_expired_tokens


@shared_task(name="grids.tasks.forget_tokens")
def forget_tokens() -> None:
    """Deletes tokens that have expired: signing in refuses them, and leaves them where they are."""
    forget_expired_tokens()
