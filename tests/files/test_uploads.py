"""Files of a case are what they look like, carry nothing of the camera, and are seen by who sees the case."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile

from cases.actors import RESIDENT
from cases.errors import BadInput
from cases.models import Attachment, CaseEvent
from cases.reporter import Reporter
from cases.services.attachments import attach, attach_all, files_go_with_rows
from tests.api.conftest import Caller, fields_of
from tests.files.samples import TAKEN, bomb, document, moving, photo, upload
from tests.stories import Stories


def kept_files(settings: LazySettings) -> list[Path]:
    """Without their small copies, of which each picture has one."""
    files = [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]
    kept = [path for path in files if not path.name.endswith(".small.jpg")]
    assert len(files) == 2 * len(kept)
    return kept


def content_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_a_picture_becomes_a_note_and_its_place_helps_who_goes_there(stories: Stories, dispatcher: Caller) -> None:
    case = stories.submit()
    path = f"/cases/{case.number}/attachments/"
    answer = dispatcher.client.post(
        f"/api/v1{path}", {"file": upload(name="../../photo.exe"), "kind": "after"}, format="multipart"
    )
    assert answer.status_code == 201, answer.content
    kept = Attachment.objects.get()
    assert CaseEvent.objects.get(case=case, kind="noted").payload == {"attachment": kept.pk}
    place = {"lon": TAKEN[0], "lat": TAKEN[1]}
    assert answer.json()["position"] == place and answer.json()["kind"] == "after"
    assert "file_url" not in answer.json()  # it is kept for repeated requests, longer than such an address works
    (shown,) = dispatcher.get(f"/cases/{case.number}/").json()["attachments"]
    said = {"id": kept.pk, "width": 20, "height": 40, "position": place, "from_resident": False, "kind": "after"}
    assert shown.items() >= said.items()
    assert shown["uploaded_by"]["name"] == "钱县调"
    with kept.file.open() as file:
        assert kept.size == len(file.read())


def test_an_unknown_kind_is_refused(stories: Stories, dispatcher: Caller) -> None:
    case = stories.submit()
    path = f"/api/v1/cases/{case.number}/attachments/"
    answer = dispatcher.client.post(path, {"file": upload(), "kind": "during"}, format="multipart")
    assert (answer.status_code, fields_of(answer)) == (400, {"kind"})


@pytest.mark.parametrize(("content", "shown"), [(document(), "attachment"), (photo(), "inline")], ids=["PDF", "photo"])
def test_a_file_is_served_so_that_no_browser_runs_it(
    stories: Stories, dispatcher: Caller, content: bytes, shown: str
) -> None:
    case = stories.submit()
    said = dispatcher.upload(f"/cases/{case.number}/attachments/", upload(content)).json()
    way = dispatcher.get(f"/attachments/{said['id']}/")
    assert way.status_code == 302 and way["Cache-Control"] == "no-store"
    answer = dispatcher.client.get(way.url)
    with Attachment.objects.get().file.open() as file:
        assert content_of(answer) == file.read()
    assert answer["Content-Type"] == said["content_type"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"].startswith(f'{shown}; filename="{case.number}-{said["id"]}.')
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "private" in answer["Cache-Control"] and answer["Referrer-Policy"] == "no-referrer"


def test_a_file_of_a_case_out_of_sight_does_not_exist(stories: Stories, dispatcher: Caller, nobody: Caller) -> None:
    case = stories.submit()
    number = dispatcher.upload(f"/cases/{case.number}/attachments/", upload()).json()["id"]
    assert Caller(stories.cast.stranger).get(f"/attachments/{number}/").status_code == 404
    assert nobody.get(f"/attachments/{number}/").status_code == 401
    assert Caller(stories.cast.worker).get(f"/attachments/{number}/").status_code == 302


@pytest.mark.parametrize("content", [b"<script>", bomb(), document()[:300], moving("PNG")])
def test_what_is_refused_leaves_nothing(
    stories: Stories, dispatcher: Caller, settings: LazySettings, content: bytes
) -> None:
    case = stories.submit()
    answer = dispatcher.upload(f"/cases/{case.number}/attachments/", upload(content))
    assert (answer.status_code, fields_of(answer)) == (400, {"file"})
    assert not Attachment.objects.exists()
    assert kept_files(settings) == []


def test_a_file_that_is_too_large_is_refused_before_it_is_read(stories: Stories, dispatcher: Caller) -> None:
    case = stories.submit()
    answer = dispatcher.upload(f"/cases/{case.number}/attachments/", SimpleUploadedFile("x.pdf", b" " * (11 * 2**20)))
    assert answer.status_code == 413
    just = dispatcher.upload(
        f"/cases/{case.number}/attachments/", SimpleUploadedFile("x.pdf", b"%PDF-" + b" " * (10 * 2**20))
    )
    assert just.status_code == 400


def test_a_case_has_nine_files_at_most_from_each_side(
    stories: Stories, dispatcher: Caller, settings: LazySettings
) -> None:
    case = stories.submit()
    codes = [dispatcher.upload(f"/cases/{case.number}/attachments/", upload()).status_code for _ in range(10)]
    assert codes == [201] * 9 + [400]
    code = {"X-Case-Code": case.lookup_code}
    assert Caller().upload(f"/public/cases/{case.number}/photos/", upload(), **code).status_code == 201
    assert len(kept_files(settings)) == 10


def test_a_repeated_upload_is_kept_once(stories: Stories, dispatcher: Caller, settings: LazySettings) -> None:
    case = stories.submit()
    path, key = f"/cases/{case.number}/attachments/", {"Idempotency-Key": "photo-1"}
    first, second = dispatcher.upload(path, upload(), **key), dispatcher.upload(path, upload(), **key)
    assert first.json() == second.json()
    assert len(kept_files(settings)) == 1
    assert dispatcher.upload(path, upload(photo(size=(8, 8))), **key).status_code == 422


def test_files_go_where_their_rows_are_rolled_back(stories: Stories, settings: LazySettings) -> None:
    case = stories.submit()
    with pytest.raises(BadInput), files_go_with_rows() as saved:
        attach(case, RESIDENT, upload(), saved=saved)
        assert len(kept_files(settings)) == 1
        raise BadInput(file="something else went wrong")
    assert kept_files(settings) == []
    assert not Attachment.objects.exists()


def test_the_resident_adds_a_photo_with_the_code(stories: Stories, nobody: Caller) -> None:
    case = stories.submit()
    path = f"/public/cases/{case.number}/photos/"
    assert nobody.upload(path, upload()).status_code == 404
    answer = nobody.upload(path, upload(), **{"X-Case-Code": case.lookup_code})
    assert answer.status_code == 201, answer.content
    assert not {"url", "position"} & answer.json().keys()
    kept = Attachment.objects.get()
    assert (kept.uploaded_by, kept.from_resident, (kept.lon, kept.lat)) == (None, True, TAKEN)
    assert nobody.get(f"/public/cases/{case.number}/", {"code": case.lookup_code}).json()["files"] == 1


def test_nobody_attaches_to_a_case_that_is_over_or_not_theirs(stories: Stories, dispatcher: Caller) -> None:
    gone, other = stories.bring("withdrawn"), stories.submit()
    assert dispatcher.upload(f"/cases/{gone.number}/attachments/", upload()).status_code == 409
    stranger = Caller(stories.cast.stranger)
    assert stranger.upload(f"/cases/{other.number}/attachments/", upload()).status_code == 404


@pytest.mark.parametrize("asked", [{"secret": True}, {"anonymous": True, "reporter": Reporter()}])
def test_where_a_photo_was_taken_is_not_kept_of_who_wants_to_stay_unknown(
    stories: Stories, nobody: Caller, asked: dict[str, Any]
) -> None:
    case = stories.submit(**asked)
    code = {"X-Case-Code": case.lookup_code}
    assert nobody.upload(f"/public/cases/{case.number}/photos/", upload(), **code).status_code == 201
    assert Attachment.objects.get().lon is None


def test_several_files_are_kept_together_or_not_at_all(stories: Stories, settings: LazySettings) -> None:
    case = stories.submit()
    with pytest.raises(BadInput, match="file 2: must be a picture"):
        attach_all(case, RESIDENT, [upload(), upload(b"<script>")])
    assert kept_files(settings) == [] and not Attachment.objects.exists()
    assert len(attach_all(case, RESIDENT, [upload(), upload()])) == 2


def test_a_storage_that_fails_is_not_the_visitors_fault(
    stories: Stories, dispatcher: Caller, settings: LazySettings, tmp_path: Path
) -> None:
    case = stories.submit()
    (tmp_path / "a file").touch()
    settings.MEDIA_ROOT = tmp_path / "a file"  # no folder can be made below it
    answer = dispatcher.upload(f"/cases/{case.number}/attachments/", upload())
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:govgrid:problem:files_away")
    assert int(answer["Retry-After"]) > 0
    assert not Attachment.objects.exists() and CaseEvent.objects.filter(kind="noted").count() == 0
