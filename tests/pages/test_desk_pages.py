"""The desk in a real browser: a dispatcher dispatches jointly by the keyboard alone; a case rots and climbs while a
page is open, and counters change by themselves; a call is logged as the caller speaks; pages fit and are accessible."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from cases.actors import Actor
from cases.models import Case, Category
from cases.services.sweep import sweep
from tests.pages.test_every_page import ASKED, AXE, WIDTHS
from tests.portal.reading import newest
from tests.stories import Stories, publish_default_policy

pytestmark = pytest.mark.django_db(transaction=True)
Desk = Callable[..., Any]


@pytest.fixture
def stories(phone: Any, committed_cast: Any) -> Stories:
    publish_default_policy()
    root = Category.objects.add_root({"code": "01", "name": "城市管理"})
    Category.objects.add_child(root, {"code": "0101", "name": "路灯不亮", "unit_kind": "urban_management"})
    return Stories(committed_cast)


def sign_in(page: Page, stories: Stories, who: str, site: str) -> None:
    """As if the user had signed in: the page of it is tested elsewhere."""
    client = Client()
    client.force_login(getattr(stories.cast, who))
    kept = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": django_settings.SESSION_COOKIE_NAME, "value": kept, "url": site}])


def lamp(stories: Stories, **said: Any) -> Case:
    return stories.submit(category_id=Category.objects.get(code="0101").pk, **said)


def accepted(stories: Stories) -> Case:
    return stories.do(lamp(stories), "accept", Actor.person(stories.cast.county_dispatcher))


def pulse(page: Page) -> None:
    """What the page does by itself every half minute, now."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_a_dispatcher_dispatches_jointly_by_the_keyboard_alone(stories: Stories, phone: Desk, site: str) -> None:
    first, second = accepted(stories), accepted(stories)
    with phone(width=1440, height=900) as page:
        sign_in(page, stories, "county_dispatcher", site)
        page.goto("/desk/?queue=dispatch")
        expect(page.locator("#list [data-number]")).to_have_count(2)
        page.keyboard.press("j")
        page.keyboard.press("d")
        lead = page.locator("details#dispatch [role=combobox]").first
        expect(lead).to_be_focused()
        expect(lead).to_have_value("固安县城市管理局")
        expect(page.locator("details#dispatch .why").first).to_contain_text("固安县城市管理局")
        assert f"case={first.number}" in page.url
        page.keyboard.press("Tab")
        page.keyboard.type("供水")
        expect(page.locator("details#dispatch [role=option]").first).to_be_visible()
        page.keyboard.press("Enter")
        expect(page.locator("details#dispatch .picked li")).to_contain_text("固安县供水公司")
        lead.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#list [data-number]")).to_have_count(1)
        expect(page.locator("[data-count-of=dispatch]")).to_have_text("1")
        page.keyboard.press("d")  # the next one, as it is proposed
        expect(page).to_have_url(f"{site}/desk/?queue=dispatch&case={second.number}")
        expect(
            page.locator(f'#pane [data-case="{second.number}"] details#dispatch [role=combobox]').first
        ).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#list [data-number]")).to_have_count(0)
        page.keyboard.press("?")
        expect(page.locator("[data-help]")).to_be_visible()
        page.locator("[data-keys-on]").uncheck()
        page.keyboard.press("Escape")
        page.keyboard.press("/")
        expect(page.locator("#search")).not_to_be_focused()
    first.refresh_from_db()
    second.refresh_from_db()
    cast = stories.cast
    assert (first.lead_unit_id, first.co_unit_ids) == (cast.urban_management.pk, [cast.water.pk])
    assert (second.status, second.lead_unit_id) == ("dispatched", cast.urban_management.pk)


def test_keys_stand_back_where_somebody_writes_chinese(stories: Stories, phone: Desk, site: str) -> None:
    accepted(stories)
    with phone(width=1440, height=900) as page:
        sign_in(page, stories, "county_dispatcher", site)
        page.goto("/desk/?queue=dispatch")
        page.locator("#search").focus()
        page.keyboard.type("jd")
        expect(page.locator("#search")).to_have_value("jd")
        expect(page.locator("#pane .case")).to_have_count(0)
        page.keyboard.press("Escape")
        composing = (
            "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'd', isComposing: true, bubbles: true}))"
        )
        page.evaluate(composing)
        assert "case=" not in page.url


