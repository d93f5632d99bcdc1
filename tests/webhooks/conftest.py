"""A receiver, and addresses that lead to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from cases.models import Case, CaseEvent
from notifications.models import WebhookEndpoint
from notifications.services.webhooks import create_endpoint, plan_webhooks
from tests.stories import Stories
from tests.webhooks.sink import Sink

Made = Callable[..., tuple[WebhookEndpoint, str]]


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    settings.TELLING_PRIVATE_HOSTS = ["127.0.0.1"]
    made = Sink()
    yield made
    made.stop()


@pytest.fixture
def endpoint(stories: Stories, sink: Sink) -> Made:
    """An address of the county, or of what is said; with its secret."""

    def make(**said: Any) -> tuple[WebhookEndpoint, str]:
        fields = {"grid": stories.cast.county, "label": "市局", "url": sink.url} | said
        made = WebhookEndpoint(**fields)
        secret = create_endpoint(made, by=stories.cast.administrator)
        return made, secret

    return make


def plan(*cases: Case) -> int:
    """All that has happened in these cases."""
    return plan_webhooks(list(CaseEvent.objects.filter(case__in=cases).order_by("pk")), timezone.now())
