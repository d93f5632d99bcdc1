"""Where life is at risk, somebody is called, then the next, until one of them takes it upon themselves."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.urls import reverse
from rest_framework.test import APIClient

from cases.actors import Actor
from cases.models import Case
from grids.models import Post, User
from notifications.models import Alarm, Delivery, InboxItem, TellingHours
from notifications.services import dispatch_events
from notifications.services.alarms import acknowledge, ring_alarms
from tests.cast import STARTED_ON, Cast
from tests.golden.book import moment
from tests.stories import Stories

NIGHT = moment("2026-11-15 02:00")
MINUTE = timedelta(minutes=1)


def emergency(stories: Stories, at: datetime = NIGHT) -> Case:
    case = stories.submit(at, urgency="emergency")
    dispatch_events(at=at)
    return case


def called(at: datetime) -> set[str]:
    """Who is rung at this moment."""
    rows = Delivery.objects.filter(pace="now", next_attempt_at=at)
    return set(rows.values_list("user__username", flat=True))


def ring(minutes: int) -> set[str]:
    """Lets so many minutes of that night pass, and says who is called."""
    ring_alarms(NIGHT + minutes * MINUTE)
    return called(NIGHT + minutes * MINUTE)


def colleague(name: str, like: User) -> User:
    """A second person on the same desk."""
    user = User.objects.create_user(name, f"{name}@example.org", name=name)
    post = like.posts.get()
    Post.objects.create(user=user, unit=post.unit, role=post.role, starts_on=STARTED_ON)
    return user


def test_nobody_answers_and_the_next_is_called(stories: Stories) -> None:
    emergency(stories)
    assert called(NIGHT) == {"village_head", "worker"}
    assert ring(4) == set()
    assert ring(5) == {"town_dispatcher"}
    assert ring(9) == set()
    assert ring(10) == {"county_dispatcher"}
    assert ring(15) == {"county_leader"}
    assert ring(20) == {"city_dispatcher"}
    assert ring(25) == {"city_leader"}
    assert ring(30) == set(), "everybody has been called, once"
    alarm = Alarm.objects.get()
    assert (alarm.rung, alarm.acknowledged_at) == (5, None)
    assert alarm.next_at is not None, "it stays open until somebody acts"
    reasons = InboxItem.objects.filter(event=alarm.event).values_list("user__username", "reason")
    assert dict(reasons)["county_leader"] == "alarm"


def test_posts_of_a_desk_are_called_one_after_the_other(stories: Stories, cast: Cast) -> None:
    second, third = colleague("second", cast.village_head), colleague("third", cast.village_head)
    emergency(stories)
    assert called(NIGHT) == {"village_head", "worker"}
    waiting = Delivery.objects.filter(user__in=[second, third])
    assert {(row.pace, row.next_attempt_at) for row in waiting} == {("soon", moment("2026-11-15 07:30"))}
    assert ring(5) == {"second"}
    assert ring(10) == {"third"}
    assert ring(15) == {"town_dispatcher"}
    assert Delivery.objects.filter(user=second).count() == 1, "what was to wait for the morning went instead"


def test_by_day_the_whole_desk_hears_at_once_and_the_chain_goes_above(stories: Stories, cast: Cast) -> None:
    colleague("second", cast.village_head)
    noon = moment("2026-11-16 12:00")
    emergency(stories, noon)
    assert set(Delivery.objects.filter(next_attempt_at=noon).values_list("user__username", flat=True)) == {
        "village_head", "second", "worker",
    }  # fmt: skip
    ring_alarms(noon + 5 * MINUTE)
    assert called(noon + 5 * MINUTE) == {"town_dispatcher"}


def test_the_substitute_is_called_before_who_is_on_leave(stories: Stories, cast: Cast) -> None:
    day = NIGHT.date()
    substitute = User.objects.create_user("substitute", "s@example.org", name="代班")
    Post.objects.filter(user=cast.village_head).update(substitute=substitute, leave_from=day, leave_to=day)
    emergency(stories)
    assert called(NIGHT) == {"substitute", "worker"}
    assert ring(5) == {"village_head"}


def test_the_territory_says_how_long_each_may_take(stories: Stories, cast: Cast) -> None:
    TellingHours.objects.create(grid=cast.town, rung_minutes=2)
    emergency(stories)
    assert ring(2) == {"town_dispatcher"}
    assert ring(4) == {"county_dispatcher"}


def test_after_an_outage_the_rungs_are_not_called_all_at_once(stories: Stories) -> None:
    emergency(stories)
    assert ring(60) == {"town_dispatcher"}
    assert ring(64) == set()
    assert ring(65) == {"county_dispatcher"}


def test_who_acknowledges_ends_the_chain(stories: Stories, cast: Cast) -> None:
    emergency(stories)
    ring(5)
    alarm = acknowledge(Alarm.objects.get(), cast.town_dispatcher, at=NIGHT + 6 * MINUTE)
    assert ring(10) == set()
    again = acknowledge(alarm, cast.village_head, at=NIGHT + 12 * MINUTE)
    assert (again.acknowledged_by, again.acknowledged_at) == (cast.town_dispatcher, NIGHT + 6 * MINUTE)


def test_any_action_of_the_unit_is_an_answer(stories: Stories, cast: Cast) -> None:
    case = emergency(stories)
    stories.do(case, "note", Actor.person(cast.worker), at=NIGHT + 3 * MINUTE, note="在路上")
    assert ring(5) == set()
    alarm = Alarm.objects.get()
    assert (alarm.acknowledged_by, alarm.acknowledged_at) == (cast.worker, NIGHT + 3 * MINUTE)


def test_a_case_that_goes_to_another_unit_calls_that_one(stories: Stories, cast: Cast) -> None:
    case = emergency(stories)
    at = NIGHT + 3 * MINUTE
    stories.do(case, "accept", Actor.person(cast.village_head), at=at)
    stories.do(case, "dispatch", Actor.person(cast.county_dispatcher), at=at, lead=cast.urban_management)
    dispatch_events(at=at)
    ring_alarms(at)
    assert list(Alarm.objects.filter(next_at__isnull=False).values_list("unit", flat=True)) == [
        cast.urban_management.pk
    ]
    assert "county_officer" in called(at)
    assert ring(8) == {"county_dispatcher"}, "who dispatched it hears that nobody has answered"


def test_a_case_that_is_over_calls_nobody(stories: Stories) -> None:
    case = emergency(stories)
    stories.do(case, "withdraw", at=NIGHT + MINUTE)
    assert ring(5) == set()
    assert Alarm.objects.get().next_at is None


def test_an_ordinary_case_raises_no_alarm(stories: Stories) -> None:
    stories.submit(NIGHT)
    dispatch_events(at=NIGHT)
    assert not Alarm.objects.exists()


def test_who_logged_it_at_the_desk_itself_needs_no_alarm(stories: Stories, cast: Cast) -> None:
    stories.submit(NIGHT, by=Actor.person(cast.village_head), urgency="emergency")
    dispatch_events(at=NIGHT)
    assert not Alarm.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_that_ring_at_once_call_each_rung_once(committed_stories: Stories) -> None:
    for _number in range(3):
        emergency(committed_stories)
    together = Barrier(4)

    def work(_worker: int) -> int:
        try:
            together.wait()
            return ring_alarms(NIGHT + 5 * MINUTE).called
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 3
    assert Delivery.objects.filter(user__username="town_dispatcher").count() == 3
    assert set(Alarm.objects.values_list("rung", flat=True)) == {1}


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_in_a_rung_leaves_it_to_the_next(
    committed_stories: Stories, monkeypatch: pytest.MonkeyPatch
) -> None:
    emergency(committed_stories)

    def dies(*_arguments: object, **_named: object) -> None:
        raise SystemExit

    with monkeypatch.context() as cut:
        cut.setattr(Alarm, "save", dies)
        with pytest.raises(SystemExit):
            ring_alarms(NIGHT + 5 * MINUTE)
    assert called(NIGHT + 5 * MINUTE) == set()
    assert ring(6) == {"town_dispatcher"}


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


def test_ones_open_alarms_are_listed_and_acknowledged(stories: Stories, cast: Cast) -> None:
    case = emergency(stories)
    head = client_of(cast.village_head)
    [row] = head.get(reverse("alarm-list")).json()["results"]
    assert (row["number"], row["unit"], row["rung"]) == (case.number, cast.village_authority.name, 0)
    address = reverse("alarm-acknowledge", args=[row["id"]])
    answer = head.post(address)
    assert (answer.status_code, answer.json()["acknowledged_by"]) == (200, cast.village_head.name)
    assert head.post(address).json() == answer.json()
    assert head.get(reverse("alarm-list")).json()["results"] == []


def test_who_was_not_called_sees_no_alarm(stories: Stories, cast: Cast) -> None:
    emergency(stories)
    for user in (cast.neighbour, cast.stranger, cast.town_dispatcher, cast.administrator):
        client = client_of(user)
        assert client.get(reverse("alarm-list")).json()["results"] == []
        assert client.post(reverse("alarm-acknowledge", args=[Alarm.objects.get().pk])).status_code == 404
    assert Alarm.objects.get().acknowledged_at is None
