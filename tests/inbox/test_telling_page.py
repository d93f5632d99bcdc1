"""How somebody wants to be told, on a page: over the services, with what is wrong beside what was typed."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from notifications.models import Contact, Preference
from tests.stories import Stories

pytestmark = pytest.mark.django_db
PAGE = "/telling/"


@pytest.fixture
def head(stories: Stories) -> Client:
    client = Client()
    client.force_login(stories.cast.village_head)
    return client


def text_of(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content.decode()[:2000]
    return str(answer.content.decode())


HOURS = {"quiet_from": "22:00", "quiet_to": "07:00", "digest_minutes": "60", "account_least": "soon"}


def test_hours_are_kept_and_shown(head: Client, stories: Stories) -> None:
    kept = head.post(reverse("telling-hours"), HOURS | {"undisturbed_until": "2099-01-02T08:00", "morning_list": "on"})
    assert "Kept: this is when you are told." in text_of(head.get(kept["Location"]))
    said = Preference.objects.get(user=stories.cast.village_head)
    assert (str(said.quiet_from), said.digest_minutes, said.account_least) == ("22:00:00", 60, "soon")
    assert (said.morning_list, said.round_ups) == (True, False)
    text = text_of(head.get(PAGE))
    assert 'value="22:00"' in text and 'value="2099-01-02T08:00"' in text
    head.post(reverse("telling-hours"), HOURS | {"quiet_from": "", "quiet_to": ""})
    said.refresh_from_db()
    assert (said.quiet_from, said.undisturbed_until, said.morning_list) == (None, None, False)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"quiet_to": ""}, "quiet hours have a beginning and an end, or neither"),
        ({"quiet_from": "25:61"}, "must be a time, as 22:30"),
        ({"undisturbed_until": "soon"}, "must be a day and a time"),
        ({"digest_minutes": "many"}, "integer"),
        ({"account_least": "never"}, "not a valid choice"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_is_changed(
    head: Client, said: dict[str, str], sentence: str
) -> None:
    text = text_of(head.post(reverse("telling-hours"), HOURS | said), 400)
    assert (sentence in text and 'value="07:00"' in text) or "quiet_to" in said
    assert not Preference.objects.filter(digest_minutes=60).exists()


def test_an_address_is_added_proven_narrowed_and_taken_away(head: Client, stories: Stories) -> None:
    added = head.post(reverse("telling-add"), {"channel": "email", "address": "zhang@example.org", "label": "私人"})
    text = text_of(head.get(added["Location"]))
    assert "z***@example.org" in text and "私人" in text and "waits for its code" in text
    way = Contact.objects.get()
    code = re.findall(r"\b\d{6}\b", mail.outbox[-1].body)[0]
    wrong = head.post(reverse("telling-way", args=[way.pk, "verify"]), {"code": "0" if code[0] != "0" else "1"})
    assert "not the code that was sent" in text_of(wrong, 400)
    head.post(reverse("telling-way", args=[way.pk, "verify"]), {"code": code})
    assert "in use" in text_of(head.get(PAGE))
    head.post(reverse("telling-way", args=[way.pk, "least"]), {"least": "now"})
    way.refresh_from_db()
    assert way.verified_at is not None and way.least == "now"
    assert "one of" in text_of(head.post(reverse("telling-way", args=[way.pk, "least"]), {"least": "x"}), 400)
    head.post(reverse("telling-way", args=[way.pk, "remove"]))
    assert not Contact.objects.exists()


def test_an_address_that_is_none_is_refused_and_what_was_typed_stays(head: Client) -> None:
    text = text_of(head.post(reverse("telling-add"), {"channel": "email", "address": "nobody"}), 400)
    assert 'value="nobody"' in text and '<details class="add" open>' in text
    assert text_of(head.post(reverse("telling-add"), {"channel": "pigeon", "address": "x"}), 400)
    assert not Contact.objects.exists()


def test_a_device_subscribes_by_script(head: Client, settings: Any) -> None:
    keys = {
        "p256dh": "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM",
        "auth": "tBHItJI5svbpez7KI4CCXg",
    }
    address = json.dumps({"endpoint": "https://push.example.org/x", "keys": keys})
    assert head.post(reverse("telling-push"), {"subscription": address, "label": "Android"}).status_code == 204
    assert Contact.objects.get().verified_at is not None
    refused = head.post(reverse("telling-push"), {"subscription": "{}"})
    assert refused.status_code == 400 and refused["Content-Type"].startswith("text/plain")


def test_nobody_touches_the_ways_of_others(head: Client, stories: Stories) -> None:
    head.post(reverse("telling-add"), {"channel": "email", "address": "zhang@example.org"})
    way = Contact.objects.get()
    stranger = Client()
    stranger.force_login(stories.cast.stranger)
    for step in ("code", "verify", "least", "remove"):
        assert stranger.post(reverse("telling-way", args=[way.pk, step]), {"least": "now"}).status_code == 404
    assert "zhang" not in text_of(stranger.get(PAGE)) and Contact.objects.count() == 1


def test_the_worker_of_the_app_stands_at_the_root_for_everybody() -> None:
    answer = Client().get("/worker.js")
    assert answer.status_code == 200 and answer["Content-Type"].startswith("text/javascript")
    assert b"showNotification" in answer.content
