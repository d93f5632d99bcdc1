"""A real Chromium in front of a real server: what pages do in a browser, not what their source says.

The browser is Debian's. Where it is missing, script/test installs it as root; else these tests fail and say how."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright
from pytest_django import Settings

from tests.cast import Cast

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
MISSING = "no Chromium here. Debian, Ubuntu: apt-get install chromium fonts-noto-cjk (script/test does it as root)"
PATIENCE_MS = 15_000


FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--force-prefers-reduced-motion"]


@pytest.fixture(scope="session")
def engine() -> Iterator[tuple[Playwright, str]]:
    """What starts browsers, and where the browser lies."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        pytest.fail(MISSING)
    # Playwright's loop runs in this thread, in which tests ask the database: Django would take that for a mistake
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        yield playwright, found
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def chromium(engine: tuple[Playwright, str]) -> Iterator[Browser]:
    """One browser for all tests of a process; each test has windows of its own."""
    playwright, found = engine
    browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def site(live_server: Any, settings: Settings) -> str:
    """The address of a server over the test's database, in Chinese as delivered."""
    settings.LANGUAGE_CODE = "zh-hans"
    settings.SITE_URL = live_server.url
    return str(live_server.url)


@pytest.fixture
def phone(chromium: Browser, site: str, committed_cast: Cast) -> Iterator[Callable[..., Any]]:
    """`with phone(width=390) as page`: a window of its own. What goes wrong in it unseen (errors of scripts, what the
    policy blocks, what is not found) fails the test at the end."""

    @contextmanager
    def opened(width: int = 390, height: int = 844, *, expected: tuple[str, ...] = (), **said: Any) -> Iterator[Page]:
        context = window(chromium, site, width, height, **said)
        page, faults = context.new_page(), []
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda line: faults.append(line.text) if line.type in ("error", "warning") else None)
        yield page
        context.close()
        assert [fault for fault in faults if not any(part in fault for part in expected)] == []

    yield opened


def window(chromium: Browser, site: str, width: int, height: int, **said: Any) -> BrowserContext:
    """A browser that has never been here: Chinese, at the cell of the cast if it may say so."""
    lon, lat = said.pop("at", (116.305, 39.435))
    common: dict[str, Any] = {"locale": "zh-CN", "viewport": {"width": width, "height": height}}
    place = {"geolocation": {"longitude": lon, "latitude": lat}, "permissions": ["geolocation"]}
    return chromium.new_context(base_url=site, **common | place | said)
