"""Whatever somebody types in: no request reaches a private network, follows a redirect, or takes for ever."""

from __future__ import annotations

import socket
from typing import Any

import pytest
import requests

from bench.receivers import Answer, Sink
from notifications.channels import web
from notifications.channels.base import Refused, TryLater, Unreachable

PRIVATE = (
    "127.0.0.1", "10.1.2.3", "172.16.0.9", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.1.2.3", "224.0.0.1",
    "::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "255.255.255.255",
)  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_public_is_private_however_it_is_spelled(address: str) -> None:
    assert web.is_private(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "223.5.5.5", "2400:3200::1", "64:ff9b::101:101"])
def test_what_is_public_is_not_private(address: str) -> None:
    assert not web.is_private(address)


@pytest.mark.parametrize(
    "url", ["http://example.org/", "ftp://example.org/", "https:///x", "//example.org", "file:///etc"]
)
def test_only_https_is_asked(url: str) -> None:
    with pytest.raises(ValueError):
        web.check_url(url)


@pytest.mark.parametrize("url", [
    "https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://metadata.google.internal/",
    "https://169.254.169.254/latest/meta-data/", "https://printer.local/",
])  # fmt: skip
def test_no_private_address_is_asked(url: str) -> None:
    with pytest.raises(web.PrivateAddress):
        web.check_url(url)


def lead(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """From now on every name leads to these addresses."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)


@pytest.mark.parametrize("addresses", [("127.0.0.1",), ("1.1.1.1", "10.0.0.1")])
def test_a_public_name_that_leads_to_a_private_address_is_not_connected_to(
    sink: Sink, settings: Any, monkeypatch: pytest.MonkeyPatch, addresses: tuple[str, ...]
) -> None:
    settings.TELLING_PRIVATE_HOSTS = []
    lead(monkeypatch, *addresses)
    with pytest.raises(requests.RequestException) as caught:
        web.Web().post(f"https://innocent.example.org:{sink.port}/")
    meant = web.trouble(caught.value)
    assert isinstance(meant, Refused) and "private" in str(meant)
    assert sink.received == []


def test_a_setting_lets_a_host_or_a_network_be_asked(sink: Sink, settings: Any) -> None:
    for named in ("127.0.0.1", "127.0.0.0/8"):
        settings.TELLING_PRIVATE_HOSTS = [named]
        assert web.Web().post(f"{sink.url}/").status_code == 200
    settings.TELLING_PRIVATE_HOSTS = ["10.0.0.0/8"]
    with pytest.raises(requests.RequestException):
        web.Web().post(f"{sink.url}/")


def test_no_redirect_is_followed_and_no_proxy_is_asked(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    sink.script("/", Answer(302, headers={"Location": f"{sink.url}/elsewhere"}))
    response = web.Web().post(f"{sink.url}/", allow_redirects=True, verify=False)
    assert [request.path for request in sink.received] == ["/"]
    with pytest.raises(Refused, match="redirect"):
        web.judge(response)


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (Answer(500), TryLater), (Answer(429), TryLater), (Answer(401), TryLater), (Answer(503), Unreachable),
        (Answer(502), Unreachable), (Answer(400), Refused), (Answer(410), Refused), (Answer(301), Refused),
    ],
)  # fmt: skip
def test_each_status_has_its_meaning(sink: Sink, answer: Answer, meaning: type[Exception]) -> None:
    sink.script("/", answer)
    with pytest.raises(meaning) as caught:
        web.judge(web.Web().post(f"{sink.url}/"), dead=(410,))
    if isinstance(caught.value, Refused):
        assert caught.value.dead == (answer.status == 410)


@pytest.mark.parametrize(("said", "seconds"), [("120", 120.0), ("Fri, 01 Jan 1999 00:00:00 GMT", 0.0), ("soon", None)])
def test_the_wish_to_wait_is_read(sink: Sink, said: str, seconds: float | None) -> None:
    sink.script("/", Answer(429, headers={"Retry-After": said}))
    with pytest.raises(TryLater) as caught:
        web.judge(web.Web().post(f"{sink.url}/"))
    assert caught.value.after == seconds


def test_one_that_hangs_up_or_is_gone_or_does_not_answer_is_away(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    from threading import Event

    def meant() -> str:
        with pytest.raises(requests.RequestException) as caught:
            web.Web().post(f"{sink.url}/?token=secret")
        said = web.trouble(caught.value)
        assert isinstance(said, Unreachable) and "secret" not in str(said)
        return str(said)

    sink.script("/", Answer(hangs_up=True))
    assert meant() == "the connection broke"
    never = Event()
    monkeypatch.setattr(web, "TIMEOUT", (1.0, 0.2))
    sink.script("/", Answer(after=never))
    assert meant() == "no answer in time"
    never.set()
    sink.stop()
    assert meant() == "connection refused"


def test_of_a_long_answer_only_the_beginning_is_read(sink: Sink) -> None:
    sink.script("/", Answer(body="x" * 2_000_000))
    assert len(web.Web().post(f"{sink.url}/").content) <= web.MOST_BYTES + 8192
