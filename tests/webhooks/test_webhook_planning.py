"""Which event goes to which address: of its territory, of its kinds, once, and at no cost where there is none."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.actors import Actor
from cases.models import CaseEvent
from cases.services.voice import reveal_reporter
from notifications.models import WebhookDelivery
from notifications.services import dispatch_events
from notifications.services.webhooks import forget_old_webhooks, pause_endpoint, plan_webhooks, resume_endpoint
from tests.stories import Stories
from tests.webhooks.conftest import Made, plan

pytestmark = pytest.mark.django_db


def planned() -> list[tuple[str, str]]:
    rows = WebhookDelivery.objects.order_by("endpoint_id", "event_id")
    return list(rows.values_list("endpoint__label", "event__kind"))


def test_events_go_to_the_addresses_of_their_territory_and_of_their_kinds(stories: Stories, endpoint: Made) -> None:
    endpoint(label="all")
    endpoint(label="some", kinds=["accepted"], grid=stories.cast.city)
    endpoint(label="other", grid=stories.cast.other_county)
    assert plan(stories.bring("dispatched")) == 4
    assert planned() == [("all", "submitted"), ("all", "accepted"), ("all", "dispatched"), ("some", "accepted")]
    assert plan(stories.submit(grid_id=stories.cast.other_county.pk)) == 1
    assert planned()[-1] == ("other", "submitted")


def test_planning_again_plans_nothing_more(stories: Stories, endpoint: Made) -> None:
    endpoint()
    case = stories.submit()
    assert (plan(case), plan(case)) == (1, 0)


def test_looks_at_reporters_and_verdicts_between_units_go_nowhere(stories: Stories, endpoint: Made) -> None:
    endpoint()
    case = stories.bring("handling")
    reveal_reporter(case, Actor.person(stories.cast.county_dispatcher), reason="回访")
    plan(case)
    assert case.events.filter(kind="revealed").exists()
    assert "revealed" not in {kind for _label, kind in planned()}


def test_without_an_address_planning_asks_nothing_and_with_one_a_single_statement(
    stories: Stories, endpoint: Made, settings: Any
) -> None:
    events = [event for case in (stories.submit(), stories.bring("handling")) for event in case.events.all()]
    assert plan_webhooks(events, timezone.now()) == 0
    settings.SNAPSHOT_CHECK_SECONDS = 3600
    with CaptureQueriesContext(connection) as none:
        plan_webhooks(events, timezone.now())
    settings.SNAPSHOT_CHECK_SECONDS = 0
    endpoint()
    plan_webhooks(events[:1], timezone.now())
    settings.SNAPSHOT_CHECK_SECONDS = 3600
    with CaptureQueriesContext(connection) as one:
        assert plan_webhooks(events, timezone.now()) == len(events) - 1
    assert (len(none), len(one)) == (0, 1)


def test_what_happens_while_an_address_is_paused_is_kept_for_it(stories: Stories, endpoint: Made) -> None:
    made, _secret = endpoint()
    plan(stories.submit())
    pause_endpoint(made)
    plan(stories.submit())
    now = timezone.now()
    assert not WebhookDelivery.objects.filter(next_attempt_at__lt=now + timedelta(days=29)).exists()
    assert resume_endpoint(made, at=now) == 2
    assert WebhookDelivery.objects.filter(next_attempt_at=now).count() == 2


def test_the_log_ends_after_its_days_but_for_what_still_waits(stories: Stories, endpoint: Made, settings: Any) -> None:
    endpoint()
    case = stories.bring("dispatched")
    plan(case)
    sent = WebhookDelivery.objects.filter(event__kind__in=["submitted", "accepted"])
    sent.update(state="sent", next_attempt_at=None)
    assert forget_old_webhooks() == 0
    assert CaseEvent.objects.filter(case=case).count() == 3
    later = timezone.now() + timedelta(days=settings.WEBHOOK_LOG_DAYS + 1)
    WebhookDelivery.objects.filter(event__kind="dispatched").update(next_attempt_at=later + timedelta(days=1))
    assert forget_old_webhooks(at=later, batch=2) == 2
    assert [kind for _label, kind in planned()] == ["dispatched"]


def test_telling_people_plans_the_posts_with_it(stories: Stories, endpoint: Made) -> None:
    endpoint()
    stories.bring("accepted")
    dispatch_events()
    assert [kind for _label, kind in planned()] == ["submitted", "accepted"]
