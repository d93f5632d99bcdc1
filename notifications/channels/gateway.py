"""Short messages by a gateway of the city's own: a JSON document, posted and signed. The gateway answers 2xx when it
has taken the message, with {"id": …} where it has one."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

from . import web
from .base import Outgoing

BAD_NUMBER = (404, 410)


def send(session: web.Web, credentials: dict[str, str], options: dict[str, Any], outgoing: Outgoing) -> str:
    """The gateway's id. As `Sender.send`. `Idempotency-Key` is the same when the message is repeated."""
    message = outgoing.message
    said = {"to": outgoing.address, "text": message.short, "url": message.url, "key": message.key}
    if outgoing.code:
        said["code"] = outgoing.code
    body, at = json.dumps(said, ensure_ascii=False).encode(), str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": message.key,
        "X-Timestamp": at,
        "X-Signature": signature(credentials["secret"], at, body),
    }
    try:
        response = session.post(options["url"], data=body, headers=headers)
    except Exception as error:
        raise web.trouble(error) from error
    web.judge(response, dead=BAD_NUMBER)
    try:
        return str(response.json()["id"])[:200]
    except (ValueError, KeyError, TypeError):
        return ""


def signature(secret: str, at: str, body: bytes) -> str:
    """HMAC-SHA256 over the timestamp, a dot and the body, in hexadecimal."""
    return hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
