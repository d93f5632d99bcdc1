"""Sends what waits: claims due deliveries under a lease, and marks each one sent only after the server has taken it.

A worker that dies while sending leaves its lease to run out, and the delivery is tried again, with the same
Message-ID.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from cases.querysets import reaches
from grids.territory import territories_of
from notifications.mail import Mailer, Unreachable, described, mail_of
from notifications.models import Delivery

logger = logging.getLogger(__name__)
BATCH = 50
LEASE = timedelta(minutes=10)
"""How long a worker may keep what it has claimed."""
WORKING_TIME = timedelta(minutes=5)
"""How long it goes on with a batch; the rest of the lease is for the mail it is sending then."""
BACKOFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=8),
)
"""Waits between the attempts."""
MOST_ATTEMPTS = len(BACKOFF) + 1


@dataclass(slots=True)
class Sent:
    """What a run did: deliveries sent, postponed after an error, and given up."""

    sent: int = 0
    postponed: int = 0
    given_up: int = 0


def send_deliveries(*, at: datetime | None = None, batch: int = BATCH) -> Sent:
    """Sends all that is due by `at` (None means now), until nothing is left or the server cannot be reached."""
    done = Sent()
    while claimed := _claim(at or timezone.now(), batch):
        if not _send_batch(claimed, at or timezone.now(), done):
            break
    return done


def _claim(now: datetime, batch: int) -> list[Delivery]:
    """Due deliveries that nobody else is sending. No lock outlives this: a mail server may take its time."""
    with transaction.atomic():
        due = Delivery.objects.due(now).select_for_update(skip_locked=True)
        keys = list(due.values_list("pk", flat=True)[:batch])
        Delivery.objects.filter(pk__in=keys).update(next_attempt_at=now + LEASE, attempts=F("attempts") + 1)
    return list(Delivery.objects.filter(pk__in=keys).with_case().order_by("pk"))


def _send_batch(claimed: list[Delivery], now: datetime, done: Sent) -> bool:
    """Whether the server could be reached and there was time for all."""
    ends = monotonic() + WORKING_TIME.total_seconds()
    waiting = _entitled(claimed, now, done)
    with Mailer() as mailer:
        for place, delivery in enumerate(waiting):
            if monotonic() > ends:
                _release(waiting[place:], now)
                return False
            try:
                _send(mailer, delivery, now, done)
            except Unreachable as error:
                for left in waiting[place:]:
                    _postpone(left, str(error), now, done)
                return False
    return True


def _entitled(claimed: list[Delivery], now: datetime, done: Sent) -> list[Delivery]:
    """Those whose recipients may still see the case, as hours may have passed since they were told; without those
    that no worker came back from."""
    sight = territories_of((d.item.user for d in claimed), timezone.localdate(now))
    entitled = []
    for delivery in claimed:
        if not reaches(sight[delivery.item.user_id], delivery.item.event.case):
            _give_up(delivery, "the recipient may no longer see the case", done)
        elif delivery.attempts > MOST_ATTEMPTS:
            _give_up(delivery, "no worker came back from sending it", done)
        else:
            entitled.append(delivery)
    return entitled


def _send(mailer: Mailer, delivery: Delivery, now: datetime, done: Sent) -> None:
    try:
        mailer.send(mail_of(delivery))
    except Unreachable:
        raise
    except Exception as error:  # noqa: BLE001  # whatever is wrong with one mail must not keep the others
        _postpone(delivery, described(error), now, done)
        return
    _record(delivery, state=Delivery.State.SENT, sent_at=timezone.now(), next_attempt_at=None, error="")
    done.sent += 1


def _postpone(delivery: Delivery, error: str, now: datetime, done: Sent) -> None:
    logger.warning("delivery %s failed at attempt %s: %s", delivery.pk, delivery.attempts, error.partition(":")[0])
    if delivery.attempts >= MOST_ATTEMPTS:
        _give_up(delivery, error, done)
        return
    _record(delivery, next_attempt_at=now + BACKOFF[delivery.attempts - 1], error=error[:300])
    done.postponed += 1


def _give_up(delivery: Delivery, error: str, done: Sent) -> None:
    _record(delivery, state=Delivery.State.FAILED, next_attempt_at=None, error=error[:300])
    done.given_up += 1


def _record(delivery: Delivery, **outcome: Any) -> None:
    """Never against an outcome that is known: another worker may have taken over after our lease."""
    Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.WAITING).update(**outcome)


def _release(deliveries: list[Delivery], now: datetime) -> None:
    """Back in the queue, untried."""
    rows = Delivery.objects.filter(pk__in=[d.pk for d in deliveries], state=Delivery.State.WAITING)
    rows.update(next_attempt_at=now, attempts=F("attempts") - 1)
