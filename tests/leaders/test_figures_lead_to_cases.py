"""Every figure on a leader's page opens the cases behind it, as many as it says, wherever one has gone down to."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from cases.models import Case
from portal.leaders.flags import GOOD, NONE, RED, SMALL, YELLOW, flag_of
from tests.stories import Stories

pytestmark = pytest.mark.django_db
Browser = Callable[[str], Client]
MOST_ON_THE_BOARD = 44


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return html.unescape(answer.content.decode())


def tiles(text: str) -> dict[str, tuple[str, str]]:
    """Value and address of each of the five figures."""
    found = re.findall(r'class="tile (\w+)"><a href="([^"]+)">.*?class="value">([^<]+)<', text, flags=re.S)
    return {name: (value, address) for name, address, value in found}


def listed(client: Client, address: str) -> tuple[int, list[str]]:
    """How many the list says that it has, and the numbers on all of its pages."""
    numbers, count = [], -1
    while address:
        text = page(client, address)
        count = int(re.search(r'data-count="(\d+)"', text)[1])  # type: ignore[index]
        numbers += re.findall(r'<li data-need><a href="/cases/([0-9-]+)/?"', text)
        further = re.search(r'class="button" href="([^"]*cursor=[^"]*)"', text)
        address = further[1] if further else ""
    return count, numbers


@pytest.fixture
def month(stories: Stories, counted: Callable[[], Any]) -> list[Case]:
    """Three solved, one of them far away, one climbing, one late, some waiting."""
    cases = [stories.bring("closed"), stories.bring("closed"), stories.bring("handling"), stories.bring("submitted")]
    cases.append(stories.submit(lon=116.405, lat=39.435))
    cases.append(stories.submit(at=timezone.now() - timedelta(days=20)))
    stories.do(stories.bring("handling"), "escalate", stories.actor("sign"))
    counted()
    return cases


def test_the_five_figures_open_as_many_cases_as_they_say(stories: Stories, browser: Browser, month: list[Case]) -> None:
    client = browser("county_leader")
    found = tiles(page(client, "/leaders/?period=month"))
    assert list(found) == ["reported", "solved", "overdue", "climbing", "satisfaction"]
    assert [found[name][0] for name in ("reported", "solved", "overdue", "climbing")] == ["7", "2", "1", "1"]
    for name in ("reported", "solved", "overdue", "climbing"):
        value, address = found[name]
        assert "period=month" in address
        count, numbers = listed(client, address)
        assert (count, len(numbers)) == (int(value), int(value)), name


def test_a_rate_has_lists_of_what_it_counts_of_what_it_lacks_and_of_all(
    stories: Stories, browser: Browser, month: list[Case]
) -> None:
    client = browser("city_leader")
    parts = {
        part: listed(client, f"/leaders/cases/?of=closure&part={part}")[0]
        for part in ("numerator", "missing", "denominator")
    }
    assert parts["numerator"] + parts["missing"] == parts["denominator"] > parts["numerator"] > 0


def test_one_goes_down_by_the_table_and_the_address_keeps_everything(
    stories: Stories, browser: Browser, month: list[Case]
) -> None:
    client = browser("county_leader")
    above = page(client, "/leaders/?period=month&channel=app&measure=reported")
    below = re.findall(r'<th scope="row"><a href="([^"]+)">([^<]+)</a>', above)
    town = next(address for address, name in below if name == stories.cast.town.name)
    for word in ("period=month", "channel=app", "measure=reported", f"place={stories.cast.town.code}"):
        assert word in town
    assert tiles(page(client, town))["reported"][0] == "6"
    far = next(address for address, name in below if name == stories.cast.other_town.name)
    assert tiles(page(client, far))["reported"][0] == "1"
    units = page(client, "/leaders/?period=month&by=unit")
    lead = re.findall(rf'<a href="([^"]+)">{stories.cast.urban_management.name}</a>', units)
    assert lead and listed(client, lead[0].replace("/leaders/", "/leaders/cases/") + "&of=open")[0] == 1


def test_a_long_list_goes_on_and_a_stranges_cursor_leads_back(
    stories: Stories, browser: Browser, counted: Callable[[], Any]
) -> None:
    for _i in range(52):
        stories.submit()
    counted()
    client = browser("county_leader")
    count, numbers = listed(client, "/leaders/cases/?of=reported")
    assert count == len(numbers) == len(set(numbers)) == 52
    back = client.get("/leaders/cases/?of=reported&cursor=x")
    assert back.status_code == 302 and "cursor" not in back["Location"]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ("period=year", "period"),
        ("period=own&from=2026-02-30&to=2026-03-01", "from"),
        ("period=own&from=2026-03-01&to=2026-02-01", "to"),
        ("period=own&from=2020-01-01&to=2026-01-01", "to"),
        ("channel=pigeon", "channel"),
        ("category=none", "category"),
        ("measure=luck", "measure"),
    ],
)
def test_what_cannot_be_used_in_an_address_is_named(browser: Browser, said: str, field: str) -> None:
    answer = browser("city_leader").get(f"/leaders/?{said}")
    assert answer.status_code == 400
    assert f"<strong>{field}</strong>" in answer.content.decode()


@pytest.mark.parametrize("cases", [1, 12])
def test_a_page_costs_the_same_however_many_cases_there_are(
    stories: Stories,
    browser: Browser,
    counted: Callable[[], Any],
    settings: Settings,
    django_assert_max_num_queries: Any,
    cases: int,
) -> None:
    for _i in range(cases):
        stories.do(stories.bring("handling"), "request_extension")
    counted()
    client = browser("city_leader")
    client.get("/leaders/")
    settings.SNAPSHOT_CHECK_SECONDS = 3600
    for address, most in (("/leaders/", MOST_ON_THE_BOARD), ("/leaders/cases/?of=reported", 6)):
        with django_assert_max_num_queries(most):
            client.get(address)


def test_flags_stand_where_their_file_says_and_small_numbers_have_none(settings: Settings, tmp_path: Any) -> None:
    assert [flag_of("on_time", part, 100) for part in (95, 90, 89, 75, 74)] == [GOOD, GOOD, YELLOW, YELLOW, RED]
    assert [flag_of("overdue", part, 100) for part in (10, 11, 26)] == [GOOD, YELLOW, RED]
    assert (flag_of("on_time", 0, 9), flag_of("on_time", 0, 0), flag_of("reported", 1, 50)) == (SMALL, NONE, NONE)
    own = tmp_path / "flags.toml"
    own.write_text("fewest = 1\n[yellow]\non_time = 50\n[red]\non_time = 20\n")
    settings.LEADERS_FLAGS = str(own)
    assert flag_of("on_time", 1, 4) == YELLOW


def test_a_file_of_flags_that_cannot_be_used_is_found_at_the_start(settings: Settings, tmp_path: Any) -> None:
    from portal.leaders.flags import check_flags

    assert check_flags(None) == []
    for text in (
        "fewest = 1",
        "fewest = 1\n[yellow]\nluck = 1\n[red]\n",
        "fewest = 1\n[yellow]\non_time = 'x'\n[red]\n",
    ):
        own = tmp_path / f"{len(text)}.toml"
        own.write_text(text)
        settings.LEADERS_FLAGS = str(own)
        assert [fault.id for fault in check_flags(None)] == ["govgrid.E041"], text
