"""Every page of the door: fits phones and desks, in both languages and in large type, is accessible, loads little."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from cases.services.bulletin import publish
from govgrid.node_files import FOLDER
from grids.qr import form_url
from tests.stories import Stories, publish_default_policy

pytestmark = pytest.mark.django_db(transaction=True)
WIDTHS = (360, 768, 1440)
MOST_BYTES = 200_000
"""Of the speak-up page as it first comes to a phone, compressed, without maps and photos."""
AXE = FOLDER / "axe-core" / "axe.min.js"
ASKED = """async () => {
    const said = await axe.run({preload: false, runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]});
    return said.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).join(" ")}`);
}"""
Phone = Callable[..., Any]


@pytest.fixture
def stories(phone: Phone, committed_cast: Any) -> Stories:
    publish_default_policy()
    return Stories(committed_cast)


def doors(stories: Stories) -> dict[str, str]:
    """The addresses of all pages of the door, by what they are."""
    publish(stories.bring("closed"), stories.actor("publish"), title="路灯不亮", reply="已修好")
    rated, closed = stories.bring("feedback"), stories.bring("closed")
    climbed = stories.do(stories.bring("handling"), "escalate", stories.actor("sign"))
    ways = {"rated": rated, "closed": closed, "climbed": climbed}
    return {
        "say": form_url(stories.cast.intake_point),
        "city": "/say/",
        "none": "/s/none",
        "track": "/t/",
        "solved": "/solved/",
        "nothing": "/solved/?search=没有",
    } | {name: f"/t/#{case.number}.{case.lookup_code}" for name, case in ways.items()}


def go(page: Page, address: str) -> None:
    page.goto("about:blank")  # else an address that differs behind its # alone is no new page
    page.goto(address)
    if "#" in address:
        expect(page.locator("[data-way]")).to_be_attached()
    elif address == "/solved/":
        expect(page.locator("[data-solved-map] path").first).to_be_visible()
    page.wait_for_load_state("networkidle")


WAYS = (("zh-hans", "normal"), ("en", "large"))


def test_pages_fit_phones_and_desks_and_say_no_error(stories: Stories, phone: Phone) -> None:
    pages, wrong = doors(stories), []
    with phone(expected=("404",)) as page:
        page.goto(pages["say"])
        page.locator("[name=text]").fill("路灯不亮")
        page.locator("button.first").click()
        page.wait_for_url("**/ticket/")
        for language, size in WAYS:
            page.goto(f"/t/?lang={language}&size={size}")
            for name, address in (pages | {"slip": "/ticket/"}).items():
                page.set_viewport_size({"width": WIDTHS[0], "height": 800})
                go(page, address)
                assert page.locator("html").get_attribute("lang") == language, name
                for width in WIDTHS:
                    page.set_viewport_size({"width": width, "height": 800})
                    widest = page.evaluate("document.documentElement.scrollWidth")
                    if widest > width:
                        wrong.append(f"{name}, {language}, {size}: {widest} px wide at {width}")
    assert wrong == []


def test_pages_are_accessible(stories: Stories, phone: Phone) -> None:
    """By WCAG 2.2 AA, as far as axe can tell. Axe writes styles into the page, which its own policy forbids."""
    pages, wrong = doors(stories), []
    with phone(bypass_csp=True, expected=("404",)) as page:
        for (language, size), names in zip(WAYS, (tuple(pages), ("say", "rated", "solved")), strict=True):
            page.goto(f"/t/?lang={language}&size={size}")
            for name in names:
                go(page, pages[name])
                page.evaluate(AXE.read_text())
                wrong += [f"{name}, {language}: {one}" for one in page.evaluate(ASKED)]
    assert wrong == []


def test_the_speak_up_page_first_loads_little(stories: Stories, phone: Phone) -> None:
    loaded: dict[str, int] = {}
    with phone() as page:
        page.on("response", lambda answer: loaded.update({answer.url: len(gzip.compress(answer.body()))}))
        page.goto(form_url(stories.cast.intake_point))
        page.wait_for_load_state("networkidle")
    assert len(loaded) >= 6
    assert sum(loaded.values()) < MOST_BYTES, loaded
    assert not any("leaflet" in address or "htmx" in address for address in loaded)


def test_the_browser_that_is_missing_is_named_with_what_installs_it() -> None:
    from tests.pages.conftest import MISSING

    script = (Path(__file__).resolve().parents[2] / "script" / "test").read_text()
    assert "apt-get install" in MISSING and "chromium" in script and "fonts-noto-cjk" in script
