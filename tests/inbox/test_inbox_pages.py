"""The inbox on a page: day by day, to be read, with lists and alarms; and the bell that every page asks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cases.choices import Urgency
from grids.models import Post
from notifications.models import Alarm, Delivery, InboxItem, ResidentNotice, RoundUp
from notifications.services import dispatch_events
from notifications.services.forgetting import forget_old_lines
from tests.stories import Stories

pytestmark = pytest.mark.django_db
PAGE, BELL = "/inbox/", "/inbox/bell/"


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def head(stories: Stories) -> Client:
    """The village head, who has been told of three new cases."""
    for title in ("路灯", "井盖", "漏水"):
        stories.submit(title=title)
    dispatch_events()
    return signed_in(stories.cast.village_head)


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


def round_up(user: Any, content: dict[str, Any], kind: str = "morning") -> RoundUp:
    today = timezone.localdate()
    return RoundUp.objects.create(user=user, kind=kind, on=today, content=content, created_at=timezone.now())


def test_lines_stand_under_their_days_newest_first_and_lead_to_their_cases(head: Client, stories: Stories) -> None:
    old = InboxItem.objects.filter(user=stories.cast.village_head).earliest("pk")
    InboxItem.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=1))
    text = text_of(head.get(PAGE))
    assert text.index("Today") < text.index("漏水") < text.index("井盖") < text.index("Yesterday") < text.index("路灯")
    assert reverse("case-page", args=[old.event.case.number]) in text
    assert "You are told because it is your unit&#x27;s turn." in text


def test_one_line_or_all_that_were_seen_are_marked_as_read(head: Client, stories: Stories) -> None:
    items = InboxItem.objects.filter(user=stories.cast.village_head)
    first, newest = items.earliest("pk"), items.latest("pk")
    assert head.post(reverse("inbox-page-read", args=[first.pk]), {"show": "unread"})["Location"].endswith(
        "?show=unread"
    )
    by_script = head.post(reverse("inbox-page-read", args=[first.pk]), headers={"accept": "application/json"})
    assert by_script.status_code == 204
    stories.submit(title="后来")
    dispatch_events()
    head.post(reverse("inbox-page-read-all"), {"up_to": newest.pk})
    assert items.filter(read_at__isnull=True).count() == 1, "what came since the page was opened stays"
    for nonsense in ("", "x", "-1", "9" * 30):
        assert head.post(reverse("inbox-page-read-all"), {"up_to": nonsense}).status_code == 302
    assert items.filter(read_at__isnull=True).count() == 1


def test_tabs_and_a_number_narrow_the_list(head: Client, stories: Stories) -> None:
    item = InboxItem.objects.filter(user=stories.cast.village_head).earliest("pk")
    head.post(reverse("inbox-page-read", args=[item.pk]))
    assert "路灯" not in text_of(head.get(PAGE, {"show": "unread"}))
    assert "路灯" in text_of(head.get(PAGE, {"show": "asked"}))
    assert "Nothing yet." in text_of(head.get(PAGE, {"show": "reminders"}))
    found = text_of(head.get(PAGE, {"number": item.event.case.number}))
    assert "路灯" in found and "井盖" not in found
    assert "You were told nothing of 777." in text_of(head.get(PAGE, {"number": "777"}))
    assert "路灯" in text_of(head.get(PAGE, {"show": "unheard-of"}))
    assert head.get(PAGE, {"cursor": "x"}).status_code == 302


def test_long_inboxes_have_pages_and_a_page_costs_the_same(head: Client, stories: Stories, settings: Any) -> None:
    head.get(PAGE)
    settings.SNAPSHOT_CHECK_SECONDS = 3600

    def queries(**said: Any) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert head.get(PAGE, said).status_code == 200
        return len(captured)

    few, all_of_them = queries(page_size=1), queries()
    assert few == all_of_them <= 8
    assert "Further ones" in text_of(head.get(PAGE, {"page_size": 2}))


def test_nobody_sees_or_marks_what_others_were_told(head: Client, stories: Stories) -> None:
    item = InboxItem.objects.filter(user=stories.cast.village_head).earliest("pk")
    mine = round_up(stories.cast.village_head, {"new": [item.event.case.number]})
    stranger = signed_in(stories.cast.stranger)
    assert "路灯" not in text_of(stranger.get(PAGE))
    assert stranger.post(reverse("inbox-page-read", args=[item.pk])).status_code == 404
    assert stranger.get(reverse("inbox-list-page", args=[mine.pk])).status_code == 404
    item.refresh_from_db()
    assert item.read_at is None
    for path in (PAGE, reverse("inbox-list-page", args=[mine.pk]), "/telling/"):
        assert Client().get(path)["Location"].startswith("/sign-in/")
    assert Client().get(BELL).status_code == 401


def test_of_a_case_that_one_sees_no_more_neither_title_nor_link_is_shown(head: Client, stories: Stories) -> None:
    Post.objects.filter(user=stories.cast.village_head).delete()
    text = text_of(signed_in(stories.cast.village_head).get(PAGE))
    number = InboxItem.objects.filter(user=stories.cast.village_head).earliest("pk").event.case.number
    assert "路灯" not in text and number in text
    assert reverse("case-page", args=[number]) not in text


def test_a_list_stands_above_until_it_is_opened_and_shows_what_one_may_still_see(
    head: Client, stories: Stories
) -> None:
    seen = stories.submit(title="逾期")
    beyond = stories.submit(grid_id=stories.cast.other_county.pk, title="外县")
    user = stories.cast.village_head
    row = round_up(user, {"overdue": [seen.number, beyond.number], "figures": {"in": 3}}, "weekly")
    assert "overdue 2" in text_of(head.get(PAGE))
    page = text_of(head.get(reverse("inbox-list-page", args=[row.pk])))
    assert "逾期" in page and "外县" not in page and "came in: 3" in page
    assert "overdue 2" not in text_of(head.get(PAGE))
    assert "overdue 2" in text_of(head.get(PAGE, {"show": "lists"}))


def test_an_alarm_stands_on_top_until_somebody_who_was_told_takes_it(stories: Stories) -> None:
    case = stories.submit(title="燃气泄漏", urgency=Urgency.EMERGENCY)
    dispatch_events()
    alarm = Alarm.objects.get()
    head = signed_in(stories.cast.village_head)
    assert "I take it" in text_of(head.get(PAGE))
    assert head.get(BELL).json()["alarms"] == 1
    stranger = signed_in(stories.cast.stranger)
    assert stranger.post(reverse("inbox-alarm", args=[alarm.pk])).status_code == 404
    assert stranger.get(BELL).json()["alarms"] == 0
    taken = head.post(reverse("inbox-alarm", args=[alarm.pk]))
    assert taken["Location"] == reverse("case-page", args=[case.number])
    alarm.refresh_from_db()
    assert (alarm.acknowledged_by, alarm.next_at) == (stories.cast.village_head, None)
    assert "I take it" not in text_of(head.get(PAGE)) and head.get(BELL).json()["alarms"] == 0


def test_the_bell_counts_and_says_when_nothing_has_changed(head: Client, stories: Stories, settings: Any) -> None:
    round_up(stories.cast.village_head, {})
    first = head.get(BELL)
    newest = InboxItem.objects.filter(user=stories.cast.village_head).latest("pk").pk
    assert first.json() == {"unread": 3, "lists": 1, "alarms": 0, "newest": newest}
    again = head.get(BELL, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    stories.submit()
    dispatch_events()
    assert head.get(BELL, headers={"if-none-match": first["ETag"]}).json()["unread"] == 4
    assert "private" in first["Cache-Control"]


def test_the_bell_costs_one_statement_besides_knowing_who_asks(head: Client) -> None:
    head.get(BELL)
    with CaptureQueriesContext(connection) as captured:
        head.get(BELL)
    assert len(captured) == 3, "the session, the user, and what waits"


def test_every_page_of_the_desk_has_the_bell_and_none_of_it_stands_in_the_page(head: Client) -> None:
    for path in ("/desk/", PAGE, "/telling/", "/jobs/"):
        text = text_of(head.get(path))
        assert f'data-bell="{BELL}"' in text and 'type="module"' in text
        assert "<script>" not in text and "onclick" not in text


def test_what_was_told_ends_after_its_days_with_what_went_out_of_it(stories: Stories, settings: Any) -> None:
    cases = [stories.submit() for _number in range(3)]
    dispatch_events()
    now = timezone.now()
    old = InboxItem.objects.order_by("pk")[:4]
    InboxItem.objects.filter(pk__in=[item.pk for item in old]).update(created_at=now - timedelta(days=366))
    ResidentNotice.objects.create(event=cases[0].events.get(), kind="receipt", created_at=now - timedelta(days=400))
    RoundUp.objects.create(
        user=stories.cast.village_head,
        kind="morning",
        on="2020-01-01",
        content={},
        created_at=now - timedelta(days=999),
    )
    kept = InboxItem.objects.count() - 4
    assert forget_old_lines(at=now, batch=3) == 6
    assert (InboxItem.objects.count(), Delivery.objects.count()) == (kept, kept)
    assert not RoundUp.objects.exists() and not ResidentNotice.objects.exists()
    assert forget_old_lines(at=now) == 0
