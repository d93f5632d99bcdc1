"""A mail goes out once, in the reader's language, and is marked as sent only after it was; trouble with one
mailbox is nobody else's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Max
from django.utils import timezone

from cases.choices import Status
from grids.models import Post, User
from notifications.channels.mail import message_id
from notifications.choices import Pace
from notifications.models import Delivery
from notifications.services import dispatch_events, send_deliveries
from notifications.services.sending import LEASE, MOST_ATTEMPTS
from notifications.services.sending.claims import claim
from tests.notifications.receiving import Receiver
from tests.stories import Stories

State = Delivery.State
MINUTES = timedelta(minutes=2)
"""Longer than the first wait with its jitter."""


@pytest.fixture
def waiting(stories: Stories) -> Stories:
    """Two mails wait: to the village head and to the worker of the cell."""
    stories.submit()
    dispatch_events()
    assert Delivery.objects.filter(state=State.WAITING).count() == 2
    return stories


def states() -> dict[str, str]:
    return dict(Delivery.objects.values_list("item__user__username", "state"))


def test_a_mail_says_what_happened_until_when_and_where_to_look(
    waiting: Stories, receiver: Receiver, settings: Any
) -> None:
    waiting.cast.village_head.locale = "en"
    waiting.cast.village_head.save()
    assert send_deliveries().sent == 2
    (mail,) = receiver.to(waiting.cast.village_head)
    delivery = Delivery.objects.select_related("item__event__case").get(item__user=waiting.cast.village_head)
    case = delivery.item.event.case
    place = "北关村村民委员会 / 北关村第一网格"
    assert mail["Subject"].strip() == f"{case.number} · A new case in {place}"
    lines = mail.get_content().splitlines()
    assert lines[1] == "路灯不亮"
    assert lines[2] == f"Until {case.due_at.astimezone(timezone.get_default_timezone()):%Y-%m-%d %H:%M}"
    assert lines[3] == f"{settings.SITE_URL}/cases/{case.number}"
    assert mail["Message-ID"] == message_id(str(delivery.message_key)) == delivery.provider_id
    assert (delivery.state, delivery.attempts, delivery.next_attempt_at) == (State.SENT, 1, None)


def test_what_was_sent_is_not_sent_again(waiting: Stories, receiver: Receiver) -> None:
    send_deliveries()
    assert send_deliveries().sent == 0
    assert len(receiver.mails) == 2


@pytest.mark.django_db(transaction=True)
def test_several_senders_at_once_send_each_mail_once(committed_stories: Stories, receiver: Receiver) -> None:
    for _number in range(15):
        committed_stories.submit()
    dispatch_events()
    Delivery.objects.update(pace=Pace.NOW)  # each a message of its own

    def work(_worker: int) -> int:
        try:
            return send_deliveries(batch=4).sent
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(work, range(3))) == 30
    assert len({mail["Message-ID"] for mail in receiver.mails}) == len(receiver.mails) == 30


def test_a_mailbox_that_does_not_exist_does_not_keep_the_others(waiting: Stories, receiver: Receiver) -> None:
    receiver.refused.add("village_head@example.org")
    done = send_deliveries()
    assert (done.sent, done.given_up) == (1, 1)
    assert states() == {"village_head": State.FAILED, "worker": State.SENT}
    failed = Delivery.objects.get(state=State.FAILED)
    assert "no such mailbox" in failed.error and "village_head@" not in failed.error


def test_a_mailbox_that_is_full_is_tried_again(waiting: Stories, receiver: Receiver) -> None:
    receiver.answers["village_head@example.org"] = "452 4.2.2 mailbox full"
    done = send_deliveries()
    assert (done.sent, done.postponed) == (1, 1)
    assert states() == {"village_head": State.WAITING, "worker": State.SENT}


def test_an_address_that_is_none_does_not_keep_the_others(waiting: Stories, receiver: Receiver) -> None:
    User.objects.filter(pk=waiting.cast.village_head.pk).update(email="张主任 <@\n>")
    done = send_deliveries()
    assert (done.sent, done.given_up) == (1, 1)


def test_a_broken_server_that_recovers_sends_everything_once(waiting: Stories, receiver: Receiver) -> None:
    receiver.stop()
    now = timezone.now()
    assert send_deliveries(at=now).postponed == 2
    assert set(states().values()) == {State.WAITING}
    receiver.start()
    assert send_deliveries(at=now).sent == 0, "not before a minute has passed"
    assert send_deliveries(at=now + MINUTES).sent == 2
    assert len(receiver.mails) == 2
    assert send_deliveries(at=now + timedelta(days=1)).sent == 0


def test_a_server_that_fails_after_the_greeting_is_no_different(waiting: Stories, receiver: Receiver) -> None:
    receiver.failing = True
    now = timezone.now()
    assert send_deliveries(at=now).postponed == 2
    receiver.failing = False
    assert send_deliveries(at=now + MINUTES).sent == 2
    assert len(receiver.mails) == 2


def test_waits_grow_and_after_the_last_attempt_it_is_given_up(waiting: Stories, receiver: Receiver) -> None:
    receiver.failing = True
    now, waits = timezone.now(), []
    while Delivery.objects.filter(state=State.WAITING).exists():
        send_deliveries(at=now)
        ahead = Delivery.objects.filter(state=State.WAITING).aggregate(last=Max("next_attempt_at"))["last"]
        if ahead:
            waits.append((ahead - now) / timedelta(minutes=1))
            now = ahead
    assert len(waits) == MOST_ATTEMPTS - 1
    for wait, least in zip(waits, (1, 5, 25, 125, 480), strict=True):
        assert least <= wait <= least * 1.25
    assert set(Delivery.objects.values_list("state", "attempts")) == {(State.FAILED, MOST_ATTEMPTS)}
    assert not receiver.mails


def claim_and_die(now: datetime) -> None:
    """A worker that takes its share and never comes back."""
    claim("email", now, 50)


def test_what_a_dead_worker_had_taken_is_sent_after_its_lease(waiting: Stories, receiver: Receiver) -> None:
    now = timezone.now()
    claim_and_die(now)
    assert send_deliveries(at=now).sent == 0
    assert send_deliveries(at=now + LEASE).sent == 2


def test_what_kills_every_worker_is_given_up(waiting: Stories, receiver: Receiver) -> None:
    now = timezone.now()
    for _worker in range(MOST_ATTEMPTS):
        claim_and_die(now)
        now += LEASE
    assert send_deliveries(at=now).given_up == 2
    assert not receiver.mails


def test_who_may_no_longer_see_the_case_gets_no_mail(waiting: Stories, receiver: Receiver) -> None:
    Post.objects.filter(user=waiting.cast.worker).delete()
    done = send_deliveries()
    assert (done.sent, done.given_up) == (1, 1)
    assert states() == {"village_head": State.SENT, "worker": State.FAILED}


def test_a_case_in_secrecy_is_mailed_by_its_number_alone(stories: Stories, receiver: Receiver) -> None:
    stories.bring(Status.DISPATCHED, secret=True)
    dispatch_events()
    send_deliveries()
    assert receiver.mails
    assert not any("路灯不亮" in mail.get_content() for mail in receiver.mails)
