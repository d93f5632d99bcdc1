"""A push reaches the browser that subscribed, signed and encrypted, and tells it how urgent it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from py_vapid import Vapid02

from bench.receivers import Answer, Sink
from notifications.channels import push
from notifications.channels.base import Refused, TryLater, Unreachable
from notifications.choices import Pace
from notifications.services.push_keys import make_push_key
from tests.channels.conftest import Browser, outgoing


@pytest.fixture(autouse=True)
def _key(settings: Any) -> None:
    settings.WEB_PUSH_PRIVATE_KEY = make_push_key()


def sent(browser: Browser, pace: Pace = Pace.SOON) -> str:
    sender = push.PushSender(push.key_of(browser.subscription))
    try:
        return sender.send(outgoing(browser.subscription, pace=pace))
    finally:
        sender.close()


def test_only_the_browser_can_read_it(sink: Sink) -> None:
    browser = Browser(f"{sink.url}/push/1")
    sink.script("/push/1", Answer(201, headers={"Location": "/m/9"}))
    assert sent(browser, Pace.NOW) == "/m/9"
    (request,) = sink.received
    said = browser.read(request.body)
    assert said == {
        "title": "超期", "body": "路灯不亮\n还剩 3 小时", "url": "https://x.org/cases/1",
        "tag": "k" * 32, "pace": "now",
    }  # fmt: skip
    assert "路灯".encode() not in request.body
    headers = request.headers
    assert (headers["urgency"], headers["topic"], headers["ttl"]) == ("high", "k" * 32, str(4 * 3600))
    assert headers["content-encoding"] == "aes128gcm"


def test_it_is_signed_for_this_service_by_the_key_that_browsers_are_given(sink: Sink) -> None:
    sent(Browser(f"{sink.url}/push/1"))
    authorization = sink.received[0].headers["Authorization"]
    assert authorization.startswith("vapid t=") and authorization.endswith(f"k={push.public_key()}")
    assert Vapid02.verify(authorization)
    claims = json.loads(_part(authorization.split("t=")[1].split(".")[1]))
    assert claims["aud"] == sink.url and claims["sub"].startswith("mailto:")


def _part(text: str) -> bytes:
    from py_vapid import b64urldecode

    return bytes(b64urldecode(text.encode()))


@pytest.mark.parametrize(("pace", "urgency"), [(Pace.NOW, "high"), (Pace.SOON, "normal"), (Pace.LATER, "low")])
def test_urgency_is_told(sink: Sink, pace: Pace, urgency: str) -> None:
    sent(Browser(f"{sink.url}/push/1"), pace)
    assert sink.received[0].headers["Urgency"] == urgency


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (Answer(410), Refused), (Answer(404), Refused), (Answer(413), Refused), (Answer(403), TryLater),
        (Answer(429, headers={"Retry-After": "30"}), TryLater), (Answer(503), Unreachable),
        (Answer(hangs_up=True), Unreachable),
    ],
)  # fmt: skip
def test_what_the_service_says_is_understood(sink: Sink, answer: Answer, meaning: type[Exception]) -> None:
    sink.script("/push/1", answer)
    with pytest.raises(meaning) as caught:
        sent(Browser(f"{sink.url}/push/1"))
    if isinstance(caught.value, Refused):
        assert caught.value.dead == (answer.status in (404, 410))
    if isinstance(caught.value, TryLater) and answer.headers:
        assert caught.value.after == 30


def test_each_maker_of_browsers_fails_alone() -> None:
    keys = {
        push.key_of(Browser(f"https://{host}/x").subscription) for host in ("fcm.googleapis.com", "web.push.apple.com")
    }
    assert keys == {"web_push:fcm.googleapis.com", "web_push:web.push.apple.com"}


def test_without_a_key_nothing_is_sent(sink: Sink, settings: Any) -> None:
    settings.WEB_PUSH_PRIVATE_KEY = ""
    with pytest.raises(Refused, match="make_push_keys"):
        sent(Browser(f"{sink.url}/push/1"))
    assert push.public_key() == "" and sink.received == []
