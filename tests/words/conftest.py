"""Deliveries as they are planned, without the planning: what these tests ask about is words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from cases.models import Case
from notifications.choices import Channel, Pace, Reason
from notifications.models import Delivery, InboxItem, ResidentNotice, RoundUp

Planned = Callable[..., Delivery]
KEY = UUID(int=7)


def read(delivery: Delivery) -> Delivery:
    """As a channel reads it."""
    return Delivery.objects.with_case().get(pk=delivery.pk)


def row(**said: Any) -> Delivery:
    made = Delivery.objects.create(next_attempt_at=timezone.now(), message_key=KEY, **said)
    return read(made)


@pytest.fixture
def planned() -> Planned:
    """A delivery to a person of the newest event of a case, or of an event."""

    def make(user: Any, case: Case, *, pace: str = Pace.SOON, kind: str = "") -> Delivery:
        events = case.events.filter(kind=kind) if kind else case.events.all()
        item = InboxItem.objects.create(
            user=user, event=events.latest("seq"), reason=Reason.DUTY, created_at=timezone.now()
        )
        return row(item=item, user=user, way="account", channel=Channel.EMAIL, pace=pace)

    return make


@pytest.fixture
def noticed() -> Planned:
    """A delivery to the resident of a case."""

    def make(case: Case, kind: str) -> Delivery:
        notice = ResidentNotice.objects.create(event=case.events.latest("seq"), kind=kind, created_at=timezone.now())
        return row(notice=notice, way="resident", channel=Channel.SMS, pace=Pace.SOON)

    return make


@pytest.fixture
def listed() -> Planned:
    """A delivery of a list at a set time."""

    def make(user: Any, kind: str, content: dict[str, Any]) -> Delivery:
        today = timezone.localdate()
        made = RoundUp.objects.create(user=user, kind=kind, on=today, content=content, created_at=timezone.now())
        return row(round_up=made, user=user, way="account", channel=Channel.EMAIL, pace=Pace.SOON)

    return make
