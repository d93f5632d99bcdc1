"""What was planted in the reporter's data and in the texts of a case appears in no mail, inbox line or log."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from cases.actors import RESIDENT
from cases.choices import Status
from cases.models import Deadline
from cases.reporter import Reporter
from cases.services import sweep
from notifications.messages import render
from notifications.models import InboxItem
from notifications.services import dispatch_events, send_deliveries
from tests.notifications.receiving import Receiver
from tests.stories import Stories

SECRET = "秘密三十七"
PHONE = "+8613987654321"


def plant(stories: Stories) -> None:
    """A case that goes all ways on which texts are written, with the secret in every one of them."""
    said: dict[str, Any] = {"text": f"正文{SECRET}", "address": SECRET, "reporter": Reporter(SECRET, PHONE)}
    case = stories.submit(**said)
    for action, texts in (
        ("accept", {"note": SECRET}),
        ("dispatch", {"note": SECRET}),
        ("return", {"reason": SECRET}),
        ("dispatch", {"note": SECRET}),
        ("sign", {"note": SECRET}),
        ("progress", {"note": SECRET}),
        ("urge", {"note": SECRET}),
        ("instruct", {"note": SECRET}),
        ("finish", {"reply": SECRET}),
        ("send_back", {"reason": SECRET}),
        ("finish", {"reply": SECRET}),
        ("approve", {"note": SECRET}),
        ("rate", {"solved": False, "satisfaction": "unsatisfied", "comment": SECRET}),
        ("escalate", {"reason": SECRET}),
        ("note", {"note": SECRET}),
    ):
        actor = stories.actor("sign") if action in ("return", "progress") else None
        if action == "instruct":
            from cases.actors import Actor

            actor = Actor.person(stories.cast.city_leader)
        stories.do(case, action, RESIDENT if action == "note" else actor, **texts)
    stories.do(stories.bring(Status.SUBMITTED, **said), "reject", text=SECRET)
    stories.do(stories.bring(Status.DISPATCHED, **said), "withdraw", reason=SECRET)
    for _step in range(5):
        due = Deadline.objects.filter(fire_at__isnull=False).order_by("fire_at").values_list("fire_at", flat=True)
        sweep(due[0])


def test_no_secret_leaves_the_case(stories: Stories, receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.INFO, logger="django.db.backends")
    plant(stories)
    receiver.refused.add("worker@example.org")
    dispatch_events()
    send_deliveries()
    receiver.stop()
    send_deliveries(at=timezone.now() + timedelta(hours=1))
    mails = [mail.as_string() + mail.get_content() + mail["Subject"] for mail in receiver.mails]
    lines = [
        f"{message.subject} {message.text}"
        for item in InboxItem.objects.with_case()
        for message in (render(item, "en"), render(item, "zh-hans"))
    ]
    assert len(mails) >= 5  # each gathers what one person is told
    assert all("1310-" in mail for mail in mails)
    assert len(lines) > 20
    for text in [*mails, *lines, caplog.text]:
        assert SECRET not in text
        assert PHONE[3:] not in text


def test_no_secret_is_in_the_inbox(stories: Stories) -> None:
    plant(stories)
    dispatch_events()
    client = APIClient()
    client.force_authenticate(stories.cast.county_officer)
    answer = client.get("/api/v1/inbox/?page_size=200")
    assert len(answer.json()["results"]) > 5
    assert SECRET not in answer.content.decode()
    assert PHONE[3:] not in answer.content.decode()
