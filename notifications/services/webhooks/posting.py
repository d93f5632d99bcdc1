"""One post: signed after Standard Webhooks, to the very address that was checked, without following where it points."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from django.utils import timezone
from standardwebhooks import Webhook

from notifications.channels.base import Refused
from notifications.channels.web import Web, trouble, wait_of
from notifications.models import WebhookEndpoint
from notifications.sealing import unseal_text

GONE = 410


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a post. `status` is None without an answer; `after` is how many seconds the receiver asks us to
    wait; `hopeless` says that no later attempt can do better."""

    status: int | None
    milliseconds: int
    error: str = ""
    after: float | None = None
    hopeless: bool = False

    @property
    def taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def secrets_of(endpoint: WebhookEndpoint, now: datetime) -> tuple[str, ...]:
    """The secret, and until its time is over the one before."""
    secrets = [unseal_text(endpoint.secret_sealed)]
    if endpoint.old_secret_sealed and endpoint.old_secret_until and endpoint.old_secret_until > now:
        secrets.append(unseal_text(endpoint.old_secret_sealed))
    return tuple(secrets)


def post(web: Web, url: str, secrets: tuple[str, ...], message_id: str, payload: dict[str, Any]) -> Answer:
    """Posts once. Never raises for what the other side does; reads nothing from the database."""
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    began = monotonic()
    try:
        response = web.post(url, data=body.encode(), headers=signed(secrets, message_id, body))
    except Exception as error:  # noqa: BLE001  # whatever goes wrong with one address is its own affair
        found = trouble(error)
        return Answer(None, _since(began), str(found), hopeless=isinstance(found, Refused))
    status = response.status_code
    said = "" if 200 <= status < 300 else f"HTTP {status}" + (": a redirect" if 300 <= status < 400 else "")
    return Answer(status, _since(began), said, wait_of(response), hopeless=status == GONE)


def signed(secrets: tuple[str, ...], message_id: str, body: str) -> dict[str, str]:
    """The headers of this attempt: the id stays, moment and signatures are its own."""
    now = timezone.now().astimezone(UTC)
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(message_id, now, body) for secret in secrets),
    }


def _since(began: float) -> int:
    return round((monotonic() - began) * 1000)
