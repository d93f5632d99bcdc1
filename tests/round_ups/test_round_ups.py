"""What waits for somebody stands on a list each working morning; how a week and a month went, on the leaders'."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.actors import Actor
from grids.models import User
from notifications.models import Contact, Delivery, Preference, RoundUp, TellingHours
from notifications.services import write_round_ups
from tests.cast import Cast
from tests.golden.book import moment
from tests.stories import Stories

TUESDAY = moment("2026-11-17 08:00")
MONDAY = moment("2026-11-16 08:00")


def lists(on: date, kind: str = "morning") -> dict[str, Any]:
    rows = RoundUp.objects.filter(on=on, kind=kind)
    return dict(rows.values_list("user__username", "content"))


def test_the_morning_list_says_what_is_overdue_due_and_new(stories: Stories, cast: Cast) -> None:
    old = stories.submit(moment("2026-11-12 09:00"))
    today = stories.submit(moment("2026-11-16 17:00"))
    given = stories.bring("dispatched", moment("2026-11-16 16:00"))
    new = stories.bring("handling", moment("2026-11-16 16:30"))
    write_round_ups(TUESDAY)
    said = lists(TUESDAY.date())
    assert said["village_head"] == {"overdue": [old.number], "due_today": [today.number]}
    assert said["worker"] == said["village_head"], "they lie in the worker's cell"
    assert said["neighbour"] == said["town_dispatcher"] == {}
    assert said["county_officer"] == {"due_today": [given.number], "new": [new.number]}
    assert set(said) == {
        "worker", "neighbour", "village_head", "town_dispatcher", "county_dispatcher", "county_leader",
        "county_officer", "city_dispatcher", "city_leader", "stranger",
    }  # fmt: skip


def test_it_goes_over_the_ways_that_take_news_and_not_where_there_is_nothing(stories: Stories, cast: Cast) -> None:
    stories.submit(moment("2026-11-16 17:00"))
    said = {"address_sealed": b"", "masked": "*", "verified_at": MONDAY, "user": cast.village_head}
    push = Contact.objects.create(channel="web_push", address_hash="1", least="later", **said)
    Contact.objects.create(channel="sms", address_hash="2", least="soon", **said)
    write_round_ups(TUESDAY)
    rows = Delivery.objects.values_list("user__username", "way", "pace", "next_attempt_at")
    assert set(rows) == {
        ("village_head", "account", "later", TUESDAY),
        ("village_head", f"contact:{push.pk}", "later", TUESDAY),
        ("worker", "account", "later", TUESDAY),
    }


@pytest.mark.parametrize(
    ("at", "kinds"),
    [
        ("2026-11-17 07:59", set()),
        ("2026-11-17 08:00", {"morning"}),
        ("2026-11-16 08:00", {"morning", "weekly"}),
        ("2026-11-14 09:00", set()),  # a Saturday
        ("2026-10-10 09:00", {"morning"}),  # a Saturday that is worked
        ("2026-10-05 09:00", set()),  # a Monday, and a holiday
        ("2026-10-08 09:00", {"morning", "weekly", "monthly"}),  # the first working day after the holidays
        ("2026-12-01 09:00", {"morning", "monthly"}),
    ],
)
def test_lists_come_on_working_days_of_the_calendar(stories: Stories, cast: Cast, at: str, kinds: set[str]) -> None:
    write_round_ups(moment(at))
    assert set(RoundUp.objects.filter(user=cast.county_leader).values_list("kind", flat=True)) == kinds


def test_a_late_or_repeated_run_writes_nothing_twice(stories: Stories) -> None:
    first = write_round_ups(TUESDAY + timedelta(hours=5))
    assert first == 10
    assert write_round_ups(TUESDAY + timedelta(hours=6)) == 0
    assert write_round_ups(TUESDAY + timedelta(hours=29)) == 10, "the next day has its own"


def test_the_territory_says_when_the_morning_is(stories: Stories, cast: Cast) -> None:
    TellingHours.objects.create(grid=cast.town, morning_at=time(9))
    write_round_ups(TUESDAY)
    assert {"village_head", "town_dispatcher"}.isdisjoint(lists(TUESDAY.date()))
    write_round_ups(TUESDAY + timedelta(hours=1))
    assert {"village_head", "town_dispatcher"} <= set(lists(TUESDAY.date()))


def test_who_does_not_want_lists_gets_none(stories: Stories, cast: Cast) -> None:
    Preference.objects.create(user=cast.county_leader, morning_list=False)
    Preference.objects.create(user=cast.city_leader, round_ups=False)
    write_round_ups(MONDAY)
    assert "county_leader" not in lists(MONDAY.date())
    assert set(lists(MONDAY.date(), "weekly")) == {"county_leader", "supervisor"}


def test_the_substitute_gets_the_list_of_who_is_on_leave(stories: Stories, cast: Cast) -> None:
    case = stories.submit(moment("2026-11-16 17:00"))
    on = TUESDAY.date()
    substitute = User.objects.create_user("substitute", "s@example.org", name="代班")
    cast.village_head.posts.update(substitute=substitute, leave_from=on, leave_to=on)
    write_round_ups(TUESDAY)
    assert lists(on)["substitute"] == {"due_today": [case.number]}


def test_leaders_read_how_the_week_went_in_what_they_see(stories: Stories, cast: Cast) -> None:
    late = stories.submit(moment("2026-11-12 09:00"))
    stories.bring("closed", moment("2026-11-13 10:00"))
    stories.submit(moment("2026-11-06 10:00"), grid_id=cast.other_county.pk)
    before = stories.bring("feedback", moment("2026-11-05 10:00"))
    stories.do(before, "rate", at=moment("2026-11-15 23:00"))
    stories.submit(moment("2026-11-16 07:00"))
    write_round_ups(MONDAY)
    said = lists(MONDAY.date(), "weekly")
    assert said["county_leader"] == {"figures": {"in": 2, "closed": 2, "late": 1}, "overdue": [late.number]}
    assert said["city_leader"]["figures"] == said["supervisor"]["figures"] == {"in": 2, "closed": 2, "late": 2}
    assert set(said) == {"county_leader", "city_leader", "supervisor"}


def test_a_department_s_leader_reads_of_what_was_assigned_to_it(stories: Stories, cast: Cast) -> None:
    cast.county_officer.posts.update(role="leader")
    stories.bring("handling", moment("2026-11-10 09:00"))
    stories.submit(moment("2026-11-10 09:00"))
    write_round_ups(moment("2026-12-01 09:00"))
    figures = lists(date(2026, 12, 1), "monthly")["county_officer"]["figures"]
    assert figures == {"in": 1, "closed": 0, "late": 1}


def test_nobody_reads_of_a_case_that_they_do_not_see(stories: Stories, cast: Cast) -> None:
    from cases.models import Case

    stories.submit(moment("2026-11-12 09:00"))
    stories.submit(moment("2026-11-12 09:00"), grid_id=cast.other_county.pk)
    case = stories.bring("handling", moment("2026-11-12 09:00"))
    stories.do(case, "escalate", Actor.person(cast.county_officer), at=moment("2026-11-12 10:00"))
    write_round_ups(MONDAY)
    for row in RoundUp.objects.select_related("user"):
        seen = set(Case.objects.visible_to(row.user).values_list("number", flat=True))
        assert {number for key, said in row.content.items() if key != "figures" for number in said} <= seen
        if row.kind == "weekly":
            assert row.content["figures"]["in"] == len(seen)


def test_queries_do_not_grow_with_people_and_cases(stories: Stories, settings: Any) -> None:
    stories.submit(TUESDAY)
    settings.SNAPSHOT_CHECK_SECONDS = 600.0

    def queries(at: datetime) -> int:
        with CaptureQueriesContext(connection) as captured:
            write_round_ups(at)
        return len(captured)

    few = queries(TUESDAY)
    for hour in range(9, 12):
        stories.submit(TUESDAY.replace(hour=hour))
    assert queries(TUESDAY + timedelta(days=1)) == few <= 12


@pytest.mark.django_db(transaction=True)
def test_many_that_write_at_once_write_each_list_once(committed_stories: Stories) -> None:
    committed_stories.submit(moment("2026-11-16 17:00"))
    together = Barrier(4)

    def work(_worker: int) -> int:
        try:
            together.wait()
            return write_round_ups(TUESDAY)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 10
    assert RoundUp.objects.count() == 10
    assert Delivery.objects.count() == 2


def test_without_a_moment_it_is_now(stories: Stories) -> None:
    write_round_ups()
    assert set(RoundUp.objects.values_list("on", flat=True)) <= {timezone.localdate()}
