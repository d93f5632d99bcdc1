"""How far a ledger is. Its row is locked by whoever writes it, so the count stands in the cache, where it may be
lost."""

from __future__ import annotations

import logging

from django.core.cache import cache
from redis.exceptions import RedisError

from cases.models import Job

logger = logging.getLogger(__name__)
KEPT_SECONDS = 600


def note_progress(job: Job, done: int, total: int) -> None:
    """So many rows are written."""
    try:
        cache.set(_key(job), (done, total), KEPT_SECONDS)
    except RedisError:
        logger.warning("progress of job %s is not shown: no cache", job.pk)


def progress_of(job: Job) -> tuple[int, int]:
    """How many cases are done, of how many."""
    if job.kind != Job.Kind.EXPORT or job.state not in (Job.State.QUEUED, Job.State.RUNNING):
        return job.done, job.total
    try:
        done, total = cache.get(_key(job)) or (0, 0)
    except RedisError:
        return job.done, job.total
    return done, total


def _key(job: Job) -> str:
    return f"job:{job.pk}:progress"
