"""Backup and restore: the database and the files of one moment in one archive, which proves itself when it comes back.

The secrets are left out on purpose: without REPORTER_KEYS nobody can read the reporters, with both anybody can."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import gettext as _

from govgrid.embedded_servers import PostgresServer

DUMP, MANIFEST, MEDIA = "database.dump", "manifest.json", "media"
FORMAT = 1
BLOCK = 1 << 20


class BackupError(Exception):
    """What could not be saved or brought back, in words for an operator."""


def back_up(folder: Path) -> Path:
    """Writes `govgrid-MOMENT.tar` into a folder, readable by its owner alone: the dump of one transaction, the files as
    they are after it, and a manifest. Raises BackupError; nothing is left behind then."""
    folder.mkdir(parents=True, exist_ok=True)
    moment = datetime.now(UTC)
    archive = folder / f"govgrid-{moment:%Y%m%dT%H%M%SZ}.tar"
    with tempfile.TemporaryDirectory(dir=folder) as room:
        dump, part = Path(room) / DUMP, Path(room) / "archive.tar"
        _run("pg_dump", "--format=custom", f"--file={dump}")
        part.touch(mode=0o600)
        with tarfile.open(part, "w") as tar:
            tar.add(dump, DUMP)
            files = _add_files(tar)
            _add_text(tar, MANIFEST, json.dumps(_manifest(moment, dump, files), indent=2))
        part.replace(archive)
    return archive


def _add_files(tar: tarfile.TarFile) -> int:
    root, count = Path(settings.MEDIA_ROOT), 0
    for path in sorted(root.rglob("*")) if root.is_dir() else ():
        if path.is_file():
            tar.add(path, f"{MEDIA}/{path.relative_to(root)}", recursive=False)
            count += 1
    return count


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    data = text.encode()
    member = tarfile.TarInfo(name)
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))


def _manifest(moment: datetime, dump: Path, files: int) -> dict[str, Any]:
    applied = MigrationRecorder(connection).applied_migrations()
    return {
        "format": FORMAT,
        "made_at": moment.isoformat(),
        "migrations": sorted(f"{app}.{name}" for app, name in applied),
        "dump_sha256": _digest(dump),
        "files": files,
    }


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def bring_back(archive: Path) -> dict[str, Any]:
    """Restores an archive into an empty database and an empty MEDIA_ROOT; the manifest. Migrating to newer code and
    verifying the histories are the caller's next steps.

    Raises BackupError where the archive is damaged or the place is not empty; the database is then as it was.
    """
    _refuse_occupied()
    with tempfile.TemporaryDirectory(dir=archive.parent) as room, _opened(archive) as tar:
        manifest = _read_manifest(tar)
        dump = Path(room) / DUMP
        _extract(tar, DUMP, dump)
        if _digest(dump) != manifest["dump_sha256"]:
            raise BackupError(_("the archive is damaged: its database is not the one that was saved"))
        restored = _restore_files(tar)
        if restored != manifest["files"]:
            raise BackupError(_("the archive is damaged: files are missing"))
        _run(
            "pg_restore",
            "--exit-on-error",
            "--single-transaction",
            "--no-owner",
            f"--dbname={connection.settings_dict['NAME']}",
            str(dump),
        )
    return manifest


def _refuse_occupied() -> None:
    if connection.introspection.table_names():
        raise BackupError(_("the database is not empty: create a new one, and name it in DATABASE_URL"))
    root = Path(settings.MEDIA_ROOT)
    if root.is_dir() and any(root.iterdir()):
        raise BackupError(_("%s is not empty: name another folder in MEDIA_ROOT") % root)


def _opened(archive: Path) -> tarfile.TarFile:
    try:
        return tarfile.open(archive)
    except (OSError, tarfile.TarError) as error:
        raise BackupError(_("%(file)s cannot be read: %(error)s") % {"file": archive, "error": error}) from None


def _read_manifest(tar: tarfile.TarFile) -> dict[str, Any]:
    try:
        file = tar.extractfile(MANIFEST)
        said: dict[str, Any] = json.load(file) if file else {}
    except (KeyError, ValueError, tarfile.TarError):
        said = {}
    if said.get("format") != FORMAT:
        raise BackupError(_("this is not an archive of `manage.py backup`, or it is cut off"))
    return said


def _extract(tar: tarfile.TarFile, name: str, target: Path) -> None:
    file = tar.extractfile(name)
    if file is None:
        raise BackupError(_("the archive is damaged: %s is missing") % name)
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as out:
        shutil.copyfileobj(file, out, BLOCK)


def _restore_files(tar: tarfile.TarFile) -> int:
    root, count = Path(settings.MEDIA_ROOT).resolve(), 0
    for member in _files(tar):
        target = (root / member.name.removeprefix(f"{MEDIA}/")).resolve()
        if not target.is_relative_to(root):
            raise BackupError(_("the archive is damaged: %s leads out of its folder") % member.name)
        _extract(tar, member.name, target)
        count += 1
    return count


def _files(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    return (member for member in tar if member.isfile() and member.name.startswith(f"{MEDIA}/"))


def _run(program: str, *arguments: str) -> None:
    """One of PostgreSQL's programs; address and password go by the environment, where no process list shows them."""
    said = connection.get_connection_params()
    names = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password", "PGDATABASE": "dbname"}
    told = {name: str(said[key]) for name, key in names.items() if said.get(key)}
    done = subprocess.run([_program(program), *arguments], env=os.environ | told, capture_output=True, text=True)
    if done.returncode:
        raise BackupError(f"{program}: {done.stderr.strip()[-2000:]}")


def _program(name: str) -> str:
    """The system's own where it is new enough for the server; else the one that comes with the embedded server."""
    found = shutil.which(name)
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        needed = int(cursor.fetchone()[0]) // 10_000
    if found and _major(found) >= needed:
        return found
    return str(PostgresServer.binaries / name)


def _major(program: str) -> int:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    match = re.search(r"\d+", said)
    return int(match.group()) if match else 0
