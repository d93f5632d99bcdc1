"""What a killed process leaves in the storage is found, named and removed; what belongs to a case is not."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone

from cases.actors import RESIDENT
from cases.services.attachments import attach, names_of
from cases.services.orphans import remove_orphaned_files
from tests.files.samples import upload
from tests.stories import Stories

LEFT = ("attachments/2026/11/22/left.jpg", "attachments/2026/11/22/left.small.jpg", "attachments/2020/01/02/old.pdf")
LATER = timezone.now() + timedelta(hours=25)


def files(settings: LazySettings) -> set[str]:
    root = Path(settings.MEDIA_ROOT)
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def run(*said: str) -> str:
    out = StringIO()
    call_command("remove_orphaned_files", *said, verbosity=0, stdout=out, stderr=out)
    return out.getvalue()


@pytest.fixture
def kept(stories: Stories) -> set[str]:
    """The files of a photo, beside those that nobody knows."""
    for name in (*LEFT, "exports/other.xlsx"):
        default_storage.save(name, ContentFile(b"x"))
    return {*names_of(attach(stories.submit(), RESIDENT, upload())), "exports/other.xlsx"}


def test_orphans_go_and_what_has_a_row_stays(kept: set[str], settings: LazySettings) -> None:
    found = list(remove_orphaned_files(older_than=timedelta(hours=24), at=LATER))
    assert sum(batch.removed for batch in found) == 3
    assert files(settings) == kept


def test_what_is_young_may_belong_to_somebody(kept: set[str], settings: LazySettings) -> None:
    assert "0  deleted" in run()
    assert files(settings) == {*kept, *LEFT}


def test_a_dry_run_names_them_and_changes_nothing(kept: set[str], settings: LazySettings) -> None:
    found = list(remove_orphaned_files(older_than=timedelta(hours=24), at=LATER, dry_run=True))
    assert [name for batch in found for name in batch.orphans] == sorted(LEFT)
    assert files(settings) == {*kept, *LEFT}
    assert "dry run" in run("--dry-run")


def test_without_any_file_there_is_nothing_to_do(db: None) -> None:
    assert "0  files looked at" in run()


def test_rows_whose_file_is_gone_are_named(kept: set[str], stories: Stories) -> None:
    assert run("--missing")
    default_storage.delete(next(name for name in kept if name.endswith("small.jpg")))
    with pytest.raises(CommandError, match="1 are gone"):
        run("--missing")


def test_an_hour_is_the_least(db: None) -> None:
    with pytest.raises(CommandError, match="one hour"):
        run("--older-than", "0.5")
