"""The inbox by API: one's own lines, newest first, to be marked as read."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from cases.choices import Status
from grids.models import Post
from notifications.models import InboxItem
from notifications.services import dispatch_events
from tests.stories import Stories

INBOX = "/api/v1/inbox/"


def client_of(user: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def head(stories: Stories) -> APIClient:
    """The village head, who has been told of three new cases."""
    for _number in range(3):
        stories.submit()
    dispatch_events()
    return client_of(stories.cast.village_head)


def results(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def test_a_line_says_what_happened_why_and_where(head: APIClient, settings: Any) -> None:
    answer = head.get(INBOX, headers={"accept-language": "en"})
    line = results(answer)[0]
    item = InboxItem.objects.select_related("event__case").get(pk=line["id"])
    case = item.event.case
    assert line["what"].startswith("A new case in 北关村")
    assert (line["kind"], line["reason"]) == ("submitted", "duty")
    assert line["why"] == "You are told because it is your unit's turn."
    assert (line["number"], line["title"]) == (case.number, case.title)
    assert line["url"] == f"{settings.SITE_URL}/cases/{case.number}"
    assert line["due_at"] is not None
    assert line["read_at"] is None


def test_pages_are_newest_first_and_lose_nothing(head: APIClient) -> None:
    first = head.get(INBOX, {"page_size": 2})
    second = head.get(first.json()["next"])
    keys = [line["id"] for line in results(first) + results(second)]
    assert len(keys) == 3
    assert keys == sorted(keys, reverse=True)
    assert second.json()["next"] is None


def test_only_unread_ones_can_be_asked_for(head: APIClient) -> None:
    newest = results(head.get(INBOX))[0]["id"]
    assert head.post(f"{INBOX}{newest}/read/").json()["read_at"] is not None
    assert len(results(head.get(INBOX, {"unread": "true"}))) == 2
    assert [line["id"] for line in results(head.get(INBOX, {"unread": "false"}))] == [newest]
    assert head.get(f"{INBOX}unread-count/").json() == {"unread": 2}
    assert head.get(INBOX, {"unread": "perhaps"}).status_code == 400


def test_reading_twice_keeps_the_first_moment(head: APIClient) -> None:
    newest = results(head.get(INBOX))[0]["id"]
    first = head.post(f"{INBOX}{newest}/read/").json()
    assert head.post(f"{INBOX}{newest}/read/").json() == first


def test_all_are_read_or_all_that_were_seen(head: APIClient) -> None:
    oldest = results(head.get(INBOX))[-1]["id"]
    assert head.post(f"{INBOX}read-all/", {"up_to": oldest}, format="json").json() == {"read": 1}
    assert head.post(f"{INBOX}read-all/").json() == {"read": 2}
    assert head.get(f"{INBOX}unread-count/").json() == {"unread": 0}


@pytest.mark.parametrize("up_to", ["x", 0, 10**30])
def test_a_mark_that_makes_no_sense_is_refused(head: APIClient, up_to: object) -> None:
    answer = head.post(f"{INBOX}read-all/", {"up_to": up_to}, format="json")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "up_to"
    assert head.get(f"{INBOX}unread-count/").json() == {"unread": 3}


def test_nobody_sees_or_marks_another_ones_lines(head: APIClient, stories: Stories) -> None:
    theirs = results(head.get(INBOX))[0]["id"]
    for other in (stories.cast.worker, stories.cast.administrator, stories.cast.city_leader):
        client = client_of(other)
        assert theirs not in {line["id"] for line in results(client.get(INBOX))}
        assert client.post(f"{INBOX}{theirs}/read/").status_code == 404
        client.post(f"{INBOX}read-all/")
    assert head.get(f"{INBOX}unread-count/").json() == {"unread": 3}


def test_a_stranger_is_asked_to_sign_in(head: APIClient) -> None:
    anybody = APIClient()
    for answer in (anybody.get(INBOX), anybody.get(f"{INBOX}unread-count/"), anybody.post(f"{INBOX}read-all/")):
        assert answer.status_code == 401


def test_a_number_that_no_line_has_is_not_found(head: APIClient) -> None:
    assert head.post(f"{INBOX}{10**30}/read/").status_code == 404


def test_a_case_that_is_no_longer_visible_shows_no_title(head: APIClient, stories: Stories) -> None:
    Post.objects.filter(user=stories.cast.village_head).update(unit=stories.cast.far_village_authority)
    again = client_of(type(stories.cast.village_head).objects.get(pk=stories.cast.village_head.pk))
    lines = results(again.get(INBOX))
    assert len(lines) == 3
    assert {line["title"] for line in lines} == {None}


def test_queries_do_not_grow_with_the_page(stories: Stories, settings: Any) -> None:
    officer = stories.cast.county_officer
    stories.bring(Status.DISPATCHED)  # what is kept in memory is read here
    settings.SNAPSHOT_CHECK_SECONDS = 600.0

    def queries(cases: int) -> int:
        for _number in range(cases):
            stories.bring(Status.DISPATCHED)
        dispatch_events()
        client = client_of(type(officer).objects.get(pk=officer.pk))
        with CaptureQueriesContext(connection) as captured:
            results(client.get(INBOX))
        return len(captured)

    assert queries(1) == queries(6) <= 3


def test_filters_narrow_by_kind_reason_time_and_case(head: APIClient, stories: Stories) -> None:
    case = stories.bring(Status.ACCEPTED)
    dispatch_events()
    everything = results(head.get(INBOX))
    assert {line["kind"] for line in results(head.get(INBOX, {"kind": "accepted"}))} == {"accepted"}
    assert len(results(head.get(INBOX, {"kind": ["accepted", "submitted"]}))) == len(everything)
    assert {line["number"] for line in results(head.get(INBOX, {"number": case.number}))} == {case.number}
    assert len(results(head.get(INBOX, {"reason": "duty"}))) < len(everything)
    newest = everything[0]["created_at"]
    assert 0 < len(results(head.get(INBOX, {"since": newest}))) < len(everything)
    for wrong in ({"kind": "teleported"}, {"reason": "x"}, {"since": "yesterday"}, {"case": "1"}):
        answer = head.get(INBOX, wrong)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, next(iter(wrong)))
