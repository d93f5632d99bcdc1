"""Work orders and supervision orders on paper: what is asked by when; of the reporter nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.portal.reading import text_of
from tests.stories import Stories

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(stories: Stories) -> Callable[[str], Client]:
    def signed_in(who: str) -> Client:
        client = Client()
        client.force_login(getattr(stories.cast, who))
        return client

    return signed_in


def test_a_work_order_says_who_by_when_and_what(stories: Stories, reader: Callable[[str], Client]) -> None:
    case = stories.do(stories.bring("accepted"), "dispatch", note="请今天去看", co_handlers=[stories.cast.water])
    page = text_of(reader("county_officer").get(f"/desk/print/{case.number}/"))
    for words in (case.number, "固安县城市管理局", "固安县供水公司", "请今天去看", case.text, "<svg"):
        assert words in page, words
    assert "何" not in page.replace(case.text, "") and "5678" not in page
    assert reader("stranger").get(f"/desk/print/{case.number}/").status_code == 404


def test_of_who_asked_for_secrecy_not_even_the_words_are_printed(
    stories: Stories, reader: Callable[[str], Client]
) -> None:
    case = stories.bring("handling", secret=True, title="邻居占道", text="我家门口被占", address="幸福巷 3 号")
    case = stories.do(case, "supervise")
    order = case.orders.get()
    for path in (f"/desk/print/{case.number}/", f"/desk/print/{case.number}/{order.pk}/"):
        page = text_of(reader("county_officer").get(path))
        assert not any(words in page for words in ("邻居占道", "我家门口", "幸福巷", "何大年", "5678")), path
        assert "asks for secrecy" in page


def test_a_supervision_order_has_its_own_paper_and_no_other_case_prints_it(
    stories: Stories, reader: Callable[[str], Client]
) -> None:
    case, other = stories.do(stories.bring("handling"), "supervise"), stories.bring("handling")
    order, client = case.orders.get(), reader("supervisor")
    page = text_of(client.get(f"/desk/print/{case.number}/{order.pk}/"))
    assert "三日内报告办理情况" in page and f"{case.number} / {order.pk}" in page
    assert client.get(f"/desk/print/{other.number}/{order.pk}/").status_code == 404
    assert f"/desk/print/{case.number}/{order.pk}/" in text_of(client.get(f"/cases/{case.number}/"))


def test_a_case_that_nobody_leads_has_no_work_order(stories: Stories, reader: Callable[[str], Client]) -> None:
    case = stories.submit()
    assert reader("village_head").get(f"/desk/print/{case.number}/").status_code == 404
    assert "/desk/print/" not in text_of(reader("village_head").get(f"/cases/{case.number}/"))
