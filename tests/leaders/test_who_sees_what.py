"""Every role, every territory, every page of the leaders: only who leads, supervises or dispatches, only downwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

from grids.models import Post
from portal.leaders.urls import urlpatterns
from tests.access.test_access import BELOW, TERRITORY
from tests.stories import Stories

pytestmark = pytest.mark.django_db
PAGES_OF_LEADERS = {
    "leaders", "leaders-cases", "leaders-needs", "leaders-outlines", "leaders-spots", "leaders-wall",
    "leaders-wall-board",
}  # fmt: skip
LEAD = {"county_leader", "city_leader", "supervisor", "administrator"}
SEATED = LEAD | {"town_dispatcher", "county_dispatcher", "city_dispatcher", "stranger"}
WORDS: dict[str, dict[str, Any]] = {
    "leaders-cases": {"of": "reported"},
    "leaders-needs": {"group": "listed"},
    "leaders-spots": {"box": "116,39,117,40", "zoom": 10},
}


def address(name: str, **said: Any) -> str:
    return f"{reverse(name)}?{urlencode(WORDS.get(name, {}) | said)}"


def expected(name: str, who: str, place: str) -> int:
    if who not in SEATED or (name.startswith("leaders-wall") and who not in LEAD):
        return 403
    return 200 if who == "administrator" or place in BELOW[str(TERRITORY[who]["own"])] else 404


def test_every_page_of_leaders_is_tried_here() -> None:
    assert {pattern.name for pattern in urlpatterns} == PAGES_OF_LEADERS


@pytest.mark.parametrize("name", sorted(PAGES_OF_LEADERS))
def test_each_page_answers_in_ones_own_territory_and_below_and_nowhere_else(
    stories: Stories, browser: Callable[[str], Client], counted: Callable[[], Any], name: str
) -> None:
    stories.submit()
    counted()
    wrong = []
    for who in TERRITORY:
        client = browser(who)
        related = [place for place in TERRITORY[who].values() if place]
        for place in related if who in SEATED else related[:1]:
            status = client.get(address(name, place=getattr(stories.cast, place).code)).status_code
            if status != expected(name, who, place):
                wrong.append((who, place, status))
    assert wrong == []


def test_without_an_account_pages_lead_to_signing_in_and_data_says_so(stories: Stories) -> None:
    answers = {name: Client().get(address(name, place=stories.cast.city.code)).status_code for name in PAGES_OF_LEADERS}
    data = {"leaders-outlines", "leaders-spots", "leaders-wall-board"}
    assert answers == {name: 401 if name in data else 302 for name in PAGES_OF_LEADERS}


def test_no_word_of_an_address_opens_what_lies_outside(stories: Stories, browser: Callable[[str], Client]) -> None:
    cast, client = stories.cast, browser("county_leader")
    for said in (
        {"unit": cast.other_county_authority.pk},
        {"unit": cast.city_housing.pk},
        {"place": cast.town.code, "unit": cast.other_county_authority.pk},
        {"place": "131000000001"},
        {"unit": "x"},
    ):
        assert client.get(address("leaders", **said)).status_code == 404, said
    assert client.get(address("leaders", unit=cast.housing.pk)).status_code == 200
    assert client.get(address("leaders", place=cast.town.code, unit=cast.housing.pk)).status_code == 200


def test_who_leads_a_department_sees_its_cases_and_no_territory(
    stories: Stories, browser: Callable[[str], Client], counted: Callable[[], Any]
) -> None:
    given = stories.bring("dispatched")
    stories.submit()
    Post.objects.filter(user=stories.cast.county_officer).update(role="leader")
    counted()
    client = browser("county_officer")
    listed = client.get(address("leaders-cases", of="open")).content.decode()
    assert given.number in listed and 'data-count="1"' in listed
    assert client.get(address("leaders")).status_code == 200
    assert client.get(address("leaders", place=stories.cast.county.code)).status_code == 404
    assert client.get(address("leaders-wall")).status_code == 403


def test_one_begins_at_the_highest_of_ones_posts_and_may_choose_another(
    stories: Stories, browser: Callable[[str], Client]
) -> None:
    cast = stories.cast
    Post.objects.create(user=cast.county_leader, unit=cast.city_authority, role="supervisor", starts_on="2020-01-01")
    page = browser("county_leader").get(address("leaders")).content.decode()
    assert f'aria-current="page">{cast.city.name}</h1>' in page
    assert f"place={cast.county.code}" in page
