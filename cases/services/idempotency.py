"""A request that is sent twice acts once: its key is written in the transaction of its effect, and who comes second
gets the first one's reply."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg.types.json import Jsonb

from cases.errors import KeyReused
from cases.models import IdempotencyKey

from .inserts import send

# Whoever comes second waits here for the first one's end, and inserts only where that was rolled back.
CLAIM = """
    INSERT INTO cases_idempotencykey (scope, key, fingerprint, status, body, at)
    VALUES ($1, $2, $3, NULL, NULL, now()) ON CONFLICT (scope, key) DO NOTHING RETURNING id
"""
KEEP = "UPDATE cases_idempotencykey SET status = $2, body = $3 WHERE id = $1"

KEPT = timedelta(days=14)
"""How long a request can be repeated: longer than a phone lies in a drawer with what it sent and heard no answer to."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered: HTTP status and body, the latter as JSON can say it. `replayed`: answered before."""

    status: int
    body: Any
    replayed: bool = False


def fingerprint_of(parts: Iterable[bytes]) -> str:
    """What makes two requests the same one. Keyed like the reporters' phones: a plain hash over a body in which
    only a phone is unknown would give the phone away."""
    digest = hmac.new(settings.REPORTER_HASH_KEY.encode(), digestmod=hashlib.sha256)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def once(scope: str, key: str, fingerprint: str, act: Callable[[], Reply]) -> Reply:
    """The reply of `act`, which runs in one transaction with the key; or the reply that the key has already.

    `scope` is whose key it is; an empty key is none: `act` runs each time. A refusal keeps nothing, so that the
    request may be mended and sent again under the same key.
    Raises KeyReused where the key came with another request; what `act` raises; OperationalError where the first
    request with this key takes too long.
    """
    with transaction.atomic():
        if not key:
            return act()
        row_id = _claim(scope, key, fingerprint)
        if row_id is None:
            return _kept(scope, key, fingerprint)
        reply = act()
        send(KEEP, row_id, reply.status, Jsonb(reply.body))
        return reply


Keep = Callable[[Reply], tuple[IdempotencyKey, ...]]
"""Makes of a reply the rows that keep it: none where the request has no key."""


def once_written(scope: str, key: str, fingerprint: str, act: Callable[[Keep], Reply]) -> Reply:
    """As `once`, for an act that only adds rows: it writes them and those of `keep` by one statement, and so spares
    the claim and the transaction around it. Whoever comes second is refused by the key that is there already, and what
    they would have added with it."""

    def keep(reply: Reply) -> tuple[IdempotencyKey, ...]:
        if not key:
            return ()
        return (IdempotencyKey(scope=scope, key=key, fingerprint=fingerprint, status=reply.status, body=reply.body),)

    try:
        return act(keep)
    except Exception:
        # For whatever reason: what was answered once is answered again
        if key and IdempotencyKey.objects.filter(scope=scope, key=key).exists():
            return _kept(scope, key, fingerprint)
        raise


def _claim(scope: str, key: str, fingerprint: str) -> int | None:
    row = send(CLAIM, scope, key, fingerprint).fetchone()
    return int(row[0]) if row else None


def _kept(scope: str, key: str, fingerprint: str) -> Reply:
    kept = IdempotencyKey.objects.get(scope=scope, key=key)
    if not hmac.compare_digest(kept.fingerprint, fingerprint):
        raise KeyReused(_("this Idempotency-Key came with another request before: use a new one for a new request"))
    return replace(Reply(kept.status or 200, kept.body), replayed=True)


def forget_keys(at: datetime | None = None) -> int:
    """Deletes the keys that are KEPT old at a moment (None: now), with their replies; how many there were."""
    return IdempotencyKey.objects.filter(at__lt=(at or timezone.now()) - KEPT).delete()[0]
