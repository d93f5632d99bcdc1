"""The mail receiver, and the question that these tests ask of the inbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cases.models import Case
from notifications.models import InboxItem
from notifications.services import dispatch_events
from tests.notifications.receiving import Receiver, Told
from tests.telling import tell_at_once


@pytest.fixture(autouse=True)
def awake(request: pytest.FixtureRequest) -> None:
    """Whoever runs these tests at night gets the same results."""
    for name in ("stories", "committed_stories"):
        if name in request.fixturenames:
            tell_at_once(request.getfixturevalue(name).cast)


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """Running, and the platform's mail server for this test."""
    receiver = Receiver()
    receiver.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", receiver.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    yield receiver
    receiver.stop()


@pytest.fixture
def told() -> Told:
    """Dispatches, and says who was told of the last event of a kind: user name → reason."""

    def ask(case: Case, kind: str) -> dict[str, str]:
        dispatch_events()
        event = case.events.filter(kind=kind).latest("seq")
        return dict(InboxItem.objects.filter(event=event).values_list("user__username", "reason"))

    return ask
