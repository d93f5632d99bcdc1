"""Every page speaks Chinese as delivered and English where that is asked for."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from portal.moments import countdown, pressure, spoken
from tests.portal.reading import text_of
from tests.stories import Stories

pytestmark = pytest.mark.django_db


NAMES = {"govgrid", "English", "Excel", "JPEG", "PNG", "WebP", "PDF", "MB", "Ctrl", "Enter", "Esc"}
"""What is written alike in both languages."""


def pages_of(stories: Stories, client: Client, **headers: str) -> dict[str, str]:
    case = stories.bring("handling")
    found = {
        path: text_of(client.get(path, headers=headers))
        for path in (
            f"/s/{stories.cast.intake_point.token}",
            "/s/none",
            "/t/",
            "/sign-in/",
            "/desk/",
            "/desk/?queue=nothing&search=没有",
            "/desk/call/",
            "/desk/look-backs/",
            f"/desk/?queue=handling&case={case.number}",
            f"/desk/print/{case.number}/",
            f"/cases/{case.number}",
        )
    }
    found["way"] = text_of(client.post("/t/", {"number": case.number, "code": case.lookup_code}, headers=headers))
    return found


def test_nothing_is_left_in_english_as_delivered(
    stories: Stories, browser: Callable[[str], Client], settings: Any
) -> None:
    settings.LANGUAGE_CODE = "zh-hans"
    for path, page in pages_of(stories, browser("county_dispatcher")).items():
        assert '<html lang="zh-hans">' in page, path
        words = re.findall(r"[A-Za-z]{2,}", re.sub(r"<[^>]+>", " ", page))
        assert set(words) <= NAMES, (path, words)


def test_everything_speaks_english_where_the_browser_asks(stories: Stories, browser: Callable[[str], Client]) -> None:
    for path, page in pages_of(stories, browser("county_dispatcher"), **{"accept-language": "en"}).items():
        assert '<html lang="en">' in page, path


def test_the_switch_is_remembered_and_keeps_the_rest_of_the_address(stories: Stories) -> None:
    client = Client()
    answer = client.get("/t/?lang=zh-hans&a=1")
    assert answer["Location"] == "/t/?a=1"
    assert '<html lang="zh-hans">' in text_of(client.get("/t/"))
    assert client.get("/t/?lang=xx").status_code == 200


def test_time_left_and_time_late_are_said_in_two_units() -> None:
    now = timezone.now()
    with translation.override("zh-hans"):
        assert countdown(now + timedelta(hours=3, minutes=20), now) == "还剩 3 小时 20 分"
        assert countdown(now - timedelta(days=1, hours=2), now) == "已超 1 天 2 小时"
    assert countdown(now + timedelta(minutes=5), now) == "5 min left"
    assert [pressure(now + timedelta(hours=h), now) for h in (-1, 1, 9)] == ["late", "soon", "calm"]


def test_moments_are_said_as_people_say_them() -> None:
    now = timezone.make_aware(datetime(2026, 11, 22, 12, 0))  # noqa: DTZ001
    with translation.override("zh-hans"):
        said = [
            spoken(now + delta, now) for delta in (timedelta(hours=2, minutes=5), timedelta(days=-1), timedelta(days=1))
        ]
        assert said == ["今天 14:05", "昨天 12:00", "明天 12:00"]
        assert spoken(now - timedelta(days=2), now) == "11月20日 12:00"
        assert spoken(now - timedelta(days=365), now) == "2025年11月22日 12:00"
