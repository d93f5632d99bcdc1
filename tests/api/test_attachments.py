"""Files of a case are what they look like, carry nothing of the camera, and are seen by who sees the case."""

from __future__ import annotations

import io
import zlib
from pathlib import Path
from struct import pack

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from cases.actors import RESIDENT
from cases.errors import BadInput
from cases.models import Attachment, CaseEvent
from cases.services.attachments import attach, files_go_with_rows
from tests.api.conftest import Caller, fields_of
from tests.stories import Stories

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 20), name: str = "x.jpg") -> SimpleUploadedFile:
    """A photo with the place in its EXIF, taken with the camera on its side."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "SECRET-PLACE"
    drawn = io.BytesIO()
    Image.new("RGB", size, "orange").save(drawn, kind, exif=exif)
    return SimpleUploadedFile(name, drawn.getvalue())


def bomb() -> SimpleUploadedFile:
    """A PNG of a few bytes that says it has 900 megapixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    return SimpleUploadedFile("x.png", b"\x89PNG\r\n\x1a\n" + head + body)


def kept_files(settings: LazySettings) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_kept_upright_and_without_exif(stories: Stories, dispatcher: Caller, kind: str) -> None:
    case = stories.submit()
    answer = dispatcher.upload(f"/cases/{case.number}/attachments/", picture(kind, name="../../photo.exe"))
    assert answer.status_code == 201, answer.content
    kept = Attachment.objects.get()
    with kept.file.open() as file:
        content = file.read()
    assert b"SECRET-PLACE" not in content
    with Image.open(io.BytesIO(content)) as drawn:
        assert (drawn.format, drawn.size, len(drawn.getexif())) == (kind, (20, 40), 0)
    assert kept.size == len(content)
    event = CaseEvent.objects.get(case=case, kind="noted")
    assert event.payload == {"attachment": kept.pk}
    file_of_case = dispatcher.get(f"/cases/{case.number}/").json()
    assert [a["id"] for a in file_of_case["attachments"]] == [kept.pk]


def test_a_file_is_served_so_that_no_browser_runs_it(stories: Stories, dispatcher: Caller) -> None:
    case = stories.submit()
    number = dispatcher.upload(f"/cases/{case.number}/attachments/", SimpleUploadedFile("a.pdf", PDF)).json()["id"]
    answer = dispatcher.get(f"/attachments/{number}/", Accept="application/pdf")
    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Type"] == "application/pdf"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"] == f'attachment; filename="{case.number}-{number}.pdf"'
    assert "sandbox" in answer["Content-Security-Policy"]


def test_a_file_of_a_case_out_of_sight_does_not_exist(stories: Stories, dispatcher: Caller, nobody: Caller) -> None:
    case = stories.submit()
    number = dispatcher.upload(f"/cases/{case.number}/attachments/", picture()).json()["id"]
    assert Caller(stories.cast.stranger).get(f"/attachments/{number}/").status_code == 404
    assert nobody.get(f"/attachments/{number}/").status_code == 401
    assert Caller(stories.cast.worker).get(f"/attachments/{number}/").status_code == 200


@pytest.mark.parametrize(
    "upload",
    [
        SimpleUploadedFile("x.jpg", b"<script>alert(1)</script>"),
        SimpleUploadedFile("x.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        SimpleUploadedFile("x.gif", b"GIF89a" + b"\0" * 40),
        SimpleUploadedFile("x.jpg", b"\xff\xd8\xff\xe0" + b"\0" * 100),
        SimpleUploadedFile("x.pdf", b"%PDF-1.4 cut off"),
        SimpleUploadedFile("x.jpg", b""),
        bomb(),
    ],
    ids=["script", "svg", "gif", "broken", "half a PDF", "empty", "bomb"],
)
def test_what_is_no_picture_and_no_pdf_is_refused_and_leaves_nothing(
    stories: Stories, dispatcher: Caller, settings: LazySettings, upload: SimpleUploadedFile
) -> None:
    case = stories.submit()
    upload.seek(0)
    answer = dispatcher.upload(f"/cases/{case.number}/attachments/", upload)
    assert (answer.status_code, fields_of(answer)) == (400, {"file"})
    assert not Attachment.objects.exists()
    assert kept_files(settings) == []


def test_a_file_that_is_too_large_is_refused_before_it_is_read(stories: Stories, dispatcher: Caller) -> None:
    case = stories.submit()
    answer = dispatcher.upload(
        f"/cases/{case.number}/attachments/", SimpleUploadedFile("x.pdf", PDF + b" " * (11 * 2**20))
    )
    assert answer.status_code == 413
    just = dispatcher.upload(
        f"/cases/{case.number}/attachments/", SimpleUploadedFile("x.pdf", b"%PDF-" + b" " * (10 * 2**20))
    )
    assert just.status_code == 400


def test_a_case_has_nine_files_at_most(stories: Stories, dispatcher: Caller, settings: LazySettings) -> None:
    case = stories.submit()
    codes = [dispatcher.upload(f"/cases/{case.number}/attachments/", picture()).status_code for _ in range(10)]
    assert codes == [201] * 9 + [400]
    assert len(kept_files(settings)) == 9


def test_a_repeated_upload_is_kept_once(stories: Stories, dispatcher: Caller, settings: LazySettings) -> None:
    case = stories.submit()
    path, key = f"/cases/{case.number}/attachments/", {"Idempotency-Key": "photo-1"}
    first, second = dispatcher.upload(path, picture(), **key), dispatcher.upload(path, picture(), **key)
    assert first.json() == second.json()
    assert len(kept_files(settings)) == 1
    assert dispatcher.upload(path, picture(size=(8, 8)), **key).status_code == 422


def test_files_go_where_their_rows_are_rolled_back(stories: Stories, settings: LazySettings) -> None:
    case = stories.submit()
    with pytest.raises(BadInput), files_go_with_rows() as saved:
        attach(case, RESIDENT, picture(), saved=saved)
        assert len(kept_files(settings)) == 1
        raise BadInput(file="something else went wrong")
    assert kept_files(settings) == []
    assert not Attachment.objects.exists()


def test_the_resident_adds_a_photo_with_the_code(stories: Stories, nobody: Caller) -> None:
    case = stories.submit()
    path = f"/public/cases/{case.number}/photos/"
    assert nobody.upload(path, picture()).status_code == 404
    answer = nobody.upload(path, picture(), **{"X-Case-Code": case.lookup_code})
    assert answer.status_code == 201, answer.content
    assert Attachment.objects.get().uploaded_by is None
    assert nobody.get(f"/public/cases/{case.number}/", {"code": case.lookup_code}).json()["files"] == 1


def test_nobody_attaches_to_a_case_that_is_over_or_not_theirs(stories: Stories, dispatcher: Caller) -> None:
    gone, other = stories.bring("withdrawn"), stories.submit()
    assert dispatcher.upload(f"/cases/{gone.number}/attachments/", picture()).status_code == 409
    stranger = Caller(stories.cast.stranger)
    assert stranger.upload(f"/cases/{other.number}/attachments/", picture()).status_code == 404
