"""What is typed at the desk becomes a unit, a place, a category or an earlier matter; only those that one sees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cases.guessing import guess_categories
from cases.look_up import alike, find_places, find_units
from cases.models import Category
from tests.stories import Stories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("typed", ["固安县城市管理局", "城市管理", "城管", "固安城管", "固安 城管"])
def test_a_unit_is_found_by_a_part_of_its_name_and_as_people_shorten_it(stories: Stories, typed: str) -> None:
    found = find_units(stories.cast.county_dispatcher, typed)
    assert found[0] == (stories.cast.urban_management.pk, "固安县城市管理局")


def test_units_outside_ones_reach_are_not_found_and_signs_of_patterns_are_characters(stories: Stories) -> None:
    user = stories.cast.county_dispatcher
    assert find_units(user, "永清县社会治理中心") == []
    assert [find_units(user, said) for said in ("", "  ", ".*", "%", "(", "\\")] == [[]] * 6


@pytest.mark.parametrize("typed", ["北关", "北關", "北关村第一网格", "固安镇 北关", "固安 北"])
def test_a_place_is_found_by_its_beginning_also_in_traditional_characters(stories: Stories, typed: str) -> None:
    found = find_places(stories.cast.county_dispatcher, typed)
    assert any("北关村" in place.name for place in found), typed
    assert all(place.code for place in found)


def test_an_address_of_before_is_found_but_not_that_of_who_asked_for_secrecy(stories: Stories) -> None:
    stories.submit(address="幸福小区3号楼")
    stories.submit(address="幸福小区9号楼", secret=True)
    found = [place.address for place in find_places(stories.cast.county_dispatcher, "幸福小区") if place.address]
    assert found == ["幸福小区3号楼"]
    assert not any(place.address for place in find_places(stories.cast.stranger, "幸福小区"))


@pytest.fixture
def categories(db: None) -> dict[str, Category]:
    root = Category.objects.add_root({"code": "01", "name": "城市管理"})
    other = Category.objects.add_root({"code": "02", "name": "供水"})
    return {
        "lamp": Category.objects.add_child(root, {"code": "0101", "name": "路灯不亮", "name_en": "street lamp out"}),
        "lid": Category.objects.add_child(root, {"code": "0102", "name": "井盖缺失"}),
        "leak": Category.objects.add_child(other, {"code": "0201", "name": "水管漏水"}),
    }


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("村东头的路灯三天不亮了", "0101"),
        ("门口水管一直在漏水", "0201"),
        ("井盖", "0102"),
        ("路燈", "0101"),
        ("lamp", "0101"),
    ],
)
def test_a_category_is_guessed_from_the_words_of_its_name(
    stories: Stories, categories: dict[str, Category], typed: str, code: str
) -> None:
    assert guess_categories(typed)[0].code == code


def test_no_word_in_common_is_no_guess_and_what_is_out_of_use_is_none(
    stories: Stories, categories: dict[str, Category]
) -> None:
    assert guess_categories("养老金怎么领") == [] == guess_categories("")
    categories["lamp"].active = False
    categories["lamp"].save()
    assert guess_categories("路灯不亮") == []


def test_matters_like_it_are_of_the_same_village_and_the_last_days(
    stories: Stories, categories: dict[str, Category]
) -> None:
    from datetime import timedelta

    from django.utils import timezone

    same = stories.submit()
    kind = stories.submit(title="井盖丢了", text="小心", category_id=categories["lid"].pk)
    stories.submit(at=timezone.now() - timedelta(days=15))
    stories.submit(grid_id=stories.cast.other_village.pk, lon=None, lat=None)
    stories.bring("withdrawn")
    user, path = stories.cast.county_dispatcher, stories.cast.next_cell.path
    assert [case.pk for case in alike(user, "北关村东头路灯不亮", path)] == [same.pk]
    assert [case.pk for case in alike(user, "不知道", path, categories["lid"].pk)] == [kind.pk]
    assert alike(stories.cast.stranger, "北关村东头路灯不亮", path) == []


def test_fields_ask_for_it_as_json(stories: Stories, categories: dict[str, Category]) -> None:
    client = Client()
    client.force_login(stories.cast.county_dispatcher)
    ask: Callable[[str, str], Any] = lambda name, typed: client.get(reverse(name), {"q": typed}).json()["found"]  # noqa: E731
    assert ask("desk-units", "城管")[0]["value"] == str(stories.cast.urban_management.pk)
    assert ask("desk-places", "北关村")[0]["value"] == stories.cast.village.code
    assert ask("desk-categories", "路灯")[0] == {"value": "0101", "label": "street lamp out"}
