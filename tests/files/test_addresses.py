"""An address of a file works for a short time, for whom it was given to, and as long as they see the case."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.core import signing
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient

from cases.actors import RESIDENT, Actor
from cases.models import Attachment, Case
from cases.services.attachments import attach
from tests.files.samples import upload
from tests.stories import Stories


@pytest.fixture
def case(stories: Stories) -> Case:
    """A case with a photo of the resident, and one of the village head."""
    case = stories.submit()
    attach(case, RESIDENT, upload())
    attach(case, Actor.person(stories.cast.village_head), upload())
    return case


def in_session(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def shown(client: Any, case: Case) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/api/v1/cases/{case.number}/").json()["attachments"]
    return found


def opened(client: Any, address: str) -> int:
    return int(client.get(address).status_code)


def test_of_a_session_it_works_in_that_session_alone(stories: Stories, case: Case) -> None:
    head = in_session(stories.cast.village_head)
    for name in ("file_url", "thumbnail_url"):
        address = shown(head, case)[0][name]
        assert opened(head, address) == 200
        assert opened(Client(), address) == 404
        assert opened(in_session(stories.cast.worker), address) == 404


def test_of_a_token_it_works_for_an_image_element_that_sends_none(stories: Stories, case: Case) -> None:
    app = APIClient()
    _kept, token = AuthToken.objects.create(stories.cast.village_head)
    app.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    address = shown(app, case)[0]["thumbnail_url"]
    assert opened(Client(), address) == 200


def test_it_ends_with_its_time(stories: Stories, case: Case, settings: LazySettings) -> None:
    head = in_session(stories.cast.village_head)
    address = shown(head, case)[0]["file_url"]
    settings.FILE_ADDRESS_SECONDS = -1
    assert opened(head, address) == 404


def test_it_ends_when_its_holder_no_longer_sees_the_case(stories: Stories, case: Case) -> None:
    head = in_session(stories.cast.village_head)
    address = shown(head, case)[0]["file_url"]
    stories.cast.village_head.posts.update(ends_on=timezone.localdate() - timedelta(days=1))
    assert opened(head, address) == 404


def test_nobody_makes_one(stories: Stories, case: Case) -> None:
    head, photo = in_session(stories.cast.village_head), Attachment.objects.first()
    assert photo is not None
    said = ["b", stories.cast.village_head.pk, photo.pk, 0]
    for token in (signing.dumps(said), signing.dumps(said, salt="cases.file")[:-1] + "x", "x" * 40):
        assert opened(head, f"/api/v1/files/{token}/") == 404


def test_the_resident_sees_their_own_photos_and_no_others(stories: Stories, case: Case) -> None:
    visitor, path = Client(), f"/api/v1/public/cases/{case.number}/photos/"
    assert opened(visitor, path) == 404
    (own,) = visitor.get(path, headers={"X-Case-Code": case.lookup_code}).json()
    assert own["id"] == case.attachments.get(from_resident=True).pk and "position" not in own
    assert case.lookup_code not in own["file_url"]
    assert opened(visitor, own["file_url"]) == opened(visitor, own["thumbnail_url"]) == 200
    Case.objects.filter(pk=case.pk).update(lookup_code="another123")
    assert opened(visitor, own["file_url"]) == 404


def test_a_file_that_is_gone_is_not_there(stories: Stories, case: Case) -> None:
    head = in_session(stories.cast.village_head)
    address = shown(head, case)[0]["file_url"]
    for photo in Attachment.objects.all():
        photo.file.delete(save=False)
    assert opened(head, address) == 404
