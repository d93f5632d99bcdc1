"""Every event is told exactly once, however many dispatch, and one that fails does not stop the others."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.choices import Status
from cases.models import Case, CaseEvent, PendingEvent
from notifications.models import Delivery, InboxItem
from notifications.services import dispatch_events
from notifications.services.dispatching import SET_ASIDE_FOR
from tests.notifications.receiving import Told
from tests.stories import Stories


@pytest.mark.django_db(transaction=True)
def test_two_dispatchers_at_once_tell_everybody_once(committed_stories: Stories) -> None:
    for _number in range(12):
        committed_stories.bring(Status.DISPATCHED)
    together = Barrier(4)

    def work(_worker: int) -> int:
        try:
            together.wait()
            return dispatch_events(3).events
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(work, range(4)))
    assert sum(done) == 36
    assert not PendingEvent.objects.exists()
    lines = Counter(InboxItem.objects.values_list("event__kind", "user__username"))
    assert lines == {
        ("submitted", "village_head"): 12,
        ("submitted", "worker"): 12,
        ("accepted", "village_head"): 12,
        ("dispatched", "county_officer"): 12,
    }
    assert Delivery.objects.count() == 48


@pytest.mark.django_db(transaction=True)
def test_an_event_that_another_dispatcher_holds_is_passed_by(committed_stories: Stories) -> None:
    first, second = committed_stories.submit(), committed_stories.submit()
    held = first.events.get().pk

    def elsewhere() -> int:
        try:
            return dispatch_events().events
        finally:
            connection.close()

    with transaction.atomic(), ThreadPoolExecutor(1) as pool:
        PendingEvent.objects.select_for_update().get(pk=held)
        assert pool.submit(elsewhere).result() == 1
    assert set(InboxItem.objects.values_list("event__case", flat=True)) == {second.pk}
    assert dispatch_events().events == 1


def test_telling_again_changes_nothing(stories: Stories) -> None:
    event = stories.submit().events.get()
    dispatch_events()
    before = list(InboxItem.objects.order_by("pk").values()), list(Delivery.objects.order_by("pk").values())
    PendingEvent.objects.create(event=event)
    assert dispatch_events().told == 0
    assert before == (list(InboxItem.objects.order_by("pk").values()), list(Delivery.objects.order_by("pk").values()))


def test_a_change_that_is_rolled_back_tells_nobody(stories: Stories) -> None:
    class Trouble(Exception):
        pass

    with pytest.raises(Trouble), transaction.atomic():
        stories.submit()
        raise Trouble
    assert dispatch_events().events == 0
    assert not InboxItem.objects.exists()


def test_pages_go_on_until_nothing_is_left(stories: Stories) -> None:
    for _number in range(5):
        stories.submit()
    assert dispatch_events(2).events == 5
    assert not PendingEvent.objects.exists()


def poison(case: Case) -> CaseEvent:
    """An event of a kind that this version does not know."""
    return CaseEvent.objects.create(
        case=case, seq=1000, kind="teleported", actor_kind="clock", at=timezone.now(), hash="-"
    )


def test_a_poisoned_event_is_set_aside_with_its_error_and_the_rest_is_told(stories: Stories, told: Told) -> None:
    poisoned = poison(stories.submit())
    later = stories.submit()
    done = dispatch_events()
    assert (done.events, done.set_aside) == (2, 1)
    left = PendingEvent.objects.get()
    assert (left.pk, left.error) == (poisoned.pk, "KeyError: 'teleported'")
    assert left.next_attempt_at is not None
    assert told(later, "submitted") == {"village_head": "duty", "worker": "duty"}


def test_what_was_set_aside_is_tried_again_later(stories: Stories) -> None:
    poison(stories.submit())
    now = timezone.now()
    assert dispatch_events(at=now).set_aside == 1
    assert dispatch_events(at=now).set_aside == 0
    assert dispatch_events(at=now + SET_ASIDE_FOR).set_aside == 1


def test_who_has_no_address_gets_no_mail(stories: Stories) -> None:
    stories.cast.worker.email = ""
    stories.cast.worker.save()
    stories.submit()
    dispatch_events()
    assert list(Delivery.objects.values_list("user__email", flat=True)) == ["village_head@example.org"]


def test_the_number_of_queries_does_not_grow_with_the_events(stories: Stories, settings: Any) -> None:
    stories.submit()
    dispatch_events()
    settings.SNAPSHOT_CHECK_SECONDS = 600.0

    def queries(cases: int) -> int:
        for _number in range(cases):
            stories.bring(Status.DISPATCHED)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            dispatch_events()
        return len(captured)

    assert queries(1) == queries(8) <= 17
