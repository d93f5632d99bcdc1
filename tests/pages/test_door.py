"""A resident's way through a real browser: scans the code, speaks up, follows, is not satisfied; what many visitors and
a station's screen see besides."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings

from cases.models import Attachment, Case
from cases.services.bulletin import publish
from grids.qr import form_url
from portal.puzzle import proves
from tests.files.samples import photo
from tests.portal.reading import newest
from tests.stories import Stories, publish_default_policy

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "北关村东头的路灯三天不亮了"
Phone = Callable[..., Any]


@pytest.fixture
def stories(phone: Phone, committed_cast: Any) -> Stories:
    publish_default_policy()
    return Stories(committed_cast)


def door(stories: Stories) -> str:
    return form_url(stories.cast.intake_point)


def speak(page: Page, words: str = WORDS) -> None:
    page.locator("[name=text]").fill(words)
    page.locator("button.first").click()


def test_scanned_said_followed_and_not_satisfied(stories: Stories, phone: Phone, tmp_path: Path) -> None:
    picture = tmp_path / "lamp.jpg"
    picture.write_bytes(photo(size=(2400, 1800)))
    with phone() as page:
        page.goto(door(stories))
        page.set_input_files("[name=file]", picture)
        expect(page.locator("[data-thumbs] img")).to_have_count(1)
        page.locator("[data-locate]").click()
        expect(page.locator("[data-named]")).to_contain_text("北关村第一网格")
        speak(page)
        page.wait_for_url("**/ticket/")
        case, file = newest(), Attachment.objects.get()
        assert (case.text, case.grid_id, case.found_by) == (WORDS, stories.cast.cell.pk, "point")
        assert max(file.width or 0, file.height or 0) == 1600 and file.from_resident
        for shown in (case.number, case.lookup_code):
            expect(page.locator(".slip")).to_contain_text(shown)
        assert page.locator(".qr svg").count() == 1
        for action in ("accept", "dispatch", "sign", "finish", "approve"):
            case = stories.do(case, action)
        page.goto(f"/t/#{case.number}.{case.lookup_code}")  # as the slip's QR code has it
        expect(page.locator("h1")).to_have_text(case.title)
        assert case.lookup_code not in page.url
        page.reload()
        expect(page.locator(".stages")).to_contain_text("固安县城市管理局")
        page.locator("[name=solved][value=false]").check()
        page.locator("[name=satisfaction][value=unsatisfied]").check()
        page.locator("#verdict button").dblclick()
        expect(page.locator("[role=status]")).to_be_visible()
    case.refresh_from_db()
    assert (case.status, case.reopens, case.ratings.count()) == ("handling", 1, 1)


def test_what_was_typed_outlives_a_refusal_a_reload_and_a_lost_network(stories: Stories, phone: Phone) -> None:
    with phone(expected=("400", "ERR_INTERNET_DISCONNECTED")) as page:
        page.goto(door(stories))
        page.locator("[name=phone]").fill("12")
        speak(page)
        expect(page.locator("#phone-errors")).to_be_visible()
        expect(page.locator("[name=text]")).to_have_value(WORDS)
        page.reload()
        expect(page.locator("[name=text]")).to_have_value(WORDS)
        page.locator("[name=phone]").fill("138 1234 5678")
        page.context.set_offline(True)
        page.locator("button.first").click()
        expect(page.locator("[data-progress].bad")).not_to_be_empty()
        page.context.set_offline(False)
        page.locator("button.first").dblclick()
        page.wait_for_url("**/ticket/")
        page.go_back()
        expect(page.locator("[name=text]")).to_have_value("")
    assert Case.objects.count() == 1


def test_at_the_citys_address_the_map_says_where(stories: Stories, phone: Phone) -> None:
    with phone(permissions=[], expected=("400",)) as page:
        page.goto("/say/")
        speak(page)
        expect(page.locator("#lon-errors")).to_be_visible()
        page.locator("[name=grid]").select_option("固安镇")
        page.locator("[data-open-map]").click()
        expect(page.locator("[data-map] path").first).to_be_visible()
        page.locator("[data-map] path").first.click(force=True)
        expect(page.locator("[data-named]")).to_contain_text("北关村")
        page.locator("button.first").click()
        page.wait_for_url("**/ticket/")
    assert newest().found_by == "point" and newest().grid_path.startswith(stories.cast.village.path)


def test_where_many_reports_come_from_the_browser_solves_the_puzzle_and_the_resident_sees_none(
    stories: Stories, phone: Phone, settings: Settings
) -> None:
    settings.PUZZLE_AFTER, settings.PUZZLE_BITS = 0, 8
    asked = []
    with phone() as page:
        page.on("request", lambda one: asked.append(one.post_data_buffer or b"") if one.method == "POST" else None)
        page.goto(door(stories))
        speak(page)
        page.wait_for_url("**/ticket/")
    fields = dict(re.findall(r'name="(challenge|proof|sum)"\r\n\r\n(.*?)\r\n', asked[0].decode()))
    assert not fields["sum"] and proves(fields["challenge"], fields["proof"], 8)


def test_a_stations_screen_goes_back_to_its_start_and_keeps_nothing(stories: Stories, phone: Phone) -> None:
    with phone(width=1080, height=1920) as page:
        page.clock.install()
        page.goto(f"{door(stories)}?kiosk=1")
        page.locator("[href='?size=large']").click()
        assert page.locator("html[data-size=large]").count() == 1
        speak(page)
        page.wait_for_url("**/ticket/")
        page.clock.run_for(61_000)
        page.wait_for_url(re.compile(r"/s/[^/]+/?$"))
        assert page.locator("html[data-size=large]").count() == 0
        expect(page.locator("[name=text]")).to_have_value("")
        assert page.evaluate("sessionStorage.length") == 0
        page.goto("/ticket/")
        expect(page).to_have_url(re.compile("/t/$"))


def test_the_bulletin_is_searched_while_typing_and_its_map_knows_villages(stories: Stories, phone: Phone) -> None:
    for title in ("路灯不亮", "井盖破损"):
        publish(stories.bring("closed"), stories.actor("publish"), title=title, reply="已修好")
    with phone(width=1280) as page:
        page.goto("/solved/")
        expect(page.locator(".entry")).to_have_count(2)
        page.locator("#search").press_sequentially("井盖")
        expect(page.locator(".entry")).to_have_count(1)
        expect(page.locator(".entry")).to_contain_text("井盖破损")
        page.locator("#search").fill("")
        expect(page.locator(".entry")).to_have_count(2)
        page.locator("[data-solved-map] path").last.click(force=True)
        page.wait_for_url(f"**/solved/?place={stories.cast.village.code}")
        expect(page.locator(".chosen")).to_contain_text("北关村")
