"""Accounts, providers' states and dead letters in the administration: within one's territory, without addresses, and
with credentials that never come out again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bench.receivers import Answer, Sink
from grids.models import User
from notifications.choices import Channel
from notifications.models import ChannelAccount, Circuit, Contact, Delivery
from notifications.sealing import unseal_text
from notifications.services import dispatch_events
from notifications.services.accounts import save_account
from notifications.services.contacts import add_contact
from tests.administration.conftest import signed_in, staff
from tests.cast import Cast
from tests.stories import Stories

ADD = reverse("admin:notifications_channelaccount_add")
SECRET = "t0p-secret-of-the-account"


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    settings.TELLING_PRIVATE_HOSTS = ["127.0.0.1"]
    sink = Sink()
    sink.start()
    yield sink
    sink.stop()


def account_of(cast: Cast, url: str = "https://example.org/sms") -> ChannelAccount:
    account = ChannelAccount(city=cast.city, channel=Channel.SMS, provider="webhook")
    return save_account(account, credentials={"secret": SECRET}, options={"url": url})


def page(account: ChannelAccount) -> str:
    return reverse("admin:notifications_channelaccount_change", args=[account.pk])


def form(cast: Cast, **said: Any) -> dict[str, Any]:
    return {"city": cast.city.pk, "provider": "aliyun", "per_minute": 100, "active": "on"} | said


def test_an_account_is_entered_by_fields_and_its_credentials_are_not_shown_again(admin: Client, cast: Cast) -> None:
    said = form(cast, key_id="LTAI", key_secret=SECRET, sign_name="固安", template="SMS_1", parameters="a=short")
    assert admin.post(ADD, said).status_code == 302
    account = ChannelAccount.objects.get()
    assert SECRET in unseal_text(account.credentials_sealed) and account.channel == Channel.SMS
    assert account.options == {"sign_name": "固安", "template": "SMS_1", "parameters": "a=short"}
    shown = admin.get(page(account)).content.decode()
    assert SECRET not in shown and "LTAI" not in shown and "SMS_1" in shown
    kept = form(cast, sign_name="廊坊", template="SMS_1", parameters="a=short")
    assert admin.post(page(account), kept).status_code == 302, "empty credentials stay as they are"
    account.refresh_from_db()
    assert SECRET in unseal_text(account.credentials_sealed) and account.options["sign_name"] == "廊坊"


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        ({}, {"key_id", "key_secret", "sign_name", "template", "parameters"}),
        ({"provider": "webhook", "secret": "s", "url": "http://example.org/"}, {"url"}),
        ({"provider": "webhook", "secret": "s", "url": "https://10.0.0.1/"}, {"url"}),
        (
            {"key_id": "i", "key_secret": "s", "sign_name": "x", "template": "1", "parameters": "a=phone"},
            {"parameters"},
        ),
    ],
)
def test_what_a_provider_needs_is_asked_for_by_field(
    admin: Client, cast: Cast, wrong: dict[str, str], fields: set[str]
) -> None:
    answer = admin.post(ADD, form(cast, **wrong))
    assert set(answer.context["adminform"].form.errors) == fields
    assert not ChannelAccount.objects.exists()


def test_a_test_message_goes_to_ones_own_phone(admin: Client, cast: Cast, sink: Sink) -> None:
    account = account_of(cast, f"{sink.url}/sms")
    send = reverse("admin:notifications_channelaccount_send_test_message", args=[account.pk])
    User.objects.filter(pk=cast.administrator.pk).update(phone="")
    assert "no phone" in admin.get(send, follow=True).content.decode()
    User.objects.filter(pk=cast.administrator.pk).update(phone="+8613812345678")
    sink.script("/sms", Answer(200, {"id": "g1"}), Answer(503))
    assert "g1" in admin.get(send, follow=True).content.decode()
    assert "HTTP 503" in admin.get(send, follow=True).content.decode()
    assert [request.json()["to"] for request in sink.received] == ["+8613812345678"] * 2


def test_who_administers_a_county_sees_neither_the_citys_account_nor_its_state(
    cast: Cast, county_admin: Client
) -> None:
    account = account_of(cast)
    Circuit.objects.create(key=f"sms:{account.pk}", failures=3)
    Circuit.objects.create(key="email", failures=1)
    assert county_admin.get(page(account)).status_code == 302
    listed = county_admin.get(reverse("admin:notifications_circuit_changelist")).content.decode()
    assert f"sms:{account.pk}" not in listed and "email" in listed
    send = reverse("admin:notifications_channelaccount_send_test_message", args=[account.pk])
    assert county_admin.get(send).status_code in (302, 403, 404)


def test_a_provider_that_is_left_alone_is_tried_at_once(admin: Client) -> None:
    circuit = Circuit.objects.create(key="email", failures=3, open_until=timezone.now() + timedelta(minutes=5))
    answer = admin.post(
        reverse("admin:notifications_circuit_changelist"), {"action": "try_now", "_selected_action": ["email"]}
    )
    assert answer.status_code == 302
    circuit.refresh_from_db()
    assert circuit.open_until is not None and circuit.open_until <= timezone.now()


@pytest.fixture
def given_up(stories: Stories) -> list[Delivery]:
    """Two dead letters about a case of the cell, one of them over a way of the worker's own."""
    stories.submit()
    dispatch_events()
    worker = stories.cast.worker
    contact = add_contact(worker, channel=Channel.EMAIL, address="private.way@example.com", by=worker)
    mine = Delivery.objects.filter(user=worker)
    mine.update(contact=contact, way=f"contact:{contact.pk}")
    Contact.objects.update(dead_at=timezone.now(), error="550 <private.way@example.com> is gone")
    Delivery.objects.update(
        state="failed", next_attempt_at=None, attempts=6, error="550 <private.way@example.com> is gone"
    )
    return list(Delivery.objects.all())


def changelist() -> str:
    return reverse("admin:notifications_delivery_changelist")


def test_dead_letters_show_their_error_and_no_address(admin: Client, given_up: list[Delivery]) -> None:
    listed = admin.get(f"{changelist()}?state=failed").content.decode()
    one = admin.get(reverse("admin:notifications_delivery_change", args=[given_up[0].pk])).content.decode()
    for text in (listed, one):
        assert "is gone" in text and "p***@example.com" in text and "private.way@" not in text


def test_dead_letters_are_sent_again_within_ones_territory(
    given_up: list[Delivery], stories: Stories, cast: Cast
) -> None:
    keys = [row.pk for row in given_up]
    again = {"action": "send_again", "_selected_action": keys}
    signed_in(staff(cast.stranger)).post(changelist(), again)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"failed"}
    signed_in(staff(cast.county_leader)).post(changelist(), again)
    assert set(Delivery.objects.values_list("state", "attempts")) == {("waiting", 0)}
    assert Contact.objects.get().dead_at is None


def test_who_may_only_look_sends_nothing_again(given_up: list[Delivery], cast: Cast) -> None:
    user = staff(cast.county_leader)
    user.user_permissions.set(user.user_permissions.filter(codename="view_delivery"))
    again = {"action": "send_again", "_selected_action": [row.pk for row in given_up]}
    signed_in(user).post(changelist(), again)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"failed"}
