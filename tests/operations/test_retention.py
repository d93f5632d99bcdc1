"""After its time a reporter is erased and a file deleted; before it, or while the case is open, nothing is touched, and
what was done stays provable."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from cases.choices import Status
from cases.models import Attachment, Case
from cases.services.history import verify
from cases.services.retention import Limits, Removed, apply_retention, over_time
from cases.tasks import apply_retention as task
from tests.stories import Stories

NOW = timezone.now()
YEAR_AND_DAY = NOW + timedelta(days=366)
BOTH = Limits(reporter_days=365, files_days=365)


def with_file(case: Case) -> Attachment:
    name = default_storage.save("attachments/2026/11/22/a.jpg", ContentFile(b"picture"))
    return Attachment.objects.create(
        case=case, file=name, content_type="image/jpeg", size=7, sha256="5" * 64, at=case.updated_at
    )


def remove(limits: Limits = BOTH, at: datetime = YEAR_AND_DAY) -> Removed:
    return sum(apply_retention(limits, at=at), Removed())


@pytest.mark.parametrize("status", [Status.CLOSED, Status.REJECTED, Status.WITHDRAWN, Status.MERGED])
def test_an_ended_case_loses_its_reporter_and_its_files(
    stories: Stories, status: Status, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    case = stories.bring(status)
    file = with_file(case)
    assert over_time(BOTH, YEAR_AND_DAY).files == 1
    with django_capture_on_commit_callbacks(execute=True):
        removed = remove()
    case.refresh_from_db()
    assert (removed.files, removed.bytes) == (1, 7)
    assert (case.reporter_sealed, case.reporter_phone_hash, case.status) == (None, "", status)
    assert not case.attachments.exists()
    assert not default_storage.exists(str(file.file.name))
    assert {"anonymised", "files_deleted"} <= set(case.events.values_list("kind", flat=True))
    assert case.events.get(kind="files_deleted").payload == {"files": {str(file.pk): file.sha256}}
    assert not list(verify(Case.objects.filter(pk=case.pk)))


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.HANDLING, Status.SUSPENDED, Status.FEEDBACK])
def test_an_open_case_keeps_everything(stories: Stories, status: Status) -> None:
    case = stories.bring(status)
    with_file(case)
    assert remove(at=NOW + timedelta(days=10_000)) == Removed()
    case.refresh_from_db()
    assert case.reporter_sealed


def test_nothing_goes_before_its_time_and_nothing_twice(stories: Stories) -> None:
    stories.bring("closed")
    assert remove(at=NOW + timedelta(days=364)) == Removed()
    assert remove() == Removed(reporters=1)
    assert remove() == Removed()


def test_files_may_go_at_another_time_than_reporters(stories: Stories) -> None:
    with_file(stories.bring("closed"))
    limits = Limits(reporter_days=365, files_days=730)
    assert remove(limits) == Removed(reporters=1)
    assert remove(limits, NOW + timedelta(days=731)) == Removed(files=1, bytes=7)


def test_zero_days_keep_without_end(stories: Stories) -> None:
    with_file(stories.bring("closed"))
    assert remove(Limits(0, 0), NOW + timedelta(days=10_000)) == Removed()


def test_a_dry_run_says_what_would_go_and_touches_nothing(stories: Stories) -> None:
    case = stories.bring("closed")
    Case.objects.update(closed_at=NOW - timedelta(days=31))
    told = StringIO()
    call_command("apply_retention", "--dry-run", "--reporter-days", "30", stdout=told)
    assert told.getvalue().split()[0] == "1"
    case.refresh_from_db()
    assert case.reporter_sealed


def test_the_hourly_task_does_it_by_the_settings(
    stories: Stories, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    case = stories.bring("closed")
    Case.objects.update(closed_at=NOW - timedelta(days=31))
    settings.RETENTION_REPORTER_DAYS = 30
    task()
    case.refresh_from_db()
    assert case.reporter_sealed is None
    assert "1 reporters erased" in caplog.text


def test_a_negative_number_of_days_is_refused() -> None:
    with pytest.raises(CommandError, match="--files-days"):
        call_command("apply_retention", "--files-days", "-1")


@pytest.mark.django_db(transaction=True)
def test_a_case_that_somebody_works_on_waits_for_the_next_time(committed_stories: Stories) -> None:
    case, other = committed_stories.bring("closed"), committed_stories.bring("closed")
    locker = connection.copy()
    try:
        with transaction.atomic():
            with locker.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute("SELECT 1 FROM cases_case WHERE id = %s FOR UPDATE", [case.pk])
            assert remove() == Removed(reporters=1)
            other.refresh_from_db()
            assert other.reporter_sealed is None
    finally:
        locker.close()
    assert remove() == Removed(reporters=1)
