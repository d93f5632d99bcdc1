"""Robots as Apprise speaks to them: the ones that a setting allows, by our rules, and with their answers understood."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from bench.receivers import Answer, Sink
from notifications.channels import robots, web
from notifications.channels.base import Refused, TryLater, Unreachable
from tests.channels.conftest import outgoing


def sent(address: str, redirected: str = "") -> None:
    sender = robots.RobotSender(robots.key_of(address))
    if redirected:
        sender._web.mount("https://", Instead(redirected))
    try:
        sender.send(outgoing(address))
    finally:
        sender.close()


class Instead(requests.adapters.HTTPAdapter):
    """Leads what is for a provider's fixed address to the sink, and keeps which address that was."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def send(self, request: Any, *args: Any, **kwargs: Any) -> requests.Response:
        parts = urlsplit(request.url)
        request.headers["X-Meant"] = parts.netloc
        request.url = f"{self.url}{parts.path}?{parts.query}"
        return super().send(request, *args, **kwargs)


def test_ntfy_and_bark_of_ones_own_are_told(sink: Sink) -> None:
    port = sink.port
    sent(f"ntfy://127.0.0.1:{port}/duty")
    sent(f"bark://127.0.0.1:{port}/device1234")
    first, second = sink.received
    assert first.json()["topic"] == "duty" and first.json()["title"] == "超期"
    assert "路灯不亮" in first.json()["message"] and "https://x.org/cases/1" in first.json()["message"]
    assert second.path == "/push" and second.json()["device_keys" if "device_keys" in second.json() else "device_key"]


def test_dingtalk_is_signed(sink: Sink) -> None:
    token, secret = "a" * 64, "SEC" + "b" * 60
    sent(f"dingtalk://{secret}@{token}", redirected=sink.url)
    (request,) = sink.received
    asked = parse_qs(urlsplit(request.path).query)
    assert request.headers["X-Meant"] == "oapi.dingtalk.com" and asked["access_token"] == [token]
    said = f"{asked['timestamp'][0]}\n{secret}".encode()
    right = base64.b64encode(hmac.new(secret.encode(), said, hashlib.sha256).digest()).decode()
    assert right in (asked["sign"][0], requests.utils.unquote(asked["sign"][0]))
    assert "路灯不亮" in request.json()["text"]["content"]


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("wecombot://0123456789abcdef", "qyapi.weixin.qq.com"),
        ("feishu://0123456789abcdef", "open.feishu.cn"),
    ],
)
def test_wecom_and_feishu_are_told(sink: Sink, address: str, host: str) -> None:
    sent(address, redirected=sink.url)
    (request,) = sink.received
    assert request.headers["X-Meant"] == host and "路灯不亮" in str(request.json())


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (Answer(200, {"errcode": 45009}), TryLater),
        (Answer(200, {"errcode": 93000}), Refused),
        (Answer(200, {"code": 9499}), TryLater),
        (Answer(200, {"errcode": -1}), Unreachable),
        (Answer(429, headers={"Retry-After": "7"}), TryLater),
        (Answer(404), Refused),
        (Answer(503), Unreachable),
        (Answer(302, headers={"Location": "http://10.0.0.1/"}), Refused),
        (Answer(hangs_up=True), Unreachable),
    ],
)
def test_what_a_robot_answers_is_understood(sink: Sink, answer: Answer, meaning: type[Exception]) -> None:
    sink.script("/", answer)
    with pytest.raises(meaning) as caught:
        sent(f"ntfy://127.0.0.1:{sink.port}/duty")
    assert len(sink.received) == 1
    if isinstance(caught.value, Refused) and answer.body:
        assert caught.value.dead


def test_a_robot_in_a_private_network_is_not_asked(sink: Sink, settings: Any) -> None:
    settings.TELLING_PRIVATE_HOSTS = []
    with pytest.raises(Refused):
        sent(f"ntfy://127.0.0.1:{sink.port}/duty")
    with pytest.raises(Refused):
        sent(f"ntfys://127.0.0.1:{sink.port}/duty")
    assert sink.received == []


@pytest.mark.parametrize(
    "address",
    ["json://example.org/", "file:///etc/passwd", "syslog://", "mailto://a:b@example.org", "exec://x", "", "nonsense",
     "dingtalk://", "dbus://", "windows://"],
)  # fmt: skip
def test_only_what_the_setting_allows_is_an_address(address: str) -> None:
    with pytest.raises(ValueError):
        robots.plugin_of(address)


def test_certificates_are_verified_whatever_the_address_says(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, Any]] = []

    def watched(self: Any, method: str, url: str, **kwargs: Any) -> Any:
        seen.append(kwargs)
        raise requests.ConnectionError

    monkeypatch.setattr(requests.Session, "request", watched)
    with pytest.raises(Unreachable):
        sent("ntfys://example.org/duty?verify=no&redirect=yes&rto=999")
    assert [(one["verify"], one["allow_redirects"], one["timeout"]) for one in seen] == [(True, False, web.TIMEOUT)]


@pytest.mark.parametrize("spoil", [lambda sink: sink.script("/", Answer(500)), lambda sink: sink.stop()])
def test_nothing_that_is_logged_names_the_token(
    sink: Sink, caplog: pytest.LogCaptureFixture, spoil: Callable[[Sink], None]
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("apprise", "urllib3"):
        caplog.set_level(logging.CRITICAL if name == "apprise" else logging.INFO, logger=name)
    spoil(sink)
    with pytest.raises((TryLater, Unreachable)) as caught:
        sent(f"ntfy://127.0.0.1:{sink.port}/t0psecret")
    with pytest.raises(ValueError):
        robots.plugin_of("dingtalk://t0psecret@!!/?=&t0psecret")
    assert "t0psecret" not in caplog.text + str(caught.value)
