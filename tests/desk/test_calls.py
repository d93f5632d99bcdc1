"""A call is logged while the caller speaks: once, with what was known before, and read back with number and code."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.test import Client

from cases.models import Case
from tests.portal.reading import newest, text_of
from tests.stories import Stories

pytestmark = pytest.mark.django_db
WORDS = "北关村东头的路灯三天不亮了"


@pytest.fixture
def operator(stories: Stories) -> Client:
    client = Client()
    client.force_login(stories.cast.county_dispatcher)
    return client


def said(stories: Stories, **more: str) -> dict[str, str]:
    call = {"phone": "138 1234 5678", "name": "何大年", "text": WORDS, "grid": stories.cast.village.code}
    return call | {"key": str(uuid.uuid4())} | more


def test_a_call_becomes_a_case_of_the_hotline_and_is_read_back_with_code_and_moment(
    stories: Stories, operator: Client
) -> None:
    answer = operator.post("/desk/call/", said(stories, urgency="urgent", address="村东头"))
    case = newest()
    assert (answer.status_code, answer["Location"]) == (302, f"/desk/call/?done={case.number}")
    assert (case.channel, case.urgency, case.status, case.grid_id) == (
        "hotline", "urgent", "accepted", stories.cast.village.pk
    )  # fmt: skip
    page = text_of(operator.get(answer["Location"]))
    assert case.number in page and case.lookup_code in page and "left" in page
    stranger = Client()
    stranger.force_login(stories.cast.city_leader)
    assert case.lookup_code not in text_of(stranger.get(answer["Location"]))


def test_a_call_that_is_sent_twice_is_logged_once(stories: Stories, operator: Client) -> None:
    call = said(stories)
    first, second = (operator.post("/desk/call/", call) for _i in range(2))
    assert first["Location"] == second["Location"] and Case.objects.count() == 1
    assert operator.post("/desk/call/", call | {"text": "另一件事"}).status_code == 422
    assert Case.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"phone": "12"}, "phone"), ({"text": ""}, "text"), ({"grid": ""}, "grid"), ({"grid": "999"}, "grid")],
)
def test_what_is_wrong_stands_at_its_field_and_what_was_typed_is_kept(
    stories: Stories, operator: Client, wrong: dict[str, str], field: str
) -> None:
    answer = operator.post("/desk/call/", said(stories, address="村东头老槐树旁") | wrong)
    page = text_of(answer)
    assert answer.status_code == 400 and f'id="{field}-errors"' in page and "村东头老槐树旁" in page
    assert Case.objects.count() == 0


def test_the_callers_earlier_matters_are_those_whose_reporter_one_might_have_shown(
    stories: Stories, operator: Client
) -> None:
    open_one, hidden = stories.submit(), stories.submit(secret=True)
    shown = text_of(operator.post("/desk/call/caller/", {"phone": "13812345678"}))
    assert open_one.number in shown and hidden.number not in shown and "13812345678" not in shown
    stranger = Client()
    stranger.force_login(stories.cast.stranger)
    for client, phone in ((stranger, "13812345678"), (operator, "13800000000"), (operator, "138"), (operator, "x")):
        assert open_one.number not in text_of(client.post("/desk/call/caller/", {"phone": phone}))


def test_a_call_about_a_matter_that_is_known_joins_it_as_another_voice(stories: Stories, operator: Client) -> None:
    known = stories.bring("accepted")
    offered = text_of(operator.post("/desk/call/alike/", said(stories)))
    assert f'value="{known.number}"' in offered
    operator.post("/desk/call/", said(stories, same_as=known.number))
    case = newest()
    assert (case.status, case.merged_into_id) == ("merged", known.pk)
    assert known.events.filter(kind="voice_joined").count() == 1


def test_a_matter_that_cannot_be_joined_logs_nothing_at_all(stories: Stories, operator: Client) -> None:
    outside = stories.submit(grid_id=stories.cast.other_county.pk, lon=None, lat=None)
    answer = operator.post("/desk/call/", said(stories, same_as=outside.number))
    assert answer.status_code == 400 and Case.objects.count() == 1
    assert re.search(r'id="same_as-errors"', text_of(answer))


def test_who_holds_no_post_logs_no_call(stories: Stories) -> None:
    from grids.models import User

    idle = User.objects.create_user(username="idle", password="idle", name="无岗", email="idle@example.org")
    client = Client()
    client.force_login(idle)
    answer: Any = client.post("/desk/call/", said(stories))
    assert answer.status_code == 403 and Case.objects.count() == 0
