"""A resident scans the code, speaks up, keeps the slip and follows the matter: without account or script."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from cases.models import Case
from cases.reporter import unseal
from grids.models import IntakePoint
from grids.qr import form_url
from tests.portal.reading import SAID, newest, text_of
from tests.stories import Stories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("last", ["", "/"])
def test_the_code_on_the_wall_opens_the_form_of_its_place(
    stories: Stories, visitor: Client, settings: LazySettings, last: str
) -> None:
    page = visitor.get(form_url(stories.cast.intake_point).removeprefix(settings.SITE_URL) + last)
    assert page.status_code == 200
    assert "北关村说事点" in text_of(page) and "廊坊市 / 固安县 / 固安镇" in text_of(page)


@pytest.mark.parametrize("lang", ["zh-hans", "en"])
def test_an_unknown_or_retired_code_says_what_to_do(stories: Stories, visitor: Client, lang: str) -> None:
    retired = IntakePoint.objects.create(grid=stories.cast.village, name="旧说事点", active=False)
    for token in ("no-such-token", retired.token):
        page = visitor.get(f"/s/{token}", headers={"accept-language": lang})
        assert page.status_code == 404
        assert "12345" in text_of(page) and "/t/" in text_of(page)


def test_what_is_sent_becomes_a_case_of_that_place_and_answers_with_a_slip(
    stories: Stories, visitor: Client, sent: Any
) -> None:
    answer = sent()
    assert (answer.status_code, answer.url) == (302, "/ticket/")
    case = newest()
    assert (case.text, case.channel, case.grid_id) == (SAID["text"], "intake_point", case.grid_id)
    assert case.grid_path.startswith(stories.cast.village.path)
    assert unseal(case.reporter_sealed).phone == "+8613812345678"
    slip = text_of(visitor.get("/ticket/"))
    assert case.number in slip and case.lookup_code in slip and "北关村" in slip
    assert SAID["name"] not in slip


def test_no_address_holds_the_code(visitor: Client, sent: Any) -> None:
    answer = sent()
    code = newest().lookup_code
    assert code not in answer.url
    assert f'href="/t/?{code}' not in text_of(visitor.get("/ticket/"))


def test_a_double_press_sends_once(sent: Any) -> None:
    key = str(uuid.uuid4())
    first, second = sent(key=key), sent(key=key)
    assert first.status_code == second.status_code == 302
    assert Case.objects.count() == 1
    assert first.cookies["ticket"].value.split(":")[0] == second.cookies["ticket"].value.split(":")[0]


def test_other_words_under_the_same_key_are_kept_and_can_be_sent_as_new(sent: Any) -> None:
    key = str(uuid.uuid4())
    sent(key=key)
    answer = sent(key=key, text="还有一件：井盖坏了")
    page = text_of(answer)
    assert answer.status_code == 422 and "井盖坏了" in page
    fresh = re.search(r'name="key" value="([^"]+)"', page)
    assert fresh and fresh[1] != key
    assert sent(key=fresh[1], text="还有一件：井盖坏了").status_code == 302
    assert Case.objects.count() == 2


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"text": " "}, "text"),
        ({"phone": "12"}, "phone"),
        ({"anonymous": "on"}, "anonymous"),
        ({"name": "何" * 81}, "name"),
    ],
)
def test_bad_input_is_said_at_its_field_and_what_was_typed_is_kept(sent: Any, said: dict[str, str], field: str) -> None:
    answer = sent(**said)
    page = text_of(answer)
    assert answer.status_code == 400
    assert f'id="{field}-errors"' in page and page.count('class="error"') == 1
    for value in (SAID | said).values():
        assert value in page
    assert not Case.objects.exists()


def test_what_was_typed_is_never_markup(sent: Any) -> None:
    assert "<script>alert" not in text_of(sent(text="<script>alert(1)</script>", phone="1"))


def test_too_much_from_one_address_is_told_so_and_keeps_the_text(sent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from grids.api.authentication import AddressThrottle

    monkeypatch.setattr(AddressThrottle, "THROTTLE_RATES", AddressThrottle.THROTTLE_RATES | {"public_submit": "1/hour"})
    assert sent().status_code == 302
    answer = sent(text="第二件：井盖坏了")
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert "第二件：井盖坏了" in text_of(answer)
    assert Case.objects.count() == 1


def test_the_slip_belongs_to_the_phone_that_sent_the_form(sent: Any) -> None:
    sent()
    stranger = Client()
    assert stranger.get("/ticket/")["Location"] == "/t/"
    stranger.cookies["ticket"] = f"{newest().number}:{newest().lookup_code}"
    assert stranger.get("/ticket/")["Location"] == "/t/"


def test_number_and_code_show_the_way_with_offices_and_without_people(stories: Stories, visitor: Client) -> None:
    case = stories.bring("handling")
    page = visitor.post("/t/", {"number": f" {case.number} ", "code": case.lookup_code.upper()})
    text = text_of(page)
    assert page.status_code == 200 and "no-store" in page["Cache-Control"]
    assert "固安县城市管理局" in text
    for person in ("周城管", "钱县调", "何大年"):
        assert person not in text


def test_the_reply_is_shown_once_it_is_approved(stories: Stories, visitor: Client) -> None:
    for status, shown in (("review", False), ("feedback", True)):
        case = stories.bring(status)
        text = text_of(visitor.post("/t/", {"number": case.number, "code": case.lookup_code}))
        assert ("路灯已修好" in text) == shown, status


@pytest.mark.parametrize(
    "wrong", [{"code": "2222222222"}, {"number": "1310-20260101-999999"}, {"number": "\0"}, {"code": ""}]
)
def test_a_wrong_number_and_a_wrong_code_are_answered_alike(
    stories: Stories, visitor: Client, wrong: dict[str, str]
) -> None:
    case = stories.submit()
    page = visitor.post("/t/", {"number": case.number, "code": case.lookup_code} | wrong)
    assert page.status_code == 404
    assert case.title not in text_of(page) and 'role="alert"' in text_of(page)
