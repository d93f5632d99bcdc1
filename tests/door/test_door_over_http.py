"""The resident's door without a script: photos and place in one form, further words, puzzles, large type, stations."""

from __future__ import annotations

import re
import uuid
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from pytest_django import Settings

from cases.models import Attachment, Case
from cases.services.bulletin import publish
from portal.puzzle import proves
from tests.files.samples import photo, upload
from tests.portal.reading import newest, text_of
from tests.stories import Stories

pytestmark = pytest.mark.django_db
WORDS = {"text": "北关村东头的路灯三天不亮了"}


@pytest.fixture
def visitor() -> Client:
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def door(stories: Stories) -> str:
    return f"/s/{stories.cast.intake_point.token}"


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


def own(case: Case, **said: str) -> dict[str, str]:
    return {"number": case.number, "code": case.lookup_code, "key": str(uuid.uuid4())} | said


def test_photos_come_with_the_words_all_or_nothing_and_once(visitor: Client, door: str) -> None:
    key = str(uuid.uuid4())
    bad = visitor.post(door, WORDS | {"key": key, "file": [upload(), upload(b"<svg/>")]})
    assert bad.status_code == 400 and 'id="file-errors"' in text_of(bad) and WORDS["text"] in text_of(bad)
    assert not Case.objects.exists() and not Attachment.objects.exists()
    answers = [visitor.post(door, WORDS | {"key": key, "file": [upload()]}) for _number in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert Case.objects.count() == Attachment.objects.count() == 1
    assert visitor.post(door, WORDS | {"key": key, "file": [upload(photo(size=(80, 60)))]}).status_code == 422


def test_the_phones_place_counts_and_one_outside_falls_back_to_the_point(
    stories: Stories, visitor: Client, door: str
) -> None:
    for (lon, lat), grid in ((stories.cast.inside, stories.cast.cell), (stories.cast.outside, stories.cast.village)):
        assert visitor.post(door, WORDS | {"lon": str(lon), "lat": str(lat)}).status_code == 302
        assert newest().grid_id == grid.pk
    wrong = visitor.post(door, WORDS | {"lon": "116.3", "lat": "north"})
    assert wrong.status_code == 400 and 'id="lon-errors"' in text_of(wrong)


def test_at_the_citys_address_a_town_is_enough_and_nothing_is_not(stories: Stories, visitor: Client) -> None:
    assert stories.cast.town.name in text_of(visitor.get("/say/"))
    for said in ({}, {"grid": stories.cast.village.code}, {"grid": "\0"}):
        answer = visitor.post("/say/", WORDS | said)
        assert answer.status_code == 400 and 'id="lon-errors"' in text_of(answer)
    assert visitor.post("/say/", WORDS | {"grid": stories.cast.town.code}).status_code == 302
    assert (newest().grid_id, newest().channel) == (stories.cast.town.pk, "app")


def test_the_map_names_grids_and_nobody(stories: Stories, visitor: Client) -> None:
    lon, lat = stories.cast.inside
    said = visitor.get("/say/where/", {"lon": lon, "lat": lat}).json()
    assert said["place"].endswith("北关村第一网格")
    names = {one["properties"]["name"]: one["properties"]["here"] for one in said["outlines"]["features"]}
    assert names == {"北关村村民委员会": False, "北关村第一网格": True, "北关村第二网格": False}
    assert set(said["outlines"]["features"][0]["properties"]) == {"code", "name", "here", "around"}
    lon, lat = stories.cast.outside
    assert visitor.get("/say/where/", {"lon": lon, "lat": lat}).json()["found"] is False
    assert visitor.get("/say/where/", {"grid": stories.cast.town.code}).json()["found"] is True
    for bad in ({}, {"lon": "nan", "lat": "1"}, {"lon": "1e9", "lat": "1"}):
        assert visitor.get("/say/where/", bad).status_code == 400


def test_a_puzzle_is_asked_for_only_when_many_come_and_either_answer_will_do(
    visitor: Client, door: str, settings: Settings
) -> None:
    settings.PUZZLE_AFTER, settings.PUZZLE_BITS = 1, 4
    assert "data-puzzle" not in text_of(visitor.get(door))
    assert visitor.post(door, WORDS).status_code == 302
    page = visitor.post(door, WORDS)
    assert page.status_code == 428 and WORDS["text"] in text_of(page) and Case.objects.count() == 1
    said = {name: field(text_of(page), name) for name in ("key", "challenge")}
    proof = next(str(number) for number in range(10_000) if proves(said["challenge"], str(number), 4))
    assert visitor.post(door, WORDS | said | {"proof": proof}).status_code == 302
    assert visitor.post(door, WORDS | said | {"proof": proof}).status_code == 302
    assert Case.objects.count() == 2  # the same form again is the same report
    other = {"key": str(uuid.uuid4()), "challenge": said["challenge"], "proof": proof}
    assert visitor.post(door, WORDS | other).status_code == 428
    page = text_of(visitor.get(door))
    terms = re.search(r"How much is (\d+) and (\d+)\?", page)
    assert terms
    said = {name: field(page, name) for name in ("key", "challenge")}
    assert visitor.post(door, WORDS | said | {"sum": "1"}).status_code == 428
    assert visitor.post(door, WORDS | said | {"sum": str(int(terms[1]) + int(terms[2]))}).status_code == 302
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert "data-puzzle" not in text_of(elsewhere.get(door))


def test_codes_cannot_be_tried_without_end(stories: Stories, visitor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from grids.api.authentication import AddressThrottle

    monkeypatch.setattr(AddressThrottle, "THROTTLE_RATES", AddressThrottle.THROTTLE_RATES | {"public_read": "3/hour"})
    case = stories.submit()
    guesses = [visitor.post("/t/", {"number": case.number, "code": f"222222222{n}"}).status_code for n in range(5)]
    assert guesses == [404, 404, 404, 429, 429]
    assert visitor.post("/t/", own(case)).status_code == 429


def test_a_resident_adds_a_word_withdraws_and_says_that_it_is_not_solved_each_once(
    stories: Stories, visitor: Client
) -> None:
    case = stories.bring("handling")
    said = own(case, note="又有一盏不亮")
    pages = [text_of(visitor.post("/t/note/", said)) for _number in range(2)]
    assert "又有一盏不亮" in pages[1] and case.events.filter(kind="noted").count() == 1
    assert visitor.post("/t/note/", own(case)).status_code == 400
    assert visitor.post("/t/reopen/", own(case, reason="x")).status_code == 409
    assert visitor.post("/t/withdraw/", own(case, reason="已自行解决")).status_code == 200
    case.refresh_from_db()
    assert case.status == "withdrawn"
    closed = stories.bring("closed")
    assert "Not solved after all?" in text_of(visitor.post("/t/", own(closed)))
    assert visitor.post("/t/reopen/", own(closed, reason="又不亮了")).status_code == 200
    closed.refresh_from_db()
    assert closed.status == "handling"
    for action in ("note", "withdraw", "reopen"):
        assert visitor.get(f"/t/{action}/")["Location"] == "/t/"
        assert visitor.post(f"/t/{action}/", own(case) | {"code": "2222222222"}).status_code == 404


def test_the_way_says_where_it_lies_and_that_it_climbed(stories: Stories, visitor: Client) -> None:
    case = stories.do(stories.bring("handling"), "escalate", stories.actor("sign"))
    page = text_of(visitor.post("/t/", own(case)))
    assert "It has climbed" in page and "廊坊市社会治理中心" in page
    stages = re.findall(r'<li class="(done|now|later)"', page.split("</ol>")[0])
    assert stages.count("now") == 1 and stages[:3] == ["done"] * 3


def test_large_type_is_remembered_also_from_a_page_that_answered_a_form(stories: Stories, visitor: Client) -> None:
    said = urlencode(own(stories.submit(), size="large", lang="zh-hans"))
    page = text_of(visitor.post("/t/", said, content_type="application/x-www-form-urlencoded"))
    assert 'data-size="large"' in page and 'lang="zh-hans"' in page
    assert 'data-size="large"' in text_of(visitor.get("/say/"))
    assert visitor.get("/say/?size=normal")["Location"] == "/say/"
    assert 'data-size="large"' not in text_of(visitor.get("/say/"))


def test_a_station_forgets_whoever_was_there(visitor: Client, door: str) -> None:
    assert visitor.get(f"{door}?kiosk=1")["Location"] == door
    assert f'data-start="{door}?kiosk=1"' in text_of(visitor.get("/t/"))
    sent = visitor.post(door, WORDS)
    assert sent.cookies["ticket"]["max-age"] == 120 and visitor.get("/ticket/").status_code == 200
    visitor.get("/t/?size=large")
    visitor.get(f"{door}?kiosk=1")
    assert visitor.get("/ticket/")["Location"] == "/t/"
    assert 'data-size="large"' not in text_of(visitor.get("/t/"))
    visitor.get(f"{door}?kiosk=0")
    assert "data-start=" not in text_of(visitor.get("/t/"))
    visitor.cookies["kiosk"] = '"><script>'
    assert "<script>" not in text_of(visitor.get("/t/"))


def test_the_bulletin_shows_what_was_approved_and_no_more(stories: Stories, visitor: Client) -> None:
    case, hidden = stories.bring("closed", title="何大年家的路灯", address="12号院"), stories.bring("closed")
    by = stories.actor("publish")
    publish(case, by, title="路灯不亮", reply="已修好")
    page = text_of(visitor.get("/solved/"))
    assert "路灯不亮" in page and "北关村村民委员会" in page
    for secret in (case.number, hidden.number, "何大年", "12号院", case.text, "第一网格", case.lookup_code):
        assert secret not in page, secret
    said = visitor.get("/solved/map/").json()
    assert [(one["properties"]["name"], one["properties"]["count"]) for one in said["features"]] == [
        ("北关村村民委员会", 1)
    ]
    assert "第一网格" not in str(said) and str(case.lon) not in str(said)
    for query, shown in (("路灯", True), ("修好 路灯", True), ("何大年", False), ("三天", False), ("%", False)):
        assert ("已修好" in text_of(visitor.get("/solved/", {"search": query}))) == shown, query
        assert bool(visitor.get("/solved/map/", {"search": query}).json()["features"]) == shown, query
    assert "已修好" in text_of(visitor.get("/solved/", {"place": stories.cast.town.code}))
    assert "已修好" not in text_of(visitor.get("/solved/", {"place": stories.cast.other_town.code}))


def test_the_bulletin_is_turned_page_by_page_and_costs_few_queries(
    stories: Stories,
    visitor: Client,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_max_num_queries: Any,
) -> None:
    from portal import bulletin

    monkeypatch.setattr(bulletin, "ROWS", 2)
    by = stories.actor("publish")
    for number in range(5):
        publish(stories.bring("closed"), by, title=f"第{number}件", reply="已修好")
    visitor.get("/solved/")
    settings.SNAPSHOT_CHECK_SECONDS = 3600  # what is kept of the territory is asked for once, as in production
    seen, address = [], "/solved/"
    while address:
        with django_assert_max_num_queries(1):
            page = text_of(visitor.get(address))
        seen += re.findall(r"第(\d)件", page)
        following = re.search(r'href="([^"]*after=[^"]*)"', page)
        address = following[1].replace("&amp;", "&") if following else ""
    assert seen == ["4", "3", "2", "1", "0"]
    for bad in ("x", "2026-01-01_1", "_", "2026-13-01T00:00:00Z_1"):
        assert visitor.get("/solved/", {"after": bad})["Location"] == "/solved/"
