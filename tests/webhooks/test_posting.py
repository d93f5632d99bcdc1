"""Posting: signed, repeated under the same id until it is taken, and stopped where nobody takes it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from standardwebhooks.webhooks import WebhookVerificationError

from notifications.models import WebhookDelivery, WebhookEndpoint
from notifications.services.webhooks import (
    change_secret,
    pause_endpoint,
    resume_endpoint,
    send_again,
    send_test,
    send_webhooks,
)
from notifications.services.webhooks import sending as sending_module
from notifications.services.webhooks.sending import BACKOFF, FAILURES_IN_A_ROW, MOST_ATTEMPTS
from tests.stories import Stories
from tests.webhooks.conftest import Made, plan
from tests.webhooks.sink import Sink

pytestmark = pytest.mark.django_db


def test_an_event_is_posted_signed_and_marked_after_it_was_taken(
    stories: Stories, endpoint: Made, sink: Sink, settings: Any
) -> None:
    _made, secret = endpoint()
    case = stories.submit()
    plan(case)
    assert send_webhooks().sent == 1
    (got,) = sink.got
    said = got.verified_by(secret)
    assert (said["type"], said["data"]["number"]) == ("case.submitted", case.number)
    assert said["data"]["link"] == f"{settings.SITE_URL}/cases/{case.number}"
    row = WebhookDelivery.objects.get()
    assert (row.state, row.answer_status, row.attempts, row.next_attempt_at) == ("sent", 204, 1, None)
    assert got.headers["webhook-id"] == f"evt_{row.event_id}" and row.answer_ms is not None
    assert send_webhooks().sent == 0


def test_what_is_posted_names_nobody_and_holds_nothing_that_was_written(
    stories: Stories, endpoint: Made, sink: Sink
) -> None:
    endpoint()
    words = {"title": "题目甲", "text": "正文乙", "address": "地址丙"}
    case = stories.bring("feedback", **words)
    plan(case)
    send_webhooks()
    posted = b"".join(got.body for got in sink.got).decode()
    for hidden in (*words.values(), "何大年", "13812345678", case.lookup_code, case.reply, "周城管"):
        assert hidden and hidden not in posted
    assert len(sink.got) == case.events.count()


def test_a_failure_is_tried_again_later_and_later_under_the_same_id(
    stories: Stories, endpoint: Made, sink: Sink
) -> None:
    _made, secret = endpoint()
    plan(stories.submit())
    now = timezone.now()
    for attempt in (1, 2, 3):
        sink.answers = [503]
        assert send_webhooks(at=now).postponed == 1
        row = WebhookDelivery.objects.get()
        assert (row.state, row.attempts, row.error) == ("waiting", attempt, "HTTP 503")
        assert row.next_attempt_at is not None
        wait = row.next_attempt_at - now
        assert BACKOFF[attempt - 1] * 0.79 < wait < max(BACKOFF[attempt - 1] * 1.21, timedelta(seconds=61))
        now = row.next_attempt_at
    assert send_webhooks(at=now).sent == 1
    assert len({got.headers["webhook-id"] for got in sink.got}) == 1
    assert len(sink.got) == 4
    for got in sink.got:
        got.verified_by(secret)


def test_a_receiver_may_ask_for_a_longer_wait(stories: Stories, endpoint: Made, sink: Sink) -> None:
    endpoint()
    plan(stories.submit())
    sink.answers, sink.headers = [429], {"Retry-After": "3600"}
    now = timezone.now()
    send_webhooks(at=now)
    assert WebhookDelivery.objects.get().next_attempt_at == now + timedelta(hours=1)


def test_after_the_last_attempt_it_is_given_up_and_can_be_sent_again_by_hand(
    stories: Stories, endpoint: Made, sink: Sink
) -> None:
    endpoint()
    plan(stories.submit())
    WebhookDelivery.objects.update(attempts=MOST_ATTEMPTS - 1)
    sink.answers = [500]
    assert send_webhooks().given_up == 1
    row = WebhookDelivery.objects.get()
    assert (row.state, row.next_attempt_at, row.error) == ("failed", None, "HTTP 500")
    assert send_again([row]) == 1 and send_again([row]) == 0
    assert send_webhooks().sent == 1
    assert {got.headers["webhook-id"] for got in sink.got} == {f"evt_{row.event_id}"}


def test_a_row_that_no_worker_came_back_from_is_given_up_in_the_end(
    stories: Stories, endpoint: Made, sink: Sink
) -> None:
    endpoint()
    plan(stories.submit())
    WebhookDelivery.objects.update(attempts=MOST_ATTEMPTS)
    assert send_webhooks().given_up == 1
    assert sink.got == []


def test_while_a_secret_is_changed_both_sign_and_then_the_new_one_alone(
    stories: Stories, endpoint: Made, sink: Sink
) -> None:
    made, old = endpoint()
    new = change_secret(made)
    plan(stories.submit())
    send_webhooks()
    for secret in (old, new):
        sink.got[-1].verified_by(secret)
    WebhookEndpoint.objects.update(old_secret_until=timezone.now() - timedelta(seconds=1))
    plan(stories.submit())
    send_webhooks()
    sink.got[-1].verified_by(new)
    with pytest.raises(WebhookVerificationError):
        sink.got[-1].verified_by(old)


def test_an_address_that_fails_keeps_no_other_and_is_left_alone_for_a_while(
    stories: Stories, endpoint: Made, sink: Sink
) -> None:
    well = Sink()
    try:
        endpoint(label="well", url=well.url)
        bad, _secret = endpoint(label="bad")
        sink.answers = [500] * 9
        for _number in range(3):
            plan(stories.bring("accepted"))
        now = timezone.now()
        done = send_webhooks(at=now)
        assert (done.sent, len(well.got), len(sink.got)) == (6, 6, FAILURES_IN_A_ROW)
    finally:
        well.stop()
    bad.refresh_from_db()
    assert bad.failing_since == now
    rows = WebhookDelivery.objects.filter(endpoint=bad)
    assert not rows.filter(next_attempt_at__lte=now).exists()
    assert rows.filter(attempts=0).count() == 6 - FAILURES_IN_A_ROW
    sink.answers = []
    assert send_webhooks(at=now + timedelta(minutes=2)).sent == 6
    bad.refresh_from_db()
    assert bad.failing_since is None


def test_an_address_that_takes_nothing_for_days_is_paused_and_what_waits_is_kept(
    stories: Stories, endpoint: Made, sink: Sink, settings: Any
) -> None:
    made, _secret = endpoint()
    plan(stories.bring("handling"))
    now = timezone.now()
    WebhookEndpoint.objects.update(failing_since=now - timedelta(days=settings.WEBHOOK_PAUSE_DAYS))
    sink.answers = [500] * 9
    assert send_webhooks(at=now).paused == 1
    made.refresh_from_db()
    assert (made.active, made.paused_at) == (False, now)
    assert send_webhooks(at=now + timedelta(days=1)).sent == 0
    sink.answers = []
    resume_endpoint(made)
    made.refresh_from_db()
    assert (made.active, made.paused_at, made.failing_since) == (True, None, None)
    assert send_webhooks().sent == 4


def test_who_says_that_it_is_gone_is_paused_at_once(stories: Stories, endpoint: Made, sink: Sink) -> None:
    made, _secret = endpoint()
    plan(stories.submit())
    sink.answers = [410]
    assert send_webhooks().paused == 1
    made.refresh_from_db()
    assert not made.active


def test_what_a_paused_address_missed_for_too_long_is_given_up(
    stories: Stories, endpoint: Made, sink: Sink, settings: Any
) -> None:
    made, _secret = endpoint()
    plan(stories.submit())
    pause_endpoint(made)
    later = timezone.now() + timedelta(days=settings.WEBHOOK_LOG_DAYS, seconds=1)
    assert send_webhooks(at=later).given_up == 1
    assert sink.got == []


@pytest.mark.parametrize("answer", [301, 302, 307, 308])
def test_no_redirect_is_followed(stories: Stories, endpoint: Made, sink: Sink, answer: int) -> None:
    endpoint()
    plan(stories.submit())
    sink.answers, sink.headers = [answer], {"Location": sink.url}
    assert send_webhooks().postponed == 1
    assert len(sink.got) == 1
    assert WebhookDelivery.objects.get().error == f"HTTP {answer}: a redirect"


def test_a_receiver_that_hangs_up_or_never_ends_its_answer_harms_nobody(
    stories: Stories, endpoint: Made, sink: Sink
) -> None:
    endpoint()
    plan(stories.bring("accepted"))
    sink.answers = [-1, 0]
    done = send_webhooks()
    assert (done.sent, done.postponed) == (1, 1)


def test_two_runs_do_not_post_to_the_same_address_at_once(stories: Stories, endpoint: Made, sink: Sink) -> None:
    endpoint()
    plan(stories.submit())
    (mine,) = sending_module._addresses(timezone.now())
    assert send_webhooks().sent == 0
    sending_module.cache.delete(sending_module._key(mine))
    assert send_webhooks().sent == 1


def test_a_test_is_posted_at_once_and_stands_in_no_log(endpoint: Made, sink: Sink) -> None:
    made, secret = endpoint()
    assert send_test(made).taken
    said = sink.got[0].verified_by(secret)
    assert said["type"] == "govgrid.test"
    sink.answers = [404]
    assert send_test(made).error == "HTTP 404"
    assert not WebhookDelivery.objects.exists()
    assert json.loads(sink.got[0].body)["timestamp"]
