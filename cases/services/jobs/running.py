"""Workers take jobs, oldest first. A job's row is locked while somebody works on it: if the process dies, the database
itself gives it back, and the next worker goes on, or starts the file anew."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.models import Job

from .selection import do_next
from .taking import only_ledger, take_out

MOST_ATTEMPTS = 5
"""So often a ledger is begun: one that kills its worker each time must not do so for ever."""


def run_jobs() -> int:
    """Works until nothing waits, or what waits is in other hands; how many pieces there were: a ledger is one, each
    case of a selection is one. Several at once are harmless."""
    pieces, passed = 0, set[int]()
    while (job := _claim(passed)) is not None:
        if job.kind == Job.Kind.EXPORT:
            passed.add(job.pk)
            pieces += take_out(job.pk)
        else:
            pieces += 1
    return pieces


def _claim(passed: set[int]) -> Job | None:
    """The oldest job that nobody works on. A ledger is only noted as begun, so that the count of attempts outlives the
    worker; of a selection one case is done."""
    with transaction.atomic():
        waiting = Job.objects.filter(state__in=[Job.State.QUEUED, Job.State.RUNNING]).exclude(pk__in=passed)
        job = waiting.select_for_update(of=("self",), skip_locked=True).order_by("id").first()
        if job is None:
            return None
        if job.kind == Job.Kind.BULK:
            job.state = Job.State.RUNNING
            do_next(job)
        elif only_ledger():
            _begin(job)
        job.save(update_fields=["state", "attempts", "done", "error", "finished_at"])
    return job


def _begin(job: Job) -> None:
    job.state = Job.State.RUNNING
    job.attempts += 1
    if job.attempts > MOST_ATTEMPTS:
        job.state, job.finished_at = Job.State.FAILED, timezone.now()
        job.error = _("given up after %d attempts") % MOST_ATTEMPTS
