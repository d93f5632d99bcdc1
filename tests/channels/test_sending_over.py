"""Messages over several ways and providers: grouped under one key, each provider at its own pace, none lost."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from bench.receivers import Answer, MailServer, Sink
from cases.reporter import Reporter
from notifications.choices import Channel, NoticeKind, Pace
from notifications.composing import Composed
from notifications.models import ChannelAccount, Circuit, Contact, Delivery, InboxItem, ResidentNotice
from notifications.models.deliveries import RESIDENT
from notifications.services import dispatch_events, retry_deliveries, send_deliveries
from notifications.services.accounts import save_account
from notifications.services.circuits import FAILURES_TO_OPEN, LONGEST_PAUSE
from notifications.services.contacts import add_contact
from notifications.services.push_keys import make_push_key
from notifications.services.sending import LEASE, turns
from notifications.services.sending.claims import claim
from tests.channels.conftest import Browser
from tests.stories import Stories

State = Delivery.State


@pytest.fixture(autouse=True)
def _key(settings: Any) -> None:
    settings.WEB_PUSH_PRIVATE_KEY = make_push_key()


def way(user: Any, channel: str, address: str) -> Contact:
    contact = add_contact(user, channel=channel, address=address, by=user)
    Contact.objects.filter(pk=contact.pk).update(verified_at=timezone.now())
    return contact


def push_to(user: Any, sink: Sink, name: str = "push") -> Contact:
    return way(user, Channel.WEB_PUSH, Browser(f"{sink.url}/{name}").subscription)


def robot_of(user: Any, sink: Sink) -> Contact:
    return way(user, Channel.APPRISE, f"ntfy://127.0.0.1:{sink.port}/duty")


def plan(contact: Contact, *, pace: Pace = Pace.SOON, at: datetime | None = None) -> None:
    """A row over a way for each line of its person's inbox."""
    for item in InboxItem.objects.filter(user=contact.user):
        Delivery.objects.get_or_create(
            item=item, way=f"contact:{contact.pk}",
            defaults={"user": contact.user, "contact": contact, "channel": contact.channel, "pace": pace,
                      "next_attempt_at": at or timezone.now()},
        )  # fmt: skip
    waiting = Delivery.objects.filter(contact=contact, message_key=None)
    waiting.update(next_attempt_at=at or timezone.now(), pace=pace)


def told(stories: Stories, cases: int) -> Any:
    """The village head was told of so many cases; nothing else waits."""
    for _number in range(cases):
        stories.submit()
    dispatch_events()
    Delivery.objects.all().delete()
    return stories.cast.village_head


def states(contact: Contact) -> dict[str, int]:
    rows = Delivery.objects.filter(contact=contact).values_list("state", flat=True)
    return {state: list(rows).count(state) for state in set(rows)}


def test_what_waits_for_one_person_on_one_way_goes_as_one_message(stories: Stories, sink: Sink) -> None:
    head = told(stories, 3)
    robot, push = robot_of(head, sink), push_to(head, sink)
    plan(robot)
    plan(push)
    done = send_deliveries()
    assert (done.sent, done.messages, len(sink.received)) == (6, 2, 2)
    keys = set(Delivery.objects.values_list("way", "message_key"))
    assert len(keys) == 2 and len({key for _way, key in keys}) == 2
    (text,) = [request.json()["message"] for request in sink.received if request.path == "/"]
    assert len(set(re.findall(r"1310-\d{8}-\d{6}", text))) == 3


def test_what_is_a_matter_of_life_goes_alone_and_first(stories: Stories, sink: Sink) -> None:
    head = told(stories, 3)
    robot = robot_of(head, sink)
    plan(robot)
    urgent = Delivery.objects.order_by("-pk")[0]
    Delivery.objects.filter(pk=urgent.pk).update(pace=Pace.NOW)
    assert send_deliveries().messages == 2
    first, second = sorted(Delivery.objects.all(), key=lambda row: (row.sent_at, row.pk))[0], sink.received[0]
    assert first.pk == urgent.pk and len(set(re.findall(r"1310-\d{8}-\d{6}", second.json()["message"]))) == 1


