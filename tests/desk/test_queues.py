"""Each queue holds what waits for one there and nothing else; all are counted by one bounded statement."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import queues
from cases.actors import Actor
from cases.models import Case
from cases.queues import QUEUES, counts_of, in_queue, queues_of
from tests.stories import Stories

pytestmark = pytest.mark.django_db


def holds(stories: Stories, who: str, name: str) -> set[int]:
    user = getattr(stories.cast, who)
    return set(in_queue(Case.objects.visible_to(user), name, user).values_list("pk", flat=True))


def co_handled(stories: Stories) -> Case:
    case = stories.bring("accepted")
    return stories.do(case, "dispatch", co_handlers=[stories.cast.town_authority])


def ruled_next(stories: Stories) -> Case:
    """Returned as often as may be."""
    case = stories.bring("dispatched")
    case = stories.do(case, "return", stories.actor("sign"))
    return stories.do(stories.do(case, "dispatch"), "return", stories.actor("sign"))


WAITING: dict[str, tuple[str, Any]] = {
    "accept": ("village_head", lambda s: s.submit()),
    "dispatch": ("county_dispatcher", lambda s: s.bring("accepted")),
    "returned": ("county_dispatcher", lambda s: s.do(s.bring("dispatched"), "return", s.actor("sign"))),
    "sign": ("county_officer", lambda s: s.bring("dispatched")),
    "handling": ("county_officer", lambda s: s.bring("handling")),
    "help": ("town_dispatcher", co_handled),
    "check": ("county_dispatcher", lambda s: s.bring("review")),
    "revisit": ("county_dispatcher", lambda s: s.bring("feedback")),
    "extensions": ("county_dispatcher", lambda s: s.do(s.bring("handling"), "request_extension")),
    "suspensions": ("county_dispatcher", lambda s: s.do(s.bring("handling"), "request_suspension")),
    "whistles": ("city_dispatcher", lambda s: s.do(s.bring("handling"), "whistle")),
    "rulings": ("city_dispatcher", ruled_next),
    "orders": ("county_officer", lambda s: s.do(s.bring("handling"), "supervise")),
    "mine": ("county_officer", lambda s: s.bring("handling")),
    "open": ("county_leader", lambda s: s.bring("handling")),
    "all": ("county_leader", lambda s: s.bring("closed")),
    "suspended": ("supervisor", lambda s: s.bring("suspended")),
    "sent-away": ("supervisor", lambda s: s.do(s.bring("dispatched"), "return", s.actor("sign"))),
    "redone": ("supervisor", lambda s: s.do(s.bring("review"), "send_back")),
    "supervised": ("supervisor", lambda s: s.do(s.bring("handling"), "supervise")),
}
"""For a queue: somebody who needs it, and a case that waits there for them."""


@pytest.mark.parametrize("name", WAITING)
def test_a_case_waits_in_the_queue_of_who_has_to_act_and_not_of_a_stranger(stories: Stories, name: str) -> None:
    who, bring = WAITING[name]
    case = bring(stories)
    deciders = {"extensions": "city_dispatcher", "suspensions": "city_dispatcher"}
    who = deciders.get(name, who)
    if name in deciders:
        clock = case.deadlines.get(kind__in=("extension", "suspension"), state="running")
        who = clock.unit.posts.filter(role="dispatcher").earliest("pk").user.username
    assert holds(stories, who, name) == {case.pk}
    assert holds(stories, "stranger", name) == set()
    assert name in {queue.name for queue in queues_of(getattr(stories.cast, who))}


def test_an_answer_to_an_order_waits_for_who_gave_it(stories: Stories) -> None:
    case = stories.prepare(stories.bring("handling"), "check_supervision")
    assert holds(stories, "supervisor", "answers") == {case.pk}
    assert holds(stories, "county_officer", "orders") == set()


def test_what_is_past_its_moment_is_overdue_and_what_falls_due_before_midnight_is_due_today(stories: Stories) -> None:
    from datetime import timedelta

    from django.utils import timezone

    late, today, later = (stories.bring("handling") for _i in range(3))
    now = timezone.localtime()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    for case, moment in (
        (late, now - timedelta(minutes=1)),
        (today, midnight - timedelta(microseconds=1)),
        (later, midnight),
    ):
        Case.objects.filter(pk=case.pk).update(due_at=moment)
    assert holds(stories, "county_officer", "overdue") == {late.pk}
    assert holds(stories, "county_officer", "today") == {today.pk}


def test_all_queues_are_counted_by_one_statement_that_counts_no_further_than_it_must(
    stories: Stories, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _i in range(3):
        stories.submit()
    user = stories.cast.village_head
    counts_of(user)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        counts = counts_of(user)
    assert len(asked) <= 2  # posts of the day, and the counts
    assert counts["accept"] == 3 and set(counts) == {q.name for q in queues_of(user) if q.counted}
    monkeypatch.setattr(queues, "MOST", 2)
    assert counts_of(user)["accept"] == 2


def test_who_has_no_post_has_no_counts_to_wait_for(stories: Stories) -> None:
    from grids.models import User

    idle = User.objects.create_user(username="idle", password="idle", name="无岗", email="idle@example.org")
    assert set(counts_of(idle).values()) == {0}


def test_everybody_is_offered_only_what_their_posts_need(stories: Stories) -> None:
    offered = {
        who: {q.name for q in queues_of(getattr(stories.cast, who))}
        for who in ("worker", "county_officer", "administrator")
    }
    assert "accept" not in offered["worker"] and "sign" in offered["worker"]
    assert "check" not in offered["county_officer"] and "orders" in offered["county_officer"]
    assert offered["administrator"] == {queue.name for queue in QUEUES}  # sees everything


def test_the_list_of_the_api_and_saved_lists_take_a_queue_by_its_name(stories: Stories) -> None:
    from cases.errors import BadInput
    from cases.lists import cases_of

    case = stories.bring("review")
    user = stories.cast.county_dispatcher
    stories.submit()
    assert [row.pk for row in cases_of(user, {"queue": "check"})] == [case.pk]
    assert [row.pk for row in cases_of(user, {"queue": "check", "unit": str(case.lead_unit_id)})] == [case.pk]
    assert list(cases_of(user, {"queue": "check", "unit": str(stories.cast.water.pk)})) == []
    with pytest.raises(BadInput) as refused:
        cases_of(user, {"queue": "nonsense"})
    assert "queue" in refused.value.fields


def test_a_dispatcher_who_is_away_sees_no_queue_of_another_unit(stories: Stories) -> None:
    case = stories.do(stories.submit(), "accept", Actor.person(stories.cast.town_dispatcher))
    assert holds(stories, "town_dispatcher", "dispatch") == {case.pk}
    assert holds(stories, "county_dispatcher", "dispatch") == set()
