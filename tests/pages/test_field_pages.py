"""Every page of the field app: fits phones and wider screens, in both languages and in large type, is accessible, and
loads little."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from cases.models import Case, Category
from tests.cast import Cast
from tests.pages.test_every_page import ASKED, AXE, MOST_BYTES, WIDTHS
from tests.stories import Stories, publish_default_policy

pytestmark = pytest.mark.django_db(transaction=True)
Phone = Callable[..., Any]
OFF = ("ERR_INTERNET_DISCONNECTED", "Failed to fetch", "412")


@pytest.fixture
def stories(phone: Phone, committed_cast: Cast) -> Stories:
    publish_default_policy()
    root = Category.objects.add_root({"code": "01", "name": "城市管理"})
    Category.objects.add_child(root, {"code": "0103", "name": "路灯不亮", "unit_kind": "urban_management"})
    return Stories(committed_cast)


def given(stories: Stories) -> list[Case]:
    """One to sign, and one in handling."""
    found = []
    for _turn in range(2):
        case = stories.do(stories.submit(), "accept")
        found.append(stories.do(case, "dispatch", lead=stories.cast.village_authority))
    worker = type(stories.actor("sign")).person(stories.cast.worker)
    return [found[0], stories.do(found[1], "sign", worker)]


def enter(page: Page) -> None:
    page.goto("/sign-in/?next=/field/")
    page.locator("[name=username]").fill("worker")
    page.locator("[name=password]").fill("workerworker")
    page.locator("main button").click()
    expect(page.locator("body[data-installed][data-read]")).to_be_attached()


def with_a_refusal(page: Page, stories: Stories, case: Case) -> None:
    """A signing that somebody was quicker than."""
    page.context.set_offline(True)
    page.locator(f"[data-number='{case.number}'] [data-sign]").click()
    expect(page.locator("#strip[data-waiting='1']")).to_be_attached()
    stories.do(case, "note", stories.actor("dispatch"))
    page.context.set_offline(False)
    expect(page.locator("#strip .refused")).to_be_visible()


def addresses(cases: list[Case]) -> list[str]:
    to_sign, handled = (case.number for case in cases)
    return [
        "todo", f"case/{to_sign}", f"case/{handled}", f"act/{handled}/finish", f"act/{handled}/request_extension",
        "report", "map", "me", "patrol", "patrols", "case/1310-20260101-000001",
    ]  # fmt: skip


def go(page: Page, address: str) -> None:
    page.evaluate("address => { location.hash = address }", f"#/{address}")
    name = address.split("/")[0]
    expect(page.locator(f"body[data-page={name}]")).to_be_attached()
    expect(page.locator("main h1")).to_be_attached()
    if name == "map":
        expect(page.locator(".map path").first).to_be_visible()
    if name in ("report", "patrol"):
        expect(page.locator("[data-named]")).to_contain_text("北关村")


def test_pages_of_the_app_fit_and_are_accessible_in_both_languages_and_in_large_type(
    stories: Stories, phone: Phone
) -> None:
    cases, wrong = given(stories), []
    with phone(bypass_csp=True, expected=OFF) as page:
        expect.set_options(timeout=15_000)
        enter(page)
        with_a_refusal(page, stories, cases[0])
        for language, size in (("zh-hans", "normal"), ("en", "large")):
            if language == "en":
                go(page, "me")
                page.locator("[name=large]").check()
                page.locator("[data-language=en]").click()
            expect(page.locator(f"html[lang={language}] main h1")).to_be_attached()
            expect(page.locator("body[data-installed][data-read]")).to_be_attached()
            assert page.locator("html").get_attribute("data-size") == (None if size == "normal" else size)
            page.evaluate(AXE.read_text())
            for address in addresses(cases):
                page.set_viewport_size({"width": WIDTHS[0], "height": 800})
                go(page, address)
                for width in WIDTHS:
                    page.set_viewport_size({"width": width, "height": 800})
                    widest = page.evaluate("document.documentElement.scrollWidth")
                    if widest > width:
                        wrong.append(f"{address}, {language}, {size}: {widest} px wide at {width}")
                wrong += [f"{address}, {language}: {one}" for one in page.evaluate(ASKED)]
    assert wrong == []


def test_the_app_first_loads_little_and_runs_nothing_inline(stories: Stories, phone: Phone) -> None:
    given(stories)
    loaded: dict[str, int] = {}
    with phone() as page:
        page.context.on("response", lambda answer: loaded.update(weighed(answer)))
        enter(page)
    maps = {address for address in loaded if "leaflet" in address}
    assert any(address.endswith("/app.js") for address in loaded) and any("/my/work/" in one for one in loaded)
    first = {address: size for address, size in loaded.items() if address not in maps and "/sign-in/" not in address}
    assert sum(first.values()) < MOST_BYTES, first


def weighed(answer: Any) -> dict[str, int]:
    """The bytes of an answer as they go over the air; what leads elsewhere has none."""
    if answer.status in (204, 302, 304):
        return {}
    return {answer.url: len(gzip.compress(answer.body()))}