def test_what_was_begun_together_is_repeated_together_under_its_key(stories: Stories, sink: Sink) -> None:
    head = told(stories, 2)
    push, now = push_to(head, sink), timezone.now()
    plan(push, at=now)
    (letter,) = claim(Channel.WEB_PUSH, now, 50)  # whose worker dies
    stories.submit()
    dispatch_events()
    Delivery.objects.filter(channel=Channel.EMAIL).delete()
    plan(push, at=now)
    later = now + LEASE
    done = send_deliveries(at=later)
    topics = [request.headers["Topic"] for request in sink.received]
    assert letter.key.hex in topics and len(set(topics)) == 2
    assert (done.sent, done.messages) == (Delivery.objects.filter(contact=push).count(), 2)
    assert Delivery.objects.filter(message_key=letter.key, state=State.SENT).count() == 2


def test_a_dead_provider_keeps_no_other_waiting_and_loses_nothing(stories: Stories, sink: Sink) -> None:
    head, now = told(stories, 2), timezone.now()
    live = push_to(head, sink)
    for number in range(8):  # robots of one provider, which is away
        plan(way(head, Channel.APPRISE, f"ntfy://127.0.0.1:{sink.port}/duty{number}"), at=now)
    sink.usual = Answer(503)
    sink.script("/push", *[Answer(201)] * 5)
    plan(live, at=now)
    done = send_deliveries(at=now)
    assert states(live) == {State.SENT: 2}
    robots = Delivery.objects.filter(channel=Channel.APPRISE)
    assert done.given_up == 0 and robots.filter(state=State.WAITING).count() == 16
    assert robots.filter(attempts=0).count() == 12, "only the first two messages count as tried"
    circuit = Circuit.objects.get(pk="apprise:ntfy:127.0.0.1")
    assert circuit.open_until is not None and circuit.open_until > now
    asked = [request for request in sink.received if request.path == "/"]
    assert len(asked) <= FAILURES_TO_OPEN


def test_an_outage_of_an_hour_uses_up_no_attempts_and_ends_by_itself(stories: Stories, sink: Sink) -> None:
    head, now = told(stories, 1), timezone.now()
    robot = robot_of(head, sink)
    plan(robot, at=now)
    sink.stop()
    ends = now + timedelta(hours=1)
    while now < ends:
        send_deliveries(at=now)
        now += timedelta(seconds=20)
    row = Delivery.objects.get()
    assert row.state == State.WAITING and row.attempts <= FAILURES_TO_OPEN
    sink.start()
    assert send_deliveries(at=now + LONGEST_PAUSE + timedelta(seconds=2)).sent == 1
    circuit = Circuit.objects.get(pk="apprise:ntfy:127.0.0.1")
    assert (circuit.failures, circuit.open_until) == (0, None)


def test_a_message_that_breaks_its_provider_keeps_the_others_waiting_for_a_pause_only(
    stories: Stories, sink: Sink
) -> None:
    head, worker, now = told(stories, 1), stories.cast.worker, timezone.now()
    poison, sound = push_to(head, sink, "poison"), push_to(worker, sink, "sound")
    plan(poison, at=now - timedelta(minutes=1))
    sink.script("/poison", *[Answer(hangs_up=True)] * 50)
    for _try in range(4):
        send_deliveries(at=now)
        now += timedelta(minutes=6)
    plan(sound, at=now - timedelta(minutes=1))
    for _try in range(3):
        send_deliveries(at=now)
        now += timedelta(minutes=6)
    assert states(sound) == {State.SENT: 1}


def test_a_device_that_is_gone_is_given_up_at_once_and_written_to_no_more(stories: Stories, sink: Sink) -> None:
    head = told(stories, 1)
    push = push_to(head, sink)
    plan(push)
    sink.script("/push", Answer(410))
    assert send_deliveries().given_up == 1
    push.refresh_from_db()
    assert push.dead_at is not None and push.error == "HTTP 410"
    stories.submit()
    dispatch_events()
    Delivery.objects.filter(channel=Channel.EMAIL).delete()
    plan(push)
    assert send_deliveries().given_up == 1 and len(sink.received) == 1