def test_a_case_rots_and_climbs_while_pages_are_open_and_counters_change_by_themselves(
    stories: Stories, phone: Desk, site: str
) -> None:
    long_ago = timezone.now() - timedelta(days=20)
    case = lamp(stories, at=long_ago)
    case = stories.do(case, "accept", Actor.person(stories.cast.county_dispatcher), at=long_ago)
    case = stories.do(case, "dispatch", at=long_ago)
    with phone(width=1440, height=900) as page:
        sign_in(page, stories, "county_officer", site)
        page.goto(f"/desk/?queue=sign&case={case.number}")
        expect(page.locator("[data-count-of=sign]")).to_have_text("1")
        page.locator("details#progress summary").click()
        note = page.locator("details#progress textarea")
        note.fill("正在备料")
        sweep()
        pulse(page)
        expect(page.locator('#pane [data-live="head"]')).to_contain_text("廊坊市社会治理中心")
        expect(page.locator("[data-moved-notice]")).to_be_visible()
        expect(note).to_have_value("正在备料")
        expect(page.locator("[data-count-of=sign]")).to_have_text("0")
        expect(page.locator("#list [data-number]")).to_have_count(0)
    case.refresh_from_db()
    assert case.escalations >= 1


def test_a_call_is_logged_by_the_keyboard_and_read_back(stories: Stories, phone: Desk, site: str) -> None:
    before = lamp(stories)
    with phone(width=1280, height=900) as page:
        sign_in(page, stories, "county_dispatcher", site)
        page.goto("/desk/call/")
        expect(page.locator("#phone")).to_be_focused()
        page.keyboard.type("13812345678")
        expect(page.locator("#caller")).to_contain_text(before.number)
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        expect(page.locator("#text")).to_be_focused()
        page.keyboard.type("村东头的路灯又不亮了")
        page.keyboard.press("Tab")
        page.keyboard.type("北關")
        expect(page.locator(".finder [role=option]").first).to_contain_text("北关村")
        page.keyboard.press("Enter")
        expect(page.locator("#alike")).to_contain_text(before.number)
        expect(page.locator(".guesses button")).to_have_text("路灯不亮")
        page.keyboard.press("Control+Enter")
        page.wait_for_url("**/desk/call/?done=*")
        case = newest()
        expect(page.locator("#done")).to_contain_text(case.lookup_code)
    assert (case.channel, case.grid_id, Case.objects.count()) == ("hotline", stories.cast.village.pk, 2)


WAYS = (("zh-hans", "normal"), ("en", "large"))


def addresses(stories: Stories) -> dict[str, str]:
    """The pages of the desk, by what they are."""
    case = stories.do(stories.do(accepted(stories), "dispatch", co_handlers=[stories.cast.water]), "supervise")
    order = case.orders.get()
    return {
        "desk": f"/desk/?queue=mine&case={case.number}",
        "register": "/desk/?queue=supervised&from=2001-01-01",
        "case": f"/cases/{case.number}/",
        "call": "/desk/call/",
        "look-backs": "/desk/look-backs/",
        "work order": f"/desk/print/{case.number}/",
        "supervision order": f"/desk/print/{case.number}/{order.pk}/",
    }


def test_pages_of_the_desk_fit_and_are_accessible_in_both_languages(stories: Stories, phone: Desk, site: str) -> None:
    """Axe writes styles into the page, which its own policy forbids; the other tests run under it."""
    wrong = []
    with phone(width=1440, height=900, bypass_csp=True) as page:
        sign_in(page, stories, "city_leader", site)
        pages = addresses(stories)
        for language, size in WAYS:
            page.goto(f"/desk/?lang={language}&size={size}")
            for name, address in pages.items():
                page.goto(address)
                page.wait_for_load_state("load")
                for width in WIDTHS:
                    page.set_viewport_size({"width": width, "height": 900})
                    widest = page.evaluate("document.documentElement.scrollWidth")
                    if widest > width:
                        wrong.append(f"{name}, {language}: {widest} px wide at {width}")
                if language == "zh-hans" or name == "desk":
                    page.evaluate(AXE.read_text())
                    wrong += [f"{name}, {language}: {one}" for one in page.evaluate(ASKED)]
    assert wrong == []
