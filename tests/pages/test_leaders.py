"""Leaders in a real browser: down by map, chart and table to the cases behind a figure, deciding in place, and the wall
that counts by itself and stays when the network goes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django import Settings

from insights.services import drain
from tests.pages.test_every_page import ASKED, AXE
from tests.stories import Stories, publish_default_policy

pytestmark = pytest.mark.django_db(transaction=True)
Phone = Callable[..., Any]
WIDTHS = (360, 768, 1440, 1920)


@pytest.fixture
def stories(phone: Phone, committed_cast: Any) -> Stories:
    publish_default_policy()
    return Stories(committed_cast)


@pytest.fixture
def signed_in(phone: Phone, stories: Stories, site: str, settings: Settings) -> Phone:
    """`with signed_in("city_leader") as page`: a wide window in which somebody of the cast has signed in."""

    @contextmanager
    def opened(who: str, **said: Any) -> Iterator[Page]:
        client = Client()
        client.force_login(getattr(stories.cast, who))
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        with phone(**{"width": 1280, "height": 900} | said) as page:
            page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": site}])
            yield page

    return opened


def test_down_by_map_chart_and_table_to_the_cases_behind_a_figure(stories: Stories, signed_in: Phone) -> None:
    for _i in range(3):
        stories.bring("closed")
    stories.submit(lon=116.335, lat=39.435)
    stories.submit(lon=116.405, lat=39.435)
    drain()
    with signed_in("county_leader") as page:
        page.goto("/leaders/?measure=reported")
        page.locator(".ranks tbody a", has_text="固安镇").click()
        expect(page.locator("h1")).to_have_text("固安镇")
        assert f"place={stories.cast.town.code}" in page.url and "measure=reported" in page.url
        expect(page.locator(".tile.reported .value")).to_have_text("4")
        page.locator("[data-map] path").first.click(force=True)
        expect(page.locator("h1")).to_have_text("北关村村民委员会")
        page.go_back()
        expect(page.locator("h1")).to_have_text("固安镇")
        expect(page.locator("[data-map] path").first).to_be_visible()
        page.locator("[data-show=spots]").click()
        expect(page.locator(".spot").first).to_contain_text("1")
        point = page.locator("[data-chart=low_level]")
        expect(point.locator("canvas").first).to_be_visible()
        box = point.bounding_box()
        assert box is not None
        point.click(position={"x": box["width"] - 45, "y": box["height"] / 2})
        expect(page.locator(".behind")).to_be_attached()
        assert "of=low_level" in page.url and "period=own" in page.url
        page.go_back()
        page.locator(".tile.reported a").click()
        expect(page.locator(".behind")).to_have_attribute("data-count", "4")
        expect(page.locator(".behind-rows > li")).to_have_count(4)
        page.reload()
        expect(page.locator(".behind-rows > li")).to_have_count(4)


def test_what_needs_me_is_decided_in_place(stories: Stories, signed_in: Phone) -> None:
    case = stories.bring("handling")
    stories.do(case, "request_extension")
    drain()
    with signed_in("city_leader", expected=("412",)) as page:
        page.goto("/leaders/")
        row = page.locator("#need-extension [data-need]")
        row.locator("[data-act=decide_extension]").click()
        row.locator("[name=granted]").select_option("true")
        row.locator("[name=days]").fill("1")
        row.locator("form button").dblclick()
        expect(row.locator("[data-note].good")).to_be_visible()
        assert page.url.endswith("/leaders/")
        page.goto("/leaders/cases/?of=open")
        listed = page.locator(".behind-rows > li").first
        listed.locator("[data-act=instruct]").click()
        listed.locator("textarea").fill("请于三日内办结")
        stories.do(case, "note")  # meanwhile somebody else writes
        listed.locator("form button").click()
        expect(listed.locator("[data-note].bad")).to_be_visible()
        expect(listed.locator("textarea")).to_have_value("请于三日内办结")
        listed.locator("form button").click()
        expect(listed.locator("[data-note].good")).to_be_visible()
    case.refresh_from_db()
    assert case.extensions == 1 and case.events.filter(kind="instructed").count() == 1


def test_the_wall_counts_by_itself_and_stays_when_the_network_goes(stories: Stories, signed_in: Phone) -> None:
    with signed_in("city_leader", width=1920, height=1080, expected=("ERR_INTERNET_DISCONNECTED",)) as page:
        page.clock.install()
        page.goto("/leaders/wall/")
        expect(page.locator(".tile.reported .value")).to_have_text("0")
        stories.submit()
        drain()
        page.clock.run_for(16_000)
        expect(page.locator(".tile.reported .value")).to_have_text("1")
        expect(page.locator(".wall-fresh li")).to_have_count(1)
        page.context.set_offline(True)
        page.clock.run_for(16_000)
        expect(page.locator("[data-said].bad")).to_contain_text(re.compile(r"\d\d:\d\d"))
        expect(page.locator(".tile.reported .value")).to_have_text("1")
        page.context.set_offline(False)
        page.clock.run_for(16_000)
        expect(page.locator("[data-said]:not(.bad)")).to_be_visible()


def test_every_page_fits_speaks_both_languages_and_is_accessible(stories: Stories, signed_in: Phone) -> None:
    stories.do(stories.bring("handling"), "request_extension")
    stories.bring("closed")
    drain()
    pages = ("/leaders/", "/leaders/cases/?of=on_time&part=denominator", "/leaders/needs/?group=extension")
    wrong = []
    with signed_in("city_leader", bypass_csp=True) as page:
        for language in ("zh-hans", "en"):
            page.goto(f"/leaders/?lang={language}")
            for address in (*pages, "/leaders/wall/"):
                page.goto(address)
                page.wait_for_load_state("networkidle")
                for width in WIDTHS if address in pages else ():
                    page.set_viewport_size({"width": width, "height": 900})
                    widest = page.evaluate("document.documentElement.scrollWidth")
                    if widest > width:
                        wrong.append(f"{address}, {language}: {widest} px wide at {width}")
                page.evaluate(AXE.read_text())
                wrong += [f"{address}, {language}: {one}" for one in page.evaluate(ASKED)]
        for width, height in ((1920, 1080), (3840, 2160)):
            page.set_viewport_size({"width": width, "height": height})
            page.goto(f"/leaders/wall/?place={stories.cast.town.code}")
            expect(page.locator("[data-map] path").first).to_be_visible()
            size = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
            if size != [width, height]:
                wrong.append(f"the wall is {size} at {width}")
    assert wrong == []
