"""The front page says what this is in the visitor's language, and shows totals only."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from pytest_django import Settings

from cases.models import Case
from tests.stories import Stories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _as_delivered(settings: Any) -> None:
    """The site's own default language instead of the tests'."""
    settings.LANGUAGE_CODE = "zh-hans"


@pytest.fixture(autouse=True)
def _as_delivered(settings: Settings) -> None:
    """The site's own default language instead of the tests'."""
    settings.LANGUAGE_CODE = "zh-hans"


class Links(HTMLParser):
    """The addresses that a page leads to or loads from."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ("href", "src") and value]


def page(client: Client, address: str = "/", **headers: str) -> str:
    response = client.get(address, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def test_it_speaks_chinese_by_default(client: Client) -> None:
    text = page(client)
    assert '<html lang="zh-hans">' in text
    assert "一件事怎么走" in text


def test_it_speaks_english_where_the_browser_asks_for_it(client: Client) -> None:
    text = page(client, **{"accept-language": "en-GB,en;q=0.9"})
    assert '<html lang="en">' in text
    assert "How a matter goes" in text


def test_the_switch_is_remembered(client: Client) -> None:
    assert '<html lang="en">' in page(client, "/?lang=en")
    assert '<html lang="en">' in page(client)
    assert '<html lang="zh-hans">' in page(client, "/?lang=zh-hans")
    assert '<html lang="zh-hans">' in page(client)


@pytest.mark.parametrize("lang", ["xx", "", "zh-hans'><script>"])
def test_an_unknown_language_is_ignored(client: Client, lang: str) -> None:
    response = client.get("/", {"lang": lang})
    assert '<html lang="zh-hans">' in response.content.decode()
    assert not response.cookies


def test_nothing_of_it_is_untranslated(client: Client) -> None:
    text = re.sub(r"<style.*?</style>|<[^>]+>", " ", page(client), flags=re.S)
    assert set(re.findall(r"[A-Za-z]{2,}", text)) <= {"govgrid", "English", "OpenAPI"}


@pytest.mark.parametrize("lang", ["zh-hans", "en"])
def test_all_its_doors_open_and_nothing_comes_from_elsewhere(client: Client, lang: str) -> None:
    links = Links()
    links.feed(page(client, f"/?lang={lang}"))
    assert {"/admin/", "/api/v1/docs/", "/readyz"} <= set(links.found)
    for address in links.found:
        assert not re.match(r"(https?:)?//", address)
        if address.startswith("/static/"):
            assert finders.find(address.removeprefix("/static/")), address
        elif address.startswith(("/", "?")) and address != "/readyz":
            wanted = address if address.startswith("/") else f"/{address}"
            assert client.get(wanted, follow=True).status_code == 200, address


def test_it_counts_what_is_open_and_says_nothing_of_it(client: Client, stories: Stories) -> None:
    case = stories.submit(text="何大年家的路灯")
    stories.submit()
    text = page(client)
    assert f"<dd>{Case.objects.open().count()}</dd>" in text
    assert case.title not in text
    assert case.number not in text


def test_it_counts_once_in_half_a_minute(client: Client, django_assert_num_queries: Any) -> None:
    page(client)
    with django_assert_num_queries(0):
        page(client)


def test_it_can_only_be_read(client: Client) -> None:
    assert client.post("/").status_code == 405
