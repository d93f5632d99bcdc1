"""The addresses themselves: secrets that are shown once and changed with an overlap, pausing, and trying out."""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.errors import BadInput
from notifications.channels.web import Web, check_url
from notifications.event_catalogue import KINDS, trial_payload
from notifications.models import WebhookDelivery, WebhookEndpoint
from notifications.sealing import seal_text

from .posting import Answer, post, secrets_of
from .sending import hold_back

SECRET_BYTES = 32


def new_secret() -> str:
    """As Standard Webhooks spells secrets."""
    return "whsec_" + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def check_endpoint(endpoint: WebhookEndpoint) -> None:
    """Raises BadInput for an address that may not be posted to, and for kinds that there are not."""
    try:
        check_url(endpoint.url)
    except ValueError:
        raise BadInput(
            url=_("must be a public https address; for others, name their host in TELLING_PRIVATE_HOSTS")
        ) from None
    if unknown := sorted(set(endpoint.kinds) - set(KINDS)):
        raise BadInput(kinds=_("no such kinds: %s") % ", ".join(unknown))


@transaction.atomic
def create_endpoint(endpoint: WebhookEndpoint, *, by: Any) -> str:
    """Writes a new address; returns its secret, which is shown this once. Raises BadInput as `check_endpoint`."""
    check_endpoint(endpoint)
    secret = new_secret()
    endpoint.secret_sealed, endpoint.created_by = seal_text(secret), by
    endpoint.save(force_insert=True)
    return secret


def save_endpoint(endpoint: WebhookEndpoint, fields: Iterable[str]) -> None:
    """Writes what was changed of an address. Raises BadInput as `check_endpoint`."""
    check_endpoint(endpoint)
    endpoint.save(update_fields=list(fields))


@transaction.atomic
def change_secret(endpoint: WebhookEndpoint, *, at: datetime | None = None) -> str:
    """A new secret, shown this once; until WEBHOOK_OVERLAP_HOURS have passed, the one before signs too. `at` None
    means now."""
    locked = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
    secret = new_secret()
    locked.old_secret_sealed, locked.secret_sealed = locked.secret_sealed, seal_text(secret)
    locked.old_secret_until = (at or timezone.now()) + timedelta(hours=settings.WEBHOOK_OVERLAP_HOURS)
    locked.save(update_fields=["old_secret_sealed", "secret_sealed", "old_secret_until"])
    return secret


@transaction.atomic
def pause_endpoint(endpoint: WebhookEndpoint, *, at: datetime | None = None) -> None:
    """Nothing is posted there until it is resumed; what happens meanwhile is kept for it. `at` None means now."""
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(active=False)
    hold_back(endpoint, at or timezone.now())


@transaction.atomic
def resume_endpoint(endpoint: WebhookEndpoint, *, at: datetime | None = None) -> int:
    """From now on it is posted to again, first what waited; returns how much that is. `at` None means now."""
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(active=True, paused_at=None, failing_since=None)
    rows = WebhookDelivery.objects.filter(endpoint=endpoint, state=WebhookDelivery.State.WAITING)
    return rows.update(next_attempt_at=at or timezone.now())


def send_again(deliveries: Iterable[WebhookDelivery], *, at: datetime | None = None) -> int:
    """What was sent or given up goes out once more, with its id: a receiver that has it already can tell. Returns how
    many rows. `at` None means now."""
    keys = [delivery.pk for delivery in deliveries]
    rows = WebhookDelivery.objects.filter(pk__in=keys, endpoint__active=True).exclude(
        state=WebhookDelivery.State.WAITING
    )
    waiting = WebhookDelivery.State.WAITING
    return rows.update(state=waiting, attempts=0, next_attempt_at=at or timezone.now(), sent_at=None, error="")


def send_test(endpoint: WebhookEndpoint) -> Answer:
    """Posts a test event at once, and says what came of it. It stands in no log."""
    now = timezone.now()
    message_id = f"test_{secrets.token_hex(8)}"
    with Web() as web:
        return post(web, endpoint.url, secrets_of(endpoint, now), message_id, trial_payload(now.isoformat()))
