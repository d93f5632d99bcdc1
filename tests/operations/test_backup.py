"""What was saved comes back whole, elsewhere, and proves itself; a damaged archive or an occupied place is refused."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from cases.models import Case, CaseEvent
from tests.stories import Stories

ROOT = Path(__file__).resolve().parents[2]

NAME = f"restored_{os.getpid()}"


@pytest.fixture
def empty_database() -> Iterator[str]:
    """The address of a new database on the same server."""
    url = os.environ["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as link:
        link.execute(f"CREATE DATABASE {NAME}")
    try:
        yield urlunsplit(urlsplit(url)._replace(path=f"/{NAME}"))
    finally:
        with psycopg.connect(url, autocommit=True) as link:
            link.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


@pytest.fixture
def archive(committed_stories: Stories, tmp_path: Path) -> Path:
    """Two cases and a file, saved."""
    committed_stories.bring("closed")
    committed_stories.bring("handling")
    default_storage.save("attachments/2026/11/22/灯.txt", ContentFile("路灯".encode()))
    call_command("backup", tmp_path / "safe")
    (found,) = (tmp_path / "safe").iterdir()
    return found


def restore(archive: Path, url: str, media: Path) -> subprocess.CompletedProcess[str]:
    told = os.environ | {"DATABASE_URL": url, "MEDIA_ROOT": str(media), "LANGUAGE_CODE": "en"}
    command = [sys.executable, "manage.py", "restore", str(archive), "--verbosity", "0"]
    return subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True, timeout=300)


def test_a_backup_comes_back_whole_and_its_histories_verify(archive: Path, empty_database: str, tmp_path: Path) -> None:
    done = restore(archive, empty_database, tmp_path / "media2")
    assert done.returncode == 0, done.stderr
    assert "2 cases" in done.stdout or "2 件" in done.stdout
    assert (tmp_path / "media2/attachments/2026/11/22/灯.txt").read_text() == "路灯"
    with psycopg.connect(empty_database) as link:
        hashes = link.execute("SELECT hash FROM cases_caseevent ORDER BY id").fetchall()
        waiting = link.execute("SELECT count(*) FROM cases_pendingevent").fetchone()
    assert [h for (h,) in hashes] == list(CaseEvent.objects.order_by("id").values_list("hash", flat=True))
    assert waiting == (CaseEvent.objects.filter(pending__isnull=False).count(),)


def test_the_archive_is_its_owner_s_alone_and_holds_no_secret(archive: Path) -> None:
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert os.environ["REPORTER_HASH_KEY"].encode() not in archive.read_bytes()


def test_a_place_that_is_not_empty_is_refused(archive: Path) -> None:
    with pytest.raises(CommandError, match="not empty"):
        call_command("restore", archive)
    assert Case.objects.count() == 2


def test_a_damaged_archive_is_refused_and_nothing_is_left_behind(
    archive: Path, empty_database: str, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.tar"
    with tarfile.open(archive) as old, tarfile.open(broken, "w") as new:
        for member in old:
            data = old.extractfile(member)
            assert data is not None
            if member.name == "manifest.json":
                said = json.load(data) | {"dump_sha256": "0" * 64}
                (tmp_path / "manifest.json").write_text(json.dumps(said))
                new.add(tmp_path / "manifest.json", "manifest.json")
            else:
                new.addfile(member, data)
    for file, media in ((broken, "m1"), (Path(__file__), "m2")):
        done = restore(file, empty_database, tmp_path / media)
        assert done.returncode == 1
        assert not (tmp_path / media).exists()
    with psycopg.connect(empty_database) as link:
        tables = link.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert tables == (0,)
