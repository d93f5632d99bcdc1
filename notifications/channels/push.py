"""Web Push to the installed app (RFC 8030, 8291, 8292): encrypted for the device, by the browser maker's service."""

from __future__ import annotations

import json
import time
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from py_vapid import Vapid02, b64urlencode

from notifications.choices import Pace

from . import web
from .base import Outgoing, Refused

GONE = (404, 410)
VAPID_SECONDS = 12 * 3600
"""How long a signature holds (RFC 8292 allows 24 hours)."""
SECONDS_KEPT = {Pace.NOW: 4 * 3600, Pace.SOON: 24 * 3600, Pace.LATER: 72 * 3600}
"""How long the service keeps a message for a device that is off: afterwards it says nothing new."""
URGENCY = {Pace.NOW: "high", Pace.SOON: "normal", Pace.LATER: "low"}
LONGEST_TEXT = 1000
"""Characters: a message may have 4096 bytes, and a Chinese character has three."""


def key_of(address: str) -> str:
    """The circuit of a subscription: that of its service."""
    return f"web_push:{urlsplit(json.loads(address)['endpoint']).hostname}"


@lru_cache(maxsize=2)
def _signer(private_key: str) -> Vapid02:
    return Vapid02.from_string(private_key)


def is_push_key(private_key: str) -> bool:
    """Whether it is one, as WEB_PUSH_PRIVATE_KEY must be."""
    try:
        _signer(private_key)
    except Exception:  # noqa: BLE001  # what py_vapid and cryptography say of it does not matter
        return False
    return True


def public_key() -> str:
    """What a browser must be given to subscribe; empty where push is not set up."""
    if not settings.WEB_PUSH_PRIVATE_KEY:
        return ""
    point = _signer(settings.WEB_PUSH_PRIVATE_KEY).public_key.public_bytes(
        Encoding.X962, PublicFormat.UncompressedPoint
    )
    return str(b64urlencode(point))


class PushSender:
    """To the service of one browser maker."""

    def __init__(self, key: str) -> None:
        self.key = key
        self._web = web.Web()

    def send(self, outgoing: Outgoing) -> str:
        """The address of the message at the service. As `Sender.send`."""
        from pywebpush import WebPusher, WebPushException  # which takes a second, and aiohttp: not at every start

        if not settings.WEB_PUSH_PRIVATE_KEY:
            raise Refused("WEB_PUSH_PRIVATE_KEY is not set: manage.py make_push_keys")
        subscription, message = json.loads(outgoing.address), outgoing.message
        headers = self._signed(subscription["endpoint"]) | {
            "Urgency": URGENCY[message.pace],
            "Topic": message.key.replace("-", "")[:32],  # a repetition replaces the first, on the device too
        }
        try:
            pusher = WebPusher(subscription, requests_session=self._web)
            response = pusher.send(body_of(outgoing), headers=headers, ttl=SECONDS_KEPT[message.pace])
        except WebPushException as error:
            raise Refused("a subscription that is none", dead=True) from error
        except Exception as error:
            raise web.trouble(error) from error
        web.judge(response, dead=GONE)
        return str(response.headers.get("Location", ""))[-200:]

    def _signed(self, endpoint: str) -> dict[str, str]:
        parts = urlsplit(endpoint)
        claims: dict[str, Any] = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int(time.time()) + VAPID_SECONDS,
            "sub": settings.WEB_PUSH_CONTACT,
        }
        signed: dict[str, str] = _signer(settings.WEB_PUSH_PRIVATE_KEY).sign(claims)
        return signed

    def close(self) -> None:
        self._web.close()


def body_of(outgoing: Outgoing) -> str:
    """What the app's service worker is given."""
    message = outgoing.message
    said = {
        "title": message.subject[:200],
        "body": message.text[:LONGEST_TEXT] if message.pace == Pace.NOW else message.short,
        "url": message.url,
        "tag": message.key,
        "pace": message.pace.value,
    }
    return json.dumps(said, ensure_ascii=False)
