"""Tasks of the platform itself, as against those of a domain.

The heartbeat goes from beat through the broker to a worker, so that its age tells of all three."""

import time

from celery import shared_task
from django.core.cache import cache

HEARTBEAT_KEY = "govgrid.heartbeat"
"""Cache key of the moment of the last heartbeat, in seconds since the epoch."""


@shared_task
def record_heartbeat() -> None:
    """Note in the cache that beat, broker and worker were all alive just now."""
    cache.set(HEARTBEAT_KEY, time.time(), timeout=None)
