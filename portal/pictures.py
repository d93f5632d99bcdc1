"""Pictures of the main pages for the documentation, taken from a running demo, so that they show what there is and not
what there was once."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.urls import reverse
from PIL import Image

from cases.models import Case
from grids.models import IntakePoint, User

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PHONE, DESK, WALL = (390, 844), (1280, 800), (1920, 1080)
MOST_BYTES = 150_000
QUALITIES = (82, 70, 55, 40)
SETTLED_MS = 1_500
"""So long a page may still draw after it has loaded: charts, maps, lists from the device's own store."""
SAID = "楼道灯坏了三天，晚上老人下楼看不见台阶。"


class CannotTake(RuntimeError):
    """What is missing; the message says how to get it."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One page: who looks at it (empty: a resident), where it is, and what to do before it is taken."""

    name: str
    who: str
    address: Callable[[], str]
    sizes: tuple[tuple[int, int], ...]
    before: Callable[[Any], None] | None = None


def _door() -> str:
    return reverse("speak-up", args=[IntakePoint.objects.filter(active=True).earliest("pk").token])


def _followed() -> str:
    case = Case.objects.filter(status="feedback", secret=False).latest("updated_at")
    return f"{reverse('track')}#{case.number}.{case.lookup_code}"


def _case() -> str:
    case = Case.objects.filter(status="handling", secret=False, escalations__gt=0).latest("updated_at")
    return reverse("case-page", args=[case.number])


def _speak(page: Any) -> None:
    page.locator("[name=text]").fill(SAID)


def _send(page: Any) -> None:
    _speak(page)
    page.locator("button.first").click()
    page.wait_for_url("**/ticket/")


PICTURES = (
    Picture("door", "", _door, (PHONE, DESK), _speak),
    Picture("ticket", "", _door, (PHONE,), _send),
    Picture("follow", "", _followed, (PHONE, DESK)),
    Picture("field", "head1", lambda: reverse("field"), (PHONE,)),
    Picture("desk", "county1", lambda: reverse("desk"), (PHONE, DESK)),
    Picture("case", "city1", _case, (PHONE, DESK)),
    Picture("inbox", "town1", lambda: reverse("inbox-page"), (PHONE, DESK)),
    Picture("leaders", "leader_city", lambda: reverse("leaders"), (PHONE, DESK)),
    Picture("wall", "leader_city", lambda: reverse("leaders-wall"), (WALL,)),
)


def take(site: str, folder: Path, names: list[str]) -> Iterator[tuple[Path, int]]:
    """Takes the pictures of these names (all where empty) in both languages; each file with its size in bytes.

    Raises CannotTake where the browser or its driver is missing, or no demo account has the name."""
    chosen = [picture for picture in PICTURES if not names or picture.name in names]
    with _browser() as browser:
        for language in ("zh-hans", "en"):
            for picture in chosen:
                for width, height in picture.sizes:
                    shown = _shot(browser, site, picture, language, (width, height))
                    yield _kept(folder / f"{picture.name}-{width}-{language[:2]}.webp", shown)


@contextmanager
def _browser() -> Iterator[Any]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise CannotTake("playwright is missing: script/setup --dev installs it") from None
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise CannotTake("no Chromium here. Debian, Ubuntu: apt-get install chromium fonts-noto-cjk")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def _shot(browser: Any, site: str, picture: Picture, language: str, size: tuple[int, int]) -> bytes:
    locale = "en-GB" if language == "en" else "zh-CN"
    viewport = {"width": size[0], "height": size[1]}
    context = browser.new_context(base_url=site, locale=locale, viewport=viewport, reduced_motion="reduce")
    cookies = {settings.LANGUAGE_COOKIE_NAME: language}
    session = _session_of(picture.who) if picture.who else None
    if session is not None:
        cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
    context.add_cookies([{"name": name, "value": value, "url": site} for name, value in cookies.items()])
    try:
        page = context.new_page()
        page.goto(picture.address(), wait_until="networkidle")
        if picture.before is not None:
            picture.before(page)
        page.wait_for_timeout(SETTLED_MS)
        shown: bytes = page.screenshot()
    finally:
        context.close()
        if session is not None:
            session.delete()
    return shown


def _session_of(name: str) -> SessionStore:
    """A session of a demo account, as signing in makes it; deleted after the picture."""
    user = User.objects.filter(username=name).first()
    if user is None:
        raise CannotTake(f"there is no demo account {name}: manage.py load_demo makes it")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return session


def _kept(path: Path, shown: bytes) -> tuple[Path, int]:
    """Written as WebP, as good as fits into MOST_BYTES."""
    image = Image.open(io.BytesIO(shown)).convert("RGB")
    for quality in QUALITIES:
        packed = io.BytesIO()
        image.save(packed, "WEBP", quality=quality, method=6)
        if packed.tell() <= MOST_BYTES:
            break
    path.write_bytes(packed.getvalue())
    return path, packed.tell()
