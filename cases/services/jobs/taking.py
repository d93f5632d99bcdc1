"""Writes a ledger that was asked for into a file of the storage, and takes it away again when its time is over."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from cases.errors import BadInput, CaseError
from cases.export import write_workbook
from cases.lists import cases_of
from cases.models import Case, Job

from .progress import note_progress

logger = logging.getLogger(__name__)
SHORT = 2000
"""Cases of a ledger that is made while somebody waits: half a second of a processor."""
ONE_AT_A_TIME = 20_261_122
"""Key of the lock that a ledger holds: the other workers stay free for clocks and notices."""


def is_short(cases: QuerySet[Case]) -> bool:
    """Whether a ledger of these can be made at once. Counts no further than it must."""
    return len(cases.order_by().values_list("pk", flat=True)[: SHORT + 1]) <= SHORT


def in_order(cases: QuerySet[Case]) -> QuerySet[Case]:
    """The order of a ledger: oldest first."""
    return cases.order_by("submitted_at", "pk")


def only_ledger() -> bool:
    """Whether no other ledger is being written; none is begun until the end of the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        return bool(cursor.fetchone()[0])


@transaction.atomic
def take_out(pk: int) -> int:
    """Writes the ledger of a job, unless somebody else does; 1 where it is done or failed, 0 where it waits on.

    The row is locked meanwhile: file and row agree, or the row says that there is no file."""
    if not only_ledger():
        return 0
    running = Job.objects.filter(pk=pk, state=Job.State.RUNNING).select_for_update(of=("self",), skip_locked=True)
    job = running.first()
    if job is None:
        return 0
    try:
        with transaction.atomic(), translation.override(job.said.get("language")):
            _write(job)
        job.state = Job.State.DONE
    except CaseError as error:
        job.state, job.error = Job.State.FAILED, error.detail[:300]
    except Exception as error:  # who asked is told, the next in the queue still gets its turn
        logger.exception("ledger of job %s failed", job.pk)
        job.state, job.error = Job.State.FAILED, type(error).__name__
    job.finished_at = timezone.now()
    job.save()
    return 1


def _write(job: Job) -> None:
    if not job.asked_by.is_active:
        raise BadInput(asked_by=_("the account is closed"))
    cases = cases_of(job.asked_by, job.said["query"])
    total = cases.count()
    name = f"exports/{job.asked_at:%Y/%m/%d}/{job.token}.xlsx"
    default_storage.delete(name)  # of an attempt whose worker died after it
    note_progress(job, 0, total)
    with TemporaryDirectory(prefix="govgrid-ledger-") as folder:
        path = Path(folder) / "ledger.xlsx"
        job.done = write_workbook(path, in_order(cases), progress=lambda done: note_progress(job, done, total))
        with path.open("rb") as file:
            job.size = path.stat().st_size
            job.file = default_storage.save(name, File(file))
    job.total = job.done
    job.expires_at = timezone.now() + timedelta(hours=settings.EXPORT_HOURS)


def forget_files(at: datetime | None = None) -> int:
    """Deletes the files whose time is over at a moment (None: now); how many. What was taken out by whom stays."""
    gone = 0
    for pk in Job.objects.filter(expires_at__lt=at or timezone.now()).exclude(file="").values_list("pk", flat=True):
        with transaction.atomic():
            job = Job.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=pk).exclude(file="").first()
            if job is not None:
                default_storage.delete(job.file)
                job.file = ""
                job.save(update_fields=["file"])
                gone += 1
    return gone
