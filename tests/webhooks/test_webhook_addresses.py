"""Where webhooks may lead: to public addresses alone, by whatever name, unless a setting names the host."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from cases.errors import BadInput
from notifications.models import WebhookDelivery, WebhookEndpoint
from notifications.services.webhooks import create_endpoint, save_endpoint, send_test, send_webhooks
from tests.stories import Stories
from tests.webhooks.conftest import Made, plan
from tests.webhooks.sink import Sink

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/hook", "https://127.0.0.1/", "https://[::1]/", "https://10.0.0.1/", "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data/", "https://[::ffff:10.0.0.1]/", "https://localhost/", "ftp://a.org/",
        "https://[64:ff9b::a00:1]/", "https://0.0.0.0/", "https://[fe80::1]/", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_refused_when_it_is_entered(stories: Stories, settings: Any, url: str) -> None:
    settings.TELLING_PRIVATE_HOSTS = []
    with pytest.raises(BadInput, match="public https address"):
        create_endpoint(WebhookEndpoint(grid=stories.cast.county, label="x", url=url), by=None)
    assert not WebhookEndpoint.objects.exists()


def test_a_name_that_leads_into_a_private_network_is_refused_when_it_is_posted_to(
    stories: Stories, endpoint: Made, sink: Sink, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that was public when it was entered."""
    made, _secret = endpoint()
    port = int(sink.url.rsplit(":", 1)[1].split("/")[0])
    WebhookEndpoint.objects.update(url=f"https://hooks.example.org:{port}/hook")
    settings.TELLING_PRIVATE_HOSTS = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: [(2, 1, 6, "", ("127.0.0.1", port))])
    plan(stories.submit())
    assert send_webhooks().given_up == 1
    assert sink.got == []
    assert WebhookDelivery.objects.get().error == "the host lies in a private network"
    made.refresh_from_db()
    assert not made.active, "nobody tries it for days"


def test_what_was_checked_is_what_is_connected_to(
    endpoint: Made, sink: Sink, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that answers differently a moment later (DNS rebinding) is asked once for each connection."""
    made, _secret = endpoint()
    host = sink.url.split("//")[1].split("/")[0]
    port = int(host.rsplit(":", 1)[1])
    made.url = f"http://hooks.example.org:{port}/hook"
    settings.TELLING_PRIVATE_HOSTS = ["hooks.example.org"]
    real, asked = socket.getaddrinfo, []

    def answer(name: str, *said: Any, **named: Any) -> Any:
        if name != "hooks.example.org":
            return real(name, *said, **named)
        asked.append(name)
        return real("127.0.0.1" if len(asked) == 1 else "127.0.0.2", *said, **named)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    assert send_test(made).taken
    assert asked == ["hooks.example.org"]
    assert sink.got[0].headers["host"] == f"hooks.example.org:{port}"


def test_an_address_is_checked_again_when_it_is_changed(endpoint: Made, settings: Any) -> None:
    made, _secret = endpoint()
    made.url = "https://10.1.2.3/"
    with pytest.raises(BadInput):
        save_endpoint(made, ["url"])
    made.url, made.kinds = "https://example.org/", ["teleported"]
    with pytest.raises(BadInput, match="no such kinds: teleported"):
        save_endpoint(made, ["url", "kinds"])
