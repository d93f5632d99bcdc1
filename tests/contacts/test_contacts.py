"""A way that leads to a person is used once it is proven to be theirs; nobody writes to strangers through us."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.utils import timezone

from bench.receivers import Answer, MailServer, Sink
from cases.errors import BadInput, IllegalMove, NotPermitted
from notifications.choices import Channel, Pace
from notifications.models import ChannelAccount, Circuit, Contact
from notifications.sealing import unseal_text
from notifications.services.accounts import save_account
from notifications.services.contacts import (
    CODE_HOLDS,
    MOST_CODES,
    MOST_CONTACTS,
    MOST_TRIES,
    SECONDS_BETWEEN_CODES,
    add_contact,
    change_contact,
    remove_contact,
    send_code,
    set_least,
    verify_contact,
)
from tests.cast import Cast
from tests.channels.conftest import Browser

pytestmark = pytest.mark.django_db
CODE = re.compile(r"\b(\d{6})\b")
MINUTE = timedelta(seconds=SECONDS_BETWEEN_CODES)


def mail_way(cast: Cast, address: str = "Wang@example.org") -> Contact:
    return add_contact(cast.worker, channel=Channel.EMAIL, address=address, by=cast.worker)


def code_in(receiver: MailServer) -> str:
    found = CODE.search(receiver.mails[-1].get_content())
    assert found
    return found[1]


def test_a_way_is_proven_by_the_code_that_came(cast: Cast, receiver: MailServer) -> None:
    contact = send_code(mail_way(cast))
    assert contact.verified_at is None and receiver.mails[0]["To"] == "Wang@example.org"
    code = code_in(receiver)
    assert code not in contact.code_hash
    assert verify_contact(contact, f" {code} ").verified_at is not None
    with pytest.raises(IllegalMove):
        verify_contact(contact, code)
    with pytest.raises(IllegalMove):
        send_code(contact)


def test_the_address_is_sealed_and_shown_masked(cast: Cast) -> None:
    contact = mail_way(cast)
    assert b"example" not in bytes(contact.address_sealed)
    assert unseal_text(contact.address_sealed) == "Wang@example.org"
    assert contact.masked == "W***@example.org"


def test_the_same_address_is_the_same_way(cast: Cast) -> None:
    first, second = mail_way(cast), mail_way(cast, "wang@example.org")
    assert first.pk == second.pk and Contact.objects.count() == 1


def test_a_code_ends_after_its_time_and_after_some_tries(cast: Cast, receiver: MailServer) -> None:
    now = timezone.now()
    contact = send_code(mail_way(cast), at=now)
    code = code_in(receiver)
    with pytest.raises(IllegalMove):
        verify_contact(contact, code, at=now + CODE_HOLDS)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for tries_left in range(MOST_TRIES - 1, -1, -1):
        with pytest.raises(BadInput, match=f"code: .*: {tries_left}"):
            verify_contact(contact, wrong, at=now)
    with pytest.raises(IllegalMove):
        verify_contact(contact, code, at=now)
    send_code(contact, at=now + MINUTE)
    assert verify_contact(contact, code_in(receiver), at=now + MINUTE).verified_at


def test_a_code_proves_its_own_way_only(cast: Cast, receiver: MailServer) -> None:
    first, second = mail_way(cast, "a@example.org"), mail_way(cast, "b@example.org")
    send_code(first)
    code = code_in(receiver)
    send_code(second)
    if code_in(receiver) != code:
        with pytest.raises(BadInput):
            verify_contact(second, code)
    assert verify_contact(first, code).verified_at


def test_codes_cannot_be_asked_for_without_end(cast: Cast, receiver: MailServer) -> None:
    now = timezone.now().replace(minute=0, second=0)
    contact = send_code(mail_way(cast), at=now)
    with pytest.raises(IllegalMove, match="minute"):
        send_code(contact, at=now + MINUTE / 2)
    asked = 1
    with pytest.raises(IllegalMove, match="hour"):
        for number in range(1, MOST_CODES + 2):
            send_code(contact, at=now + number * MINUTE)
            asked += 1
    assert asked == len(receiver.mails) == MOST_CODES


def test_where_the_code_cannot_be_sent_one_hears_why(cast: Cast, receiver: MailServer) -> None:
    receiver.refused.add("Wang@example.org")
    with pytest.raises(BadInput, match="no such mailbox") as caught:
        send_code(mail_way(cast))
    assert "Wang@" not in str(caught.value)
    receiver.stop()
    with pytest.raises(BadInput, match="just now"):
        send_code(mail_way(cast, "other@example.org"))
    Circuit.objects.create(key="email", failures=3, open_until=timezone.now() + timedelta(minutes=1))
    receiver.start()
    with pytest.raises(BadInput, match="just now"):
        send_code(mail_way(cast, "third@example.org"))
    assert receiver.mails == []


WRONG = {
    Channel.EMAIL: ("nobody", "a@b", "a@example.org\nBcc: b@example.org", ""),
    Channel.SMS: ("12", "+86 1381234", "abc"),
    Channel.WEB_PUSH: (
        "{}", "[]", "x", '{"endpoint": "https://fcm.googleapis.com/x", "keys": {"p256dh": "a", "auth": "b"}}',
        '{"endpoint": 3}',
    ),
    Channel.APPRISE: (
        "json://example.org", "dingtalk://", "ntfy://127.0.0.1/x", "ntfys://10.0.0.1/x", "ntfys://localhost/x",
        "bark://[::1]/key12345", "x" * 3000,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("channel", "address"), [(channel, one) for channel, some in WRONG.items() for one in some])
def test_what_is_no_address_is_refused_by_its_field(cast: Cast, channel: str, address: str) -> None:
    with pytest.raises(BadInput) as caught:
        add_contact(cast.worker, channel=channel, address=address, by=cast.worker)
    assert set(caught.value.fields) == {"address"} and not Contact.objects.exists()


def test_a_push_service_in_a_private_network_is_refused(cast: Cast) -> None:
    for endpoint in ("https://127.0.0.1/x", "http://push.example.org/x", "https://169.254.169.254/x"):
        with pytest.raises(BadInput):
            subscription = Browser(endpoint).subscription
            add_contact(cast.worker, channel=Channel.WEB_PUSH, address=subscription, by=cast.worker)


def test_a_browsers_subscription_proves_itself_and_brings_a_dead_one_back(cast: Cast) -> None:
    browser = Browser("https://fcm.googleapis.com/fcm/send/1")
    contact = add_contact(cast.worker, channel=Channel.WEB_PUSH, address=browser.subscription, by=cast.worker)
    assert contact.verified_at and contact.masked.startswith("fcm.googleapis.com …")
    Contact.objects.update(dead_at=timezone.now(), error="HTTP 410")
    renewed = Browser("https://fcm.googleapis.com/fcm/send/1").subscription
    again = add_contact(cast.worker, channel=Channel.WEB_PUSH, address=renewed, by=cast.worker)
    assert (again.pk, again.dead_at, again.error) == (contact.pk, None, "")
    assert json.loads(unseal_text(again.address_sealed)) == json.loads(renewed)


def test_nobody_adds_ways_for_another_or_too_many(cast: Cast) -> None:
    with pytest.raises(NotPermitted):
        add_contact(cast.worker, channel=Channel.EMAIL, address="a@example.org", by=cast.administrator)
    for number in range(MOST_CONTACTS):
        mail_way(cast, f"{number}@example.org")
    with pytest.raises(BadInput, match=str(MOST_CONTACTS)):
        mail_way(cast, "more@example.org")
    mail_way(cast, "0@example.org")  # which is there


def test_a_phone_is_proven_over_the_account_of_the_city(cast: Cast, sink: Sink) -> None:
    phone = add_contact(cast.worker, channel=Channel.SMS, address="138 1234 5678", by=cast.worker)
    with pytest.raises(BadInput, match="no account"):
        send_code(phone)
    account = ChannelAccount(city=cast.city, channel=Channel.SMS, provider="webhook")
    save_account(account, credentials={"secret": "s"}, options={"url": f"{sink.url}/sms"})
    send_code(phone, at=timezone.now() + MINUTE)
    said = sink.received[0].json()
    assert said["to"] == "+8613812345678" and CODE.fullmatch(said["code"])
    assert verify_contact(phone, said["code"]).verified_at


def test_a_robot_is_proven_too(cast: Cast, sink: Sink) -> None:
    robot = add_contact(cast.worker, channel=Channel.APPRISE, address=f"ntfy://127.0.0.1:{sink.port}/d", by=cast.worker)
    sink.script("/", Answer(500))
    with pytest.raises(BadInput):
        send_code(robot)
    send_code(robot, at=timezone.now() + MINUTE)
    found = CODE.search(sink.received[-1].json()["message"])
    assert found and verify_contact(robot, found[1]).verified_at


def test_urgency_and_name_are_changed(cast: Cast) -> None:
    contact = set_least(mail_way(cast), Pace.NOW)
    assert change_contact(contact, label="夜里").least == Pace.NOW
    for wrong in ({"least": "never"}, {"label": "x" * 61}):
        with pytest.raises(BadInput) as caught:
            change_contact(contact, **wrong)
        assert set(caught.value.fields) == set(wrong)
    remove_contact(contact)
    assert not Contact.objects.exists()


def test_a_rotation_of_keys_covers_addresses_and_credentials(cast: Cast, settings: Any) -> None:
    contact = mail_way(cast)
    account = ChannelAccount(city=cast.city, channel=Channel.SMS, provider="webhook")
    save_account(account, credentials={"secret": "s"}, options={"url": "https://example.org/sms"})
    new = Fernet.generate_key().decode()
    settings.REPORTER_KEYS = [new, *settings.REPORTER_KEYS]
    call_command("rotate_reporter_keys", verbosity=0)
    settings.REPORTER_KEYS = [new]
    contact.refresh_from_db()
    account.refresh_from_db()
    assert unseal_text(contact.address_sealed) == "Wang@example.org"
    assert '"secret": "s"' in unseal_text(account.credentials_sealed)
