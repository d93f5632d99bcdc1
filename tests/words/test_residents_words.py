"""What the resident reads: short, with a link that opens their matter for some weeks; nothing about a secret one."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cases.models import Case
from cases.reporter import Reporter
from grids.api.authentication import AddressThrottle
from notifications.choices import NoticeKind
from notifications.composing import compose
from notifications.links import case_of_link, open_link
from notifications.models import ResidentNotice
from notifications.resident_words import words_for_resident
from tests.stories import Stories
from tests.words.conftest import Planned

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("secret", [True, False])
def test_the_words_fit_a_short_message_and_name_nobody(stories: Stories, settings: Any, secret: bool) -> None:
    settings.SITE_URL = "https://12345.lf.gov.cn"
    person = Reporter("何大年", "+8613812345678")
    case = stories.bring("handling", secret=secret, reporter=person, title="举报某某")
    event = case.events.latest("seq")
    for settings.LANGUAGE_CODE, kind in product(("en", "zh-hans"), NoticeKind.values):
        said = words_for_resident(ResidentNotice(event=event, kind=kind, created_at=timezone.now()))
        assert said.url in said.text and case.number in said.text
        assert len(said.short) <= 70 and said.url not in said.short
        assert len(said.text) <= 134 and case.number in said.short
        for hidden in ("何大年", "13812345678", case.lookup_code, "举报", "周城管"):
            assert hidden not in f"{said.subject} {said.text}"


def path_of(link: str, settings: Any) -> str:
    return link.removeprefix(settings.SITE_URL)


def test_the_link_opens_the_matter_and_what_can_be_done_with_it(
    stories: Stories, noticed: Planned, settings: Any
) -> None:
    case = stories.bring("feedback")
    page = Client().get(path_of(compose([noticed(case, "result")]).url, settings))
    assert page.status_code == 200
    assert case.number in page.content.decode() and 'id="verdict"' in page.content.decode()
    assert "no-store" in page["Cache-Control"]


def test_of_a_secret_reporter_the_link_asks_for_the_code(stories: Stories, noticed: Planned, settings: Any) -> None:
    case = stories.submit(secret=True, title="举报某某")
    said = compose([noticed(case, "receipt")])
    assert "Code: on your slip." in said.text
    page = Client().get(path_of(said.url, settings)).content.decode()
    assert f'value="{case.number}"' in page and "举报某某" not in page
    assert case_of_link(open_link(case, timezone.now()).rpartition("/")[2]) is None


def test_after_its_days_the_link_leads_to_the_page_that_asks_for_the_code(stories: Stories, settings: Any) -> None:
    case = stories.submit()
    link = open_link(case, timezone.now() - timedelta(days=settings.RESIDENT_LINK_DAYS + 1))
    page = Client().get(path_of(link, settings))
    assert page.status_code == 404 and case.title not in page.content.decode()
    last = open_link(case, timezone.now() - timedelta(days=settings.RESIDENT_LINK_DAYS))
    assert Client().get(path_of(last, settings)).status_code == 200


def test_no_other_matter_and_no_longer_time_can_be_made_of_a_link(stories: Stories) -> None:
    case, other = stories.submit(), stories.submit()
    pk, days, signature = open_link(case, timezone.now()).rpartition("/")[2].split("-")
    assert case_of_link(f"{pk}-{days}-{signature}") == case
    theirs = open_link(other, timezone.now()).rpartition("/")[2].split("-")[0]
    for forged in (
        f"{theirs}-{days}-{signature}",
        f"{pk}-zz-{signature}",
        f"{pk}-{days}-{'a' * 12}",
        "x",
        "--",
        "é-1-a",
    ):
        assert case_of_link(forged) is None


def test_links_outlive_a_rotation_of_the_key(stories: Stories, settings: Any) -> None:
    case = stories.submit()
    token = open_link(case, timezone.now()).rpartition("/")[2]
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another" * 10
    assert case_of_link(token) == case
    settings.SECRET_KEY_FALLBACKS = []
    assert case_of_link(token) is None


def test_looking_by_link_is_counted_like_all_looking(
    stories: Stories, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(AddressThrottle.THROTTLE_RATES, "public_read", "2/hour")
    case = stories.submit()
    path = path_of(open_link(case, timezone.now()), settings)
    assert [Client().get(path).status_code for _time in range(3)] == [200, 200, 429]


def test_what_the_link_shows_never_says_who_spoke_up(stories: Stories, settings: Any) -> None:
    case = stories.submit(reporter=Reporter("何大年", "+8613812345678"))
    page = Client().get(path_of(open_link(case, timezone.now()), settings)).content.decode()
    assert "何大年" not in page and "138" not in page.replace(case.number, "")
    assert Case.objects.get(pk=case.pk).version == case.version
