"""The wall shows figures and no person, says when nothing has changed, and counts when a case comes in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.stories import Stories

pytestmark = pytest.mark.django_db
Browser = Callable[[str], Client]


def test_it_names_nobody_and_repeats_no_word_of_a_resident(
    stories: Stories, browser: Browser, counted: Callable[[], Any]
) -> None:
    case = stories.submit(title="何大年家漏水", text="找何大年，13812345678", address="幸福小区三号楼")
    stories.submit(secret=True, title="举报张三")
    counted()
    page = browser("city_leader").get("/leaders/wall/").content.decode()
    for private in (case.title, case.text, case.address, case.number, "何大年", "13812345678", "张三", "郑市长"):
        assert private not in page
    assert page.count("北关村") == 1 and "固安县" in page


def test_unchanged_it_is_answered_without_a_body_and_a_new_case_counts(
    stories: Stories, browser: Browser, counted: Callable[[], Any]
) -> None:
    client = browser("city_leader")
    page = client.get("/leaders/wall/").content.decode()
    (address,) = json.loads(re.search(r'id="wall-boards"[^>]*>([^<]+)<', page)[1])  # type: ignore[index]
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    stories.submit()
    counted()
    fresh = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert fresh.status_code == 200
    assert re.search(r'class="tile reported">.*?class="value">1<', fresh.content.decode(), flags=re.S)


def test_places_take_turns_where_the_address_names_several(stories: Stories, browser: Browser) -> None:
    cast = stories.cast
    page = browser("city_leader").get(f"/leaders/wall/?place={cast.county.code}&place={cast.town.code}&every=20")
    text = page.content.decode()
    assert 'data-every="20"' in text and f"place={cast.county.code}" in text and f"place={cast.town.code}" in text
    assert browser("city_leader").get("/leaders/wall/?every=1").status_code == 400
    assert browser("county_leader").get(f"/leaders/wall/?place={cast.city.code}").status_code == 404
