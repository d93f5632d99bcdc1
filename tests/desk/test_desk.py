"""The desk as answers: its address names queue, filter and case; panes alone where htmx asks; counters and case by a
pulse that costs nothing where nothing changed; forms that are sent twice act once and keep what was typed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from cases.actors import Actor
from tests.portal.reading import listed, text_of
from tests.stories import Stories

pytestmark = pytest.mark.django_db
Browser = Callable[[str], Client]
PANE = {"hx-request": "true", "hx-target": "pane"}
LIST = {"hx-request": "true", "hx-target": "list"}


@pytest.fixture
def browser(stories: Stories) -> Browser:
    def signed_in(who: str) -> Client:
        client = Client()
        client.force_login(getattr(stories.cast, who))
        return client

    return signed_in


def test_the_address_names_queue_filter_and_case_and_means_the_same_to_a_colleague(
    stories: Stories, browser: Browser
) -> None:
    case, other = stories.submit(title="水管漏水"), stories.submit()
    said = {"queue": "accept", "search": "水管", "case": case.number}
    for who in ("village_head", "county_leader"):  # to whom the queue is not offered otherwise
        page = text_of(browser(who).get("/desk/", said))
        assert 'data-shows="case"' in page and f'data-case="{case.number}"' in page
        assert other.number not in page
    assert listed(text_of(browser("village_head").get("/desk/", said))) == {case.number}
    assert 'aria-current="page">To accept' in page


def test_htmx_gets_the_pane_it_asks_for_and_nothing_around_it(stories: Stories, browser: Browser) -> None:
    case = stories.submit()
    client = browser("village_head")
    said = {"queue": "accept", "case": case.number}
    pane, rows = (text_of(client.get("/desk/", said, headers=wanted)) for wanted in (PANE, LIST))
    assert pane.lstrip().startswith('<section id="pane"') and 'id="list"' not in pane
    assert rows.lstrip().startswith('<section id="list"') and 'id="pane"' not in rows
    answer = client.get("/desk/", said)
    assert "HX-Target" in answer["Vary"] and "no-store" in answer["Cache-Control"]


def test_a_filter_that_is_wrong_is_named_and_a_case_that_is_not_ones_own_is_missing(
    stories: Stories, browser: Browser
) -> None:
    case, client = stories.submit(), browser("village_head")
    refused = client.get("/desk/", {"queue": "all", "from": "yesterday"})
    assert refused.status_code == 400 and 'role="alert"' in text_of(refused)
    for place in ("nonsense", "9" * 12):
        assert client.get("/desk/", {"queue": "all", "grid": place}).status_code == 400
    gone = browser("stranger").get("/desk/", {"case": case.number})
    assert gone.status_code == 404 and case.title not in text_of(gone) and 'id="list"' in text_of(gone)


def test_days_are_inclusive_on_both_sides(stories: Stories, browser: Browser) -> None:
    from django.utils import timezone

    case, today = stories.submit(), timezone.localdate().isoformat()
    client = browser("village_head")
    assert listed(text_of(client.get("/desk/", {"queue": "all", "from": today, "until": today}))) == {case.number}
    assert listed(text_of(client.get("/desk/", {"queue": "all", "until": "2001-01-01"}))) == set()


@pytest.mark.parametrize("rows", [1, 12])
def test_the_desk_with_an_open_case_costs_the_same_however_much_waits(
    stories: Stories, browser: Browser, settings: Any, django_assert_max_num_queries: Any, rows: int
) -> None:
    cases = [stories.bring("handling") for _i in range(rows)]
    stories.do(cases[0], "supervise")
    client = browser("supervisor")
    said = {"queue": "supervised", "case": cases[0].number}
    client.get("/desk/", said)
    settings.SNAPSHOT_CHECK_SECONDS = 3600
    with django_assert_max_num_queries(18):
        client.get("/desk/", said)
    with django_assert_max_num_queries(5):
        client.get("/desk/pulse/", {"case": cases[0].number})


def test_the_pulse_tells_counts_and_version_and_nothing_where_nothing_changed(
    stories: Stories, browser: Browser
) -> None:
    case, client = stories.submit(), browser("village_head")
    first = client.get("/desk/pulse/", {"case": case.number})
    assert first.json()["counts"]["accept"] == "1" and first.json()["case"] == 1
    again = client.get("/desk/pulse/", {"case": case.number}, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    stories.do(case, "accept", Actor.person(stories.cast.village_head))
    later = client.get("/desk/pulse/", {"case": case.number}, headers={"if-none-match": first["ETag"]})
    assert later.json()["counts"]["accept"] == "0" and later.json()["case"] == 2


def form_of(page: str, case: Any, action: str) -> dict[str, str]:
    found = re.search(rf'action="/cases/{case.number}/{action}/".*?</form>', page, flags=re.S)
    assert found, action
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', found[0]))


def test_a_form_in_the_pane_leads_back_to_the_desk_and_no_further(stories: Stories, browser: Browser) -> None:
    case, client = stories.submit(), browser("village_head")
    pane = text_of(client.get("/desk/", {"queue": "accept", "case": case.number}, headers=PANE))
    hidden = {name: value.replace("&amp;", "&") for name, value in form_of(pane, case, "accept").items()}
    assert hidden["back"] == f"/desk/?queue=accept&case={case.number}"
    answer = client.post(f"/cases/{case.number}/accept/", hidden, headers=PANE)
    assert (answer.status_code, answer["Location"]) == (302, hidden["back"])
    for elsewhere in ("https://evil.example/desk/", "//evil.example", "/admin/", "/desk/../admin/", "/desk/\\evil"):
        answer = client.post(f"/cases/{case.number}/note/", {"note": "x", "back": elsewhere})
        assert answer["Location"] == f"/cases/{case.number}", elsewhere


def test_a_stale_form_says_what_changed_meanwhile_and_keeps_what_was_typed(stories: Stories, browser: Browser) -> None:
    case, client = stories.submit(), browser("village_head")
    stories.do(case, "note", stories.actor("accept"), note="县里已打过电话")
    answer = client.post(f"/cases/{case.number}/note/", {"note": "已到现场看过", "version": "1"}, headers=PANE)
    page = text_of(answer)
    assert answer.status_code == 412 and page.lstrip().startswith('<section id="pane"')
    assert "已到现场看过</textarea>" in page
    meanwhile = page[page.index("Meanwhile:") : page.index("data-moved-notice")]
    assert "县里已打过电话" in meanwhile and "钱县调" in meanwhile
    assert form_of(page, case, "note")["version"] == "2"


def test_words_for_a_step_that_is_not_possible_any_more_are_still_there(stories: Stories, browser: Browser) -> None:
    case, client = stories.submit(), browser("village_head")
    stories.do(case, "reject")
    answer = client.post(f"/cases/{case.number}/reject/", {"text": "请补充地点再报", "version": "1"})
    assert answer.status_code in (409, 412) and "<blockquote>请补充地点再报" in text_of(answer)


def test_registers_narrow_by_place_unit_and_period_and_go_out_as_excel(stories: Stories, browser: Browser) -> None:
    ordered = stories.do(stories.bring("handling"), "supervise")
    stories.bring("handling")
    client = browser("supervisor")
    cast = stories.cast
    for narrowed, found in (
        ({}, {ordered.number}),
        ({"grid": cast.village.code}, {ordered.number}),
        ({"grid": cast.other_village.code}, set()),
        ({"unit": cast.urban_management.pk}, {ordered.number}),
        ({"unit": cast.water.pk}, set()),
        ({"until": "2001-01-01"}, set()),
    ):
        page = text_of(client.get("/desk/", {"queue": "supervised"} | narrowed))
        assert listed(page) == found, narrowed
    page = text_of(client.get("/desk/", {"queue": "supervised"}))
    assert "to be answered" in page  # what was ordered stands in the row
    query = re.search(r'name="query" value="([^"]+)"', page)
    assert query and query[1] == "queue=supervised"
    book = client.post("/cases/ledger/", {"query": query[1]})
    assert book.status_code == 200 and ".xlsx" in book["Content-Disposition"]
