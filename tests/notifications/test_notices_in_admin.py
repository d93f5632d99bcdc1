"""Administrators see what was told and what is stuck, change nothing, and read no addresses."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from notifications.models import Delivery, InboxItem
from notifications.services import dispatch_events
from tests.stories import Stories


@pytest.fixture
def admin(stories: Stories) -> Client:
    """An administrator; one case is told of, one is not yet."""
    stories.submit()
    dispatch_events()
    stories.submit()
    Delivery.objects.update(error="550 <worker@example.org> no such mailbox")
    client = Client()
    client.force_login(stories.cast.administrator)
    return client


@pytest.mark.parametrize("name", ["notifications_inboxitem", "notifications_delivery", "cases_pendingevent"])
def test_lists_are_shown_and_nothing_can_be_added(admin: Client, name: str) -> None:
    assert admin.get(reverse(f"admin:{name}_changelist")).status_code == 200
    assert admin.get(reverse(f"admin:{name}_add")).status_code == 403


def test_addresses_are_masked(admin: Client, stories: Stories) -> None:
    delivery = Delivery.objects.get(item__user=stories.cast.worker)
    for address in (
        reverse("admin:notifications_delivery_changelist"),
        reverse("admin:notifications_delivery_change", args=[delivery.pk]),
    ):
        page = admin.get(address).content.decode()
        assert "w***@example.org" in page
        assert "worker@example.org" not in page


def test_nothing_can_be_changed(admin: Client) -> None:
    item = InboxItem.objects.first()
    assert item is not None
    address = reverse("admin:notifications_inboxitem_change", args=[item.pk])
    assert admin.get(address).status_code == 200
    assert admin.post(address, {"read_at_0": "2026-01-01", "read_at_1": "00:00"}).status_code == 403
