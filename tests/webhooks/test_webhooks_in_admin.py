"""Webhooks in the administration: a secret is shown once, an address is tried, paused and resumed, and its log read."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from grids.models import ChangeRecord
from notifications.models import WebhookDelivery, WebhookEndpoint
from notifications.services.webhooks import send_webhooks
from tests.administration.conftest import signed_in, staff
from tests.stories import Stories
from tests.webhooks.conftest import Made, plan
from tests.webhooks.sink import Sink

pytestmark = pytest.mark.django_db
LIST = "admin:notifications_webhookendpoint_changelist"
LOG = "admin:notifications_webhookdelivery_changelist"
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{44}")


def act(client: Any, action: str, *rows: Any, page: str = LIST) -> Any:
    said = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(reverse(page), said, follow=True)


def test_a_secret_is_shown_once_and_stands_nowhere_else(stories: Stories, sink: Sink) -> None:
    client = signed_in(stories.cast.administrator)
    said = {"grid": stories.cast.county.pk, "label": "市局", "url": f"{sink.url}?key=tokentoken", "kinds": ["accepted"]}
    shown = client.post(reverse("admin:notifications_webhookendpoint_add"), said)
    (first,) = SECRET.findall(shown.content.decode())
    assert "no-store" in shown["Cache-Control"]
    made = WebhookEndpoint.objects.get()
    assert (made.kinds, made.created_by, made.active) == (["accepted"], stories.cast.administrator, True)
    page = reverse("admin:notifications_webhookendpoint_change", args=[made.pk])
    assert SECRET.findall(client.get(page).content.decode() + client.get(reverse(LIST)).content.decode()) == []
    (second,) = SECRET.findall(act(client, "change_secrets", made).content.decode())
    assert first != second
    recorded = str(list(ChangeRecord.objects.filter(model="notifications.webhookendpoint").values()))
    assert "tokentoken" not in recorded and first not in recorded and "secret_sealed" not in recorded
    assert first.encode() not in bytes(made.secret_sealed)


def test_an_address_that_may_not_be_posted_to_is_refused_beside_its_field(stories: Stories, settings: Any) -> None:
    settings.TELLING_PRIVATE_HOSTS = []
    said = {"grid": stories.cast.county.pk, "label": "x", "url": "https://10.0.0.1/"}
    answer = signed_in(stories.cast.administrator).post(reverse("admin:notifications_webhookendpoint_add"), said)
    assert answer.status_code == 200 and "public https address" in answer.content.decode()


def test_buttons_try_pause_resume_and_send_again(stories: Stories, endpoint: Made, sink: Sink) -> None:
    client = signed_in(stories.cast.administrator)
    made, _secret = endpoint()
    assert "has taken the test" in act(client, "send_tests", made).content.decode()
    sink.answers = [500]
    assert "HTTP 500" in act(client, "send_tests", made).content.decode()
    assert "kept for it" in act(client, "pause", made).content.decode()
    plan(stories.submit())
    assert send_webhooks().sent == 0
    assert "waiting for it: 1" in act(client, "resume", made).content.decode()
    assert send_webhooks().sent == 1
    row = WebhookDelivery.objects.get()
    assert "out again: 1" in act(client, "send_again", row, page=LOG).content.decode()
    assert send_webhooks().sent == 1


def test_one_that_fails_is_on_the_first_page(stories: Stories, endpoint: Made) -> None:
    client, (made, _secret) = signed_in(stories.cast.administrator), endpoint()

    def figure() -> Any:
        shown = client.get(reverse("admin:index")).context["figures"]
        return next(figure for figure in shown if figure.title == "webhooks that fail")

    assert figure().count == 0
    WebhookEndpoint.objects.filter(pk=made.pk).update(paused_at=timezone.now() - timedelta(days=1), active=False)
    assert figure().count == 1
    listed = client.get(figure().link)
    assert listed.context["cl"].result_count == 1 and "paused by itself" in listed.content.decode()


def test_others_see_and_do_nothing_outside_their_territory(stories: Stories, endpoint: Made, sink: Sink) -> None:
    made, _secret = endpoint(grid=stories.cast.city)
    own, _other = endpoint(label="自己")
    plan(stories.submit())
    client = signed_in(staff(stories.cast.county_leader))
    listed = client.get(reverse(LIST)).content.decode()
    assert "自己" in listed and "市局" not in listed
    act(client, "pause", made, own)
    assert list(WebhookEndpoint.objects.order_by("pk").values_list("active", flat=True)) == [True, False]
    rows = client.get(reverse(LOG)).context["cl"].result_count
    assert rows == 1
    said = {"grid": stories.cast.city.pk, "label": "x", "url": sink.url}
    assert client.post(reverse("admin:notifications_webhookendpoint_add"), said).status_code == 200
    assert WebhookEndpoint.objects.count() == 2
