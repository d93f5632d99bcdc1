"""A selection that is small is done while somebody waits, by the same steps as a worker does it."""

from __future__ import annotations

from django.db import transaction

from cases.models import Job

from .selection import do_next

FEW = 20
"""Cases of a selection that is answered at once: some seconds at the most."""


def do_at_once(pk: int) -> None:
    """Does the cases of a small selection one by one, each in a transaction of its own; leaves a large one, and one
    that a worker has taken already, to the workers. Whatever is not done here, they do."""
    while _did_one(pk):
        pass


@transaction.atomic
def _did_one(pk: int) -> bool:
    waiting = Job.objects.filter(pk=pk, kind=Job.Kind.BULK, total__lte=FEW)
    waiting = waiting.filter(state__in=[Job.State.QUEUED, Job.State.RUNNING])
    job = waiting.select_for_update(of=("self",), skip_locked=True).first()
    if job is None:
        return False
    job.state = Job.State.RUNNING
    do_next(job)
    job.save(update_fields=["state", "done", "finished_at"])
    return True
