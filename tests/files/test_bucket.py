"""Files in an S3 bucket, over a real server of that protocol: kept, served by addresses that end, and taken back."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import environ
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone

from cases.errors import BadInput
from cases.models import Attachment, CaseEvent
from cases.services.attachments import attach, files_go_with_rows
from cases.services.orphans import remove_orphaned_files
from govgrid.file_storage import LOCAL, storage_from
from tests.api.conftest import Caller
from tests.files.samples import upload
from tests.stories import Stories

KEYS = {"S3_ACCESS_KEY_ID": "AKIAGOVGRIDTESTS", "S3_SECRET_ACCESS_KEY": "a secret of these tests"}


def configured(**said: str) -> dict[str, Any]:
    env = environ.Env()
    env.ENVIRON = said
    return storage_from(env)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that checks signatures."""
    program = shutil.which("nanio", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if program is None:
        pytest.skip("needs nanio, of requirements-dev.txt")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    said = {"NANIO_ACCESS_KEY": KEYS["S3_ACCESS_KEY_ID"], "NANIO_SECRET_KEY": KEYS["S3_SECRET_ACCESS_KEY"]}
    folder = tmp_path_factory.mktemp("bucket")
    command = [program, "serve", "--host", "127.0.0.1", "--port", str(port), "--data-dir", str(folder)]
    process = subprocess.Popen([*command, "--log-level", "warning"], env=dict(os.environ) | said)
    try:
        _wait_until_it_listens(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _wait_until_it_listens(port: int, process: subprocess.Popen[bytes]) -> None:
    give_up_at = time.monotonic() + 60
    while time.monotonic() < give_up_at and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the server does not come up")


@pytest.fixture
def bucket(server: str, settings: Any) -> Any:
    """The storage, empty, with a folder of its own in the bucket."""
    said = KEYS | {"S3_BUCKET": "govgrid", "S3_ENDPOINT_URL": server, "S3_PREFIX": f"city/{time.monotonic_ns()}"}
    settings.STORAGES = settings.STORAGES | {"default": configured(S3_ADDRESSING_STYLE="path", **said)}
    settings.FILES_THROUGH_SITE = False
    storage: Any = default_storage
    client = storage.connection.meta.client
    if not any(found["Name"] == "govgrid" for found in client.list_buckets()["Buckets"]):
        client.create_bucket(Bucket="govgrid")
    return storage


def names(storage: Any, folder: str = "attachments") -> set[str]:
    folders, files = storage.listdir(folder)
    return {f"{folder}/{name}" for name in files}.union(*(names(storage, f"{folder}/{name}") for name in folders))


def status_of(address: str) -> int:
    try:
        with urllib.request.urlopen(address) as answer:  # noqa: S310 - our own server
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def test_a_photo_lies_in_the_bucket_and_is_reached_by_an_address_that_ends(
    stories: Stories, dispatcher: Caller, bucket: Any
) -> None:
    case = stories.submit()
    number = dispatcher.upload(f"/cases/{case.number}/attachments/", upload()).json()["id"]
    kept = Attachment.objects.get()
    assert names(bucket) == {kept.file.name, kept.thumbnail.name}
    way = dispatcher.client.get(dispatcher.get(f"/attachments/{number}/").url)
    assert way.status_code == 302 and "X-Amz-Expires=60" in way.url and "no-store" in way["Cache-Control"]
    with urllib.request.urlopen(way.url) as answer:  # noqa: S310 - our own server
        assert answer.read() == kept.file.read()
    assert status_of(way.url.partition("?")[0]) == status_of(way.url.replace("Signature=", "Signature=0")) == 403


def test_a_bucket_that_no_browser_reaches_is_served_by_the_site(
    stories: Stories, dispatcher: Caller, bucket: Any, settings: Any
) -> None:
    settings.FILES_THROUGH_SITE = True
    case = stories.submit()
    number = dispatcher.upload(f"/cases/{case.number}/attachments/", upload()).json()["id"]
    answer = dispatcher.client.get(dispatcher.get(f"/attachments/{number}/").url)
    assert len(b"".join(answer.streaming_content)) == Attachment.objects.get().size
    bucket.delete(Attachment.objects.get().file.name)
    assert dispatcher.client.get(dispatcher.get(f"/attachments/{number}/").url).status_code == 404


def test_what_is_rolled_back_leaves_the_bucket_empty_and_orphans_are_found(stories: Stories, bucket: Any) -> None:
    case, head = stories.submit(), stories.actor("accept")
    with pytest.raises(BadInput), files_go_with_rows() as saved:
        attach(case, head, upload(), saved=saved)
        raise BadInput(file="something else went wrong")
    assert names(bucket) == set()
    kept = attach(case, head, upload())
    bucket.save("attachments/2026/left.jpg", ContentFile(b"x"))
    later = timezone.now() + timedelta(days=2)
    (found,) = remove_orphaned_files(older_than=timedelta(hours=24), at=later)
    assert (found.seen, found.removed) == (3, 1)
    assert names(bucket) == {kept.file.name, kept.thumbnail.name}


def test_an_operator_asks_whether_it_works(bucket: Any, settings: Any) -> None:
    out = StringIO()
    call_command("check_files", stdout=out)
    assert out.getvalue().count("✓") == 4 and names(bucket) == set()
    settings.STORAGES = settings.STORAGES | {"default": configured(S3_BUCKET="b", S3_ENDPOINT_URL=nowhere(), **KEYS)}
    with pytest.raises(CommandError, match="could not be"):
        call_command("check_files", stdout=StringIO())


def nowhere() -> str:
    """An address where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def test_a_bucket_that_does_not_answer_keeps_nothing_half(stories: Stories, dispatcher: Caller, settings: Any) -> None:
    settings.STORAGES = settings.STORAGES | {"default": configured(S3_BUCKET="b", S3_ENDPOINT_URL=nowhere(), **KEYS)}
    case = stories.submit()
    answer = dispatcher.upload(f"/cases/{case.number}/attachments/", upload())
    assert answer.status_code == 503 and "Retry-After" in answer
    assert not Attachment.objects.exists() and not CaseEvent.objects.filter(kind="noted").exists()


def test_without_a_bucket_files_lie_on_the_disk() -> None:
    assert configured() == LOCAL


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"S3_REGION": "cn-north-1"}, "S3_BUCKET"),
        ({"S3_BUCKET": "b"}, "S3_REGION"),
        ({"S3_BUCKET": "b", "S3_ENDPOINT_URL": "s3.example.org"}, "S3_ENDPOINT_URL"),
        ({"S3_BUCKET": "b", "S3_ENDPOINT_URL": "https://s3.example.org/b"}, "S3_ENDPOINT_URL"),
        ({"S3_BUCKET": "b", "S3_REGION": "x", "S3_ACCESS_KEY_ID": "x"}, "S3_SECRET_ACCESS_KEY"),
        ({"S3_BUCKET": "b", "S3_REGION": "x", "S3_ADDRESSING_STYLE": "host"}, "S3_ADDRESSING_STYLE"),
        ({"S3_BUCKET": "b", "S3_REGION": "x", "S3_PREFIX": "/a"}, "S3_PREFIX"),
    ],
)
def test_what_cannot_work_is_said_at_start_by_its_name(said: dict[str, str], named: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=named):
        configured(**said)
