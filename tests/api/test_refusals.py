"""Whatever is wrong with a request is answered as a problem (RFC 9457)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Caller
from tests.stories import Stories


def assert_problem(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    said: dict[str, Any] = answer.json()
    assert said["status"] == status
    assert said["type"].startswith("urn:govgrid:problem:")
    assert said["title"]
    assert said["detail"]
    return said


@pytest.mark.parametrize("path", ["/nothing/", "/cases/1310-20260101-000001", "/cases/x/", "/cases/%00/", "/"])
def test_an_address_that_leads_nowhere(stories: Stories, dispatcher: Caller, nobody: Caller, path: str) -> None:
    assert_problem(dispatcher.get(path), 404)
    assert_problem(nobody.post(path), 404)


def test_a_method_that_is_not_served(stories: Stories, dispatcher: Caller) -> None:
    case = stories.submit()
    answer = dispatcher.get(f"/cases/{case.number}/actions/urge/")
    assert_problem(answer, 405)
    assert answer["Allow"] == "POST, OPTIONS"


def test_a_body_in_another_form(stories: Stories, dispatcher: Caller, nobody: Caller) -> None:
    case = stories.submit()
    for caller, path in ((dispatcher, f"/cases/{case.number}/actions/urge/"), (nobody, "/public/cases/")):
        answer = caller.client.post(f"/api/v1{path}", "<note/>", content_type="application/xml")
        assert_problem(answer, 415)


@pytest.mark.parametrize(
    "body", [b"{", b"\xff\xfe", b'{"note": NaN}', b"[" * 100_000, b'{"note": ' + b"9" * 5000 + b"}"]
)
def test_a_body_that_is_no_json(stories: Stories, dispatcher: Caller, body: bytes) -> None:
    case = stories.submit()
    answer = dispatcher.client.post(f"/api/v1/cases/{case.number}/actions/urge/", body, content_type="application/json")
    assert_problem(answer, 400)


def test_a_body_that_is_too_large(stories: Stories, nobody: Caller) -> None:
    answer = nobody.post("/public/cases/", {"text": "x" * 300_000})
    assert_problem(answer, 413)


def test_nobody_is_told_to_sign_in(nobody: Caller, db: None) -> None:
    answer = nobody.get("/cases/")
    assert_problem(answer, 401)
    assert answer["WWW-Authenticate"] == "Token"


def test_a_form_nobody_asked_for(stories: Stories, dispatcher: Caller) -> None:
    assert_problem(dispatcher.get("/cases/", Accept="application/xml"), 406)


def test_refusals_speak_the_language_asked_for(stories: Stories, dispatcher: Caller) -> None:
    answer = dispatcher.get("/cases/", {"page_size": "0"}, **{"Accept-Language": "en"})
    assert answer.json()["errors"][0]["message"] == "must be a whole number from 1 to 200"


def test_a_form_with_far_too_many_fields(stories: Stories, dispatcher: Caller) -> None:
    case = stories.submit()
    answer = dispatcher.client.post(
        f"/api/v1/cases/{case.number}/attachments/", {f"f{n}": "x" for n in range(1100)}, format="multipart"
    )
    assert_problem(answer, 400)


def test_a_form_that_is_broken(stories: Stories, dispatcher: Caller) -> None:
    case = stories.submit()
    answer = dispatcher.client.post(
        f"/api/v1/cases/{case.number}/attachments/", b"--x\r\n", content_type="multipart/form-data; boundary="
    )
    assert_problem(answer, 400)


def test_a_fault_of_ours_is_a_problem_too(
    stories: Stories, dispatcher: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cases.api import views

    def fail(*_args: Any) -> None:
        raise ZeroDivisionError("何大年")

    monkeypatch.setattr(views, "seen_file", fail)
    dispatcher.client.raise_request_exception = False
    answer = dispatcher.get(f"/cases/{stories.submit().number}/")
    assert_problem(answer, 500)
    assert "何大年" not in answer.content.decode()