def test_what_was_given_up_is_sent_again_when_somebody_asks(stories: Stories, sink: Sink) -> None:
    head = told(stories, 2)
    push = push_to(head, sink)
    plan(push)
    sink.script("/push", Answer(410))
    send_deliveries()
    before = set(Delivery.objects.values_list("message_key", flat=True))
    assert retry_deliveries(Delivery.objects.all()) == 2
    assert retry_deliveries(Delivery.objects.all()) == 0, "they wait already"
    done = send_deliveries()
    assert (done.sent, done.messages) == (2, 1)
    assert {request.headers["Topic"] for request in sink.received} == {key.hex for key in before if key}


def test_a_provider_that_says_when_is_asked_no_sooner(stories: Stories, sink: Sink) -> None:
    head, now = told(stories, 1), timezone.now()
    push = push_to(head, sink)
    plan(push, at=now)
    sink.script("/push", Answer(429, headers={"Retry-After": "600"}))
    assert send_deliveries(at=now).postponed == 1
    row = Delivery.objects.get()
    assert row.next_attempt_at is not None
    assert timedelta(minutes=10) <= row.next_attempt_at - now <= timedelta(minutes=13)


def test_a_way_that_was_taken_away_meanwhile_is_not_used(stories: Stories, sink: Sink) -> None:
    head = told(stories, 1)
    push = push_to(head, sink)
    plan(push)
    push.delete()
    assert send_deliveries().given_up == 1 and sink.received == []


def gateway_of(stories: Stories, sink: Sink) -> ChannelAccount:
    account = ChannelAccount(city=stories.cast.city, channel=Channel.SMS, provider="webhook", per_minute=60)
    return save_account(account, credentials={"secret": "s3"}, options={"url": f"{sink.url}/sms"})


def test_a_residents_phone_is_read_when_the_message_goes_and_kept_nowhere(
    stories: Stories, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "compose", say)
    gateway_of(stories, sink)
    for reporter in (Reporter("赵大", "+8613812345678"), Reporter()):
        case = stories.submit(reporter=reporter)
        notice = ResidentNotice.objects.create(
            event=case.events.get(), kind=NoticeKind.RECEIPT, created_at=timezone.now()
        )
        Delivery.objects.create(
            notice=notice, way=RESIDENT, channel=Channel.SMS, pace=Pace.SOON, next_attempt_at=timezone.now()
        )
    done = send_deliveries()
    assert (done.sent, done.given_up) == (1, 1)
    assert [request.json()["to"] for request in sink.received] == ["+8613812345678"]
    assert "13812345678" not in repr(list(Delivery.objects.values()))


def say(deliveries: Any) -> Composed:
    return Composed("已受理", "已受理", "已受理", "https://x.org/t/1", Pace.SOON, str(deliveries[0].message_key))


def test_the_rate_of_an_account_is_kept(stories: Stories, sink: Sink) -> None:
    account, head, now = gateway_of(stories, sink), told(stories, 30), timezone.now()
    phone = way(head, Channel.SMS, "13812345678")
    plan(phone, at=now, pace=Pace.SOON)
    Delivery.objects.update(user=head)
    for row in Delivery.objects.all():  # thirty messages, not one
        Delivery.objects.filter(pk=row.pk).update(message_key=f"00000000-0000-0000-0000-{row.pk:012d}")
    counts = []
    for seconds in (0, 1, 5, 10, 30):
        counts.append(send_deliveries(at=now + timedelta(seconds=seconds)).messages)
    assert counts[0] == 10 and sum(counts) == len(sink.received) <= 10 + 30
    assert account.per_minute == 60 and Delivery.objects.filter(attempts__gt=1).count() == 0
    assert json.loads(sink.received[0].body)["to"] == "+8613812345678"


@pytest.mark.django_db(transaction=True)
def test_channels_go_side_by_side_in_threads_of_their_own(
    committed_stories: Stories, sink: Sink, receiver: MailServer
) -> None:
    committed_stories.submit()
    dispatch_events()
    push = push_to(committed_stories.cast.village_head, sink)
    plan(push)
    Delivery.objects.update(next_attempt_at=timezone.now())  # whatever the hour is
    done = send_deliveries(side_by_side=True)
    assert (done.sent, len(receiver.mails), len(sink.received)) == (3, 2, 1)
