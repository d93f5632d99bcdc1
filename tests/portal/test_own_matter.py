"""On the page of their matter, residents add photos and give their verdict: without account or script, and once."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.test import Client

from cases.actors import Actor
from cases.models import Attachment, Case, CaseEvent, Rating
from cases.services.attachments import attach
from tests.files.samples import document, photo, upload
from tests.portal.reading import text_of
from tests.stories import Stories

ADDRESS = re.compile(r'(?:src|href)="(http://testserver/api/v1/files/[^"]+)"')


def own(case: Case, **said: Any) -> dict[str, Any]:
    return {"number": case.number, "code": case.lookup_code} | said


def send(visitor: Client, case: Case, *files: bytes, **said: Any) -> Any:
    return visitor.post("/t/photos/", own(case, file=[upload(content) for content in files], **said))


def test_photos_are_added_and_shown_to_who_sent_them(stories: Stories, visitor: Client) -> None:
    case = stories.submit()
    attach(case, Actor.person(stories.cast.village_head), upload())
    page = send(visitor, case, photo(), document())
    assert page.status_code == 200 and "Your photos have been added" in text_of(page)
    assert Attachment.objects.filter(from_resident=True).count() == 2
    addresses = ADDRESS.findall(text_of(page))
    assert len(addresses) == 3  # a photo, its small copy, a document; nothing of the colleague's
    assert [visitor.get(address).status_code for address in addresses] == [200] * 3
    again = text_of(visitor.post("/t/", own(case)))
    assert len(ADDRESS.findall(again)) == 3
    assert "from the reported place" not in again


def test_one_bad_file_keeps_the_others_out_and_is_named(stories: Stories, visitor: Client) -> None:
    case = stories.submit()
    page = send(visitor, case, photo(), b"<script>alert(1)</script>")
    assert page.status_code == 400
    assert "file 2: must be a picture" in text_of(page) and 'id="file-errors"' in text_of(page)
    assert not Attachment.objects.exists()
    assert "choose at least one" in text_of(visitor.post("/t/photos/", own(case)))


def test_a_double_press_keeps_each_photo_once(stories: Stories, visitor: Client) -> None:
    case, key = stories.submit(), str(uuid.uuid4())
    assert [send(visitor, case, photo(), key=key).status_code for _number in range(2)] == [200, 200]
    assert Attachment.objects.count() == 1
    assert send(visitor, case, document(), key=key).status_code == 422


def test_the_tenth_photo_is_one_too_many(stories: Stories, visitor: Client) -> None:
    case = stories.submit()
    assert send(visitor, case, *[photo()] * 9).status_code == 200
    assert "at most 9 files" in text_of(send(visitor, case, photo()))
    assert Attachment.objects.count() == 9


def test_a_sending_beyond_all_bounds_is_refused_before_it_is_read(stories: Stories, visitor: Client) -> None:
    case = stories.submit()
    answer = visitor.generic(
        "POST", "/t/photos/", b"", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(10**9)
    )
    assert answer.status_code == 413 and "too much at once" in text_of(answer)
    assert case.attachments.count() == 0


def test_a_verdict_closes_the_matter(stories: Stories, visitor: Client) -> None:
    case = stories.bring("feedback")
    page = text_of(visitor.post("/t/", own(case)))
    assert "Is it solved?" in page and page.count('name="satisfaction"') == 3
    said = {"solved": "true", "satisfaction": "satisfied", "comment": "修得很快"}
    thanks = text_of(visitor.post("/t/verdict/", own(case, **said)))
    assert "Thank you" in thanks and 'name="satisfaction"' not in thanks
    case.refresh_from_db()
    assert case.status == "closed"
    assert Rating.objects.get().comment == "修得很快"


def test_an_unhappy_verdict_sends_it_back(stories: Stories, visitor: Client) -> None:
    case = stories.bring("feedback")
    visitor.post("/t/verdict/", own(case, solved="false", satisfaction="unsatisfied"))
    case.refresh_from_db()
    assert (case.status, case.reopens) == ("handling", 1)


def test_half_a_verdict_is_said_at_its_field_and_kept(stories: Stories, visitor: Client) -> None:
    case = stories.bring("feedback")
    answer = visitor.post("/t/verdict/", own(case, solved="true", comment="修得很快"))
    page = text_of(answer)
    assert answer.status_code == 400 and 'id="satisfaction-errors"' in page
    assert "修得很快" in page and re.search(r'value="true" required checked', page)
    assert not Rating.objects.exists()


def test_a_verdict_out_of_time_is_refused_and_changes_nothing(stories: Stories, visitor: Client) -> None:
    case = stories.bring("handling")
    answer = visitor.post("/t/verdict/", own(case, solved="true", satisfaction="satisfied"))
    assert answer.status_code == 409
    assert not CaseEvent.objects.filter(kind="rated").exists()


@pytest.mark.parametrize("path", ["/t/photos/", "/t/verdict/"])
def test_without_the_code_nothing_is_added(stories: Stories, visitor: Client, path: str) -> None:
    case = stories.bring("feedback")
    said = own(case, solved="true", satisfaction="satisfied", file=upload()) | {"code": "2222222222"}
    answer = visitor.post(path, said)
    assert answer.status_code == 404 and case.title not in text_of(answer)
    assert visitor.get(path)["Location"] == "/t/"
    assert not Rating.objects.exists() and not Attachment.objects.exists()


def test_at_the_desk_files_are_added_with_what_they_show(stories: Stories, browser: Any) -> None:
    case = stories.bring("handling")
    officer = browser("county_officer")
    assert "Add photos or documents" in text_of(officer.get(f"/cases/{case.number}"))
    sent = officer.post(f"/cases/{case.number}/files/", {"kind": "after", "file": [upload(), upload(document())]})
    assert (sent.status_code, sent.url) == (302, f"/cases/{case.number}")
    assert set(Attachment.objects.values_list("kind", flat=True)) == {"after"}
    page = text_of(officer.get(f"/cases/{case.number}"))
    assert page.count("after the work") == 3  # two files, and the choice
    assert re.search(r"taken about \d+ m from the reported place", page)
    assert [officer.get(address).status_code for address in ADDRESS.findall(page)] == [200] * 3
    refused = officer.post(f"/cases/{case.number}/files/", {"kind": "after", "file": upload(b"<svg/>")})
    assert refused.status_code == 400 and "must be a picture" in text_of(refused)
    assert Client().get(ADDRESS.findall(page)[0]).status_code == 404


def test_too_many_photos_from_one_address_are_told_when_to_come_again(
    stories: Stories, visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from grids.api.authentication import AddressThrottle

    monkeypatch.setattr(AddressThrottle, "THROTTLE_RATES", AddressThrottle.THROTTLE_RATES | {"public_write": "1/hour"})
    case = stories.submit()
    assert send(visitor, case, photo()).status_code == 200
    answer = send(visitor, case, photo())
    assert answer.status_code == 429 and int(answer["Retry-After"]) > 0
    assert "is kept" not in text_of(answer)
    assert Attachment.objects.count() == 1
