"""A web server on this machine that answers as told, and messages to send to it."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bench.receivers import Sink
from notifications.channels.base import Outgoing
from notifications.choices import Pace
from notifications.composing import Composed
from tests.notifications.conftest import receiver

__all__ = ["receiver"]


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    """Running, and the one private host that may be asked."""
    settings.TELLING_PRIVATE_HOSTS = ["127.0.0.1"]
    sink = Sink()
    sink.start()
    yield sink
    sink.stop()


def outgoing(address: str, *, pace: Pace = Pace.SOON, code: str = "") -> Outgoing:
    message = Composed(
        "超期", "路灯不亮\n还剩 3 小时", "路灯不亮，还剩 3 小时", "https://x.org/cases/1", pace, "k" * 32
    )
    return Outgoing(address, message, code)


class Browser:
    """A browser that subscribes, and reads what comes."""

    def __init__(self, endpoint: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = os.urandom(16)
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": encoded(point), "auth": encoded(self.auth)}
        self.subscription = json.dumps({"endpoint": endpoint, "keys": keys})

    def read(self, body: bytes) -> Any:
        import http_ece

        return json.loads(http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth, version="aes128gcm"))


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
