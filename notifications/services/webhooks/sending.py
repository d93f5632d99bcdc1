"""Posts what waits: a few rows of each address at a time under a lease, the addresses beside each other, so that a slow
one keeps no other. Marked as sent only after the receiver has taken it."""

from __future__ import annotations

import logging
import random
from collections import defaultdict
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from notifications.channels.web import Web
from notifications.event_catalogue import payload_of
from notifications.models import WebhookDelivery, WebhookEndpoint
from notifications.querysets import message_columns

from .planning import held_until
from .posting import Answer, post, secrets_of

logger = logging.getLogger(__name__)
AT_ONCE = 8
"""Addresses that one run posts to beside each other."""
PER_ADDRESS = 25
LEASE = timedelta(minutes=5)
GROUP_SECONDS = 60.0
"""How long a run stays with one address before it looks at the others again."""
SLACK_SECONDS = 40.0
"""More than the last post may take that began in time."""
FAILURES_IN_A_ROW = 2
"""Then the address is left alone for a while, untried rows and all."""
BACKOFF = tuple(timedelta(seconds=seconds) for seconds in (5, 60, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400))
"""Waits between the attempts, as Standard Webhooks proposes them: three days in all. Each is spread by JITTER."""
MOST_ATTEMPTS = len(BACKOFF) + 1
JITTER = 0.2
LEFT_ALONE = timedelta(minutes=1)
LONGEST_WISH = timedelta(days=1)


@dataclass(slots=True)
class WebhooksSent:
    """What a run did: posts taken, postponed, and given up; addresses that it paused."""

    sent: int = 0
    postponed: int = 0
    given_up: int = 0
    paused: int = 0


@dataclass(frozen=True, slots=True)
class Post:
    """One row, ready to be posted by a thread that asks no database."""

    delivery: WebhookDelivery
    url: str
    secrets: tuple[str, ...]
    payload: dict[str, object]


def send_webhooks(*, at: datetime | None = None) -> WebhooksSent:
    """Posts all that is due by `at` (None means now), until nothing is left. Any number may run; at one address only
    one does."""
    done, ends = WebhooksSent(), monotonic() + LEASE.total_seconds() / 2
    while monotonic() < ends:
        mine = _addresses(at or timezone.now())
        if not mine:
            break
        try:
            _send_round(_claim(mine, at or timezone.now()), at, done)
        finally:
            cache.delete_many([_key(pk) for pk in mine])
    return done


def _key(endpoint_id: int) -> str:
    """Held while a run posts to an address. Only so that a slow one does not occupy every worker: what was claimed is
    held by the rows themselves."""
    return f"webhook:{endpoint_id}"


DUE = """
    SELECT e.id FROM notifications_webhookendpoint e WHERE EXISTS (
        SELECT FROM notifications_webhookdelivery d WHERE d.endpoint_id = e.id AND d.next_attempt_at <= %s
    ) ORDER BY e.id
"""


def _addresses(now: datetime) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(DUE, [now])
        due = [pk for (pk,) in cursor.fetchall()]
    random.shuffle(due)
    mine: list[int] = []
    for pk in due:
        if len(mine) < AT_ONCE and cache.add(_key(pk), 1, timeout=int(GROUP_SECONDS + 2 * SLACK_SECONDS)):
            mine.append(pk)
    return mine


CLAIM = """
    UPDATE notifications_webhookdelivery SET next_attempt_at = %(until)s, attempts = attempts + 1
    WHERE id IN (
        SELECT due.id FROM unnest(%(endpoints)s::bigint[]) AS e (id) CROSS JOIN LATERAL (
            SELECT d.id FROM notifications_webhookdelivery d
            WHERE d.endpoint_id = e.id AND d.next_attempt_at <= %(now)s
            ORDER BY d.next_attempt_at, d.id LIMIT %(most)s FOR UPDATE SKIP LOCKED
        ) due
    ) RETURNING id
"""


def _claim(endpoints: list[int], now: datetime) -> list[WebhookDelivery]:
    values: dict[str, Any] = {"endpoints": endpoints, "now": now, "until": now + LEASE, "most": PER_ADDRESS}
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, values)
        keys = [pk for (pk,) in cursor.fetchall()]
    rows = WebhookDelivery.objects.filter(pk__in=keys).select_related("endpoint", "event__case")
    return list(rows.defer(*message_columns("event__case__")).order_by("pk"))


def _send_round(claimed: list[WebhookDelivery], at: datetime | None, done: WebhooksSent) -> None:
    groups: dict[WebhookEndpoint, list[Post]] = defaultdict(list)
    for delivery in claimed:
        if not delivery.endpoint.active:
            _give_up(delivery, Answer(None, 0, "the address was paused for too long"), done)
        elif delivery.attempts > MOST_ATTEMPTS:
            _give_up(delivery, Answer(None, 0, "no worker came back from posting it"), done)
        else:
            groups[delivery.endpoint].append(_post(delivery, at or timezone.now()))
    if not groups:
        return
    pool = ThreadPoolExecutor(len(groups), thread_name_prefix="webhooks")
    answers: dict[WebhookEndpoint, list[Answer]] = {endpoint: [] for endpoint in groups}
    running: list[Future[None]] = [
        pool.submit(_post_all, posts, answers[endpoint]) for endpoint, posts in groups.items()
    ]
    wait(running, timeout=GROUP_SECONDS + SLACK_SECONDS)
    pool.shutdown(wait=False)  # whoever drips an answer for ever keeps a thread, and nothing else
    for endpoint, posts in groups.items():
        came = list(answers[endpoint]) or [Answer(None, round(GROUP_SECONDS * 1000), "no answer in time")]
        _record_group(endpoint, posts, came, at or timezone.now(), done)


def _post(delivery: WebhookDelivery, now: datetime) -> Post:
    endpoint, event = delivery.endpoint, delivery.event
    return Post(delivery, endpoint.url, secrets_of(endpoint, now), payload_of(event, event.case))


def _post_all(posts: list[Post], answers: list[Answer]) -> None:
    """In a thread of its own: one after the other over one connection, until time or patience ends."""
    ends, failures = monotonic() + GROUP_SECONDS, 0
    with Web() as web:
        for said in posts:
            answer = post(web, said.url, said.secrets, f"evt_{said.delivery.event_id}", said.payload)
            answers.append(answer)
            failures = 0 if answer.taken else failures + 1
            if failures >= FAILURES_IN_A_ROW or answer.hopeless or monotonic() > ends:
                return


def _record_group(
    endpoint: WebhookEndpoint, posts: list[Post], answers: list[Answer], now: datetime, done: WebhooksSent
) -> None:
    untried = [said.delivery for said in posts[len(answers) :]]
    for said, answer in zip(posts, answers, strict=False):
        _record(said.delivery, answer, now, done)
    failing = not answers[-1].taken
    _release(untried, now + LEFT_ALONE if failing else now)
    _judge(endpoint, answers, now, done)
    if failing:
        rows = WebhookDelivery.objects.filter(endpoint=endpoint, next_attempt_at__lte=now)
        rows.update(next_attempt_at=now + LEFT_ALONE)


def _record(delivery: WebhookDelivery, answer: Answer, now: datetime, done: WebhooksSent) -> None:
    if answer.taken:
        _write(delivery, answer, state=WebhookDelivery.State.SENT, sent_at=timezone.now(), next_attempt_at=None)
        done.sent += 1
    elif answer.hopeless or delivery.attempts >= MOST_ATTEMPTS:
        _give_up(delivery, answer, done)
    else:
        _write(delivery, answer, next_attempt_at=now + _wait(delivery.attempts, answer))
        done.postponed += 1


def _wait(attempts: int, answer: Answer) -> timedelta:
    """The next wait, spread so that a thousand that failed together do not come back together; never sooner than the
    receiver asks."""
    planned = BACKOFF[attempts - 1] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311  nothing secret
    return max(planned, min(timedelta(seconds=answer.after or 0), LONGEST_WISH))


def _give_up(delivery: WebhookDelivery, answer: Answer, done: WebhooksSent) -> None:
    _write(delivery, answer, state=WebhookDelivery.State.FAILED, next_attempt_at=None)
    done.given_up += 1


def _write(delivery: WebhookDelivery, answer: Answer, **outcome: object) -> None:
    """Never against an outcome that is known: another worker may have taken over after our lease."""
    said = {"answer_status": answer.status, "answer_ms": answer.milliseconds, "error": answer.error[:300]}
    WebhookDelivery.objects.filter(pk=delivery.pk, state=WebhookDelivery.State.WAITING).update(**said | outcome)


def _release(deliveries: list[WebhookDelivery], until: datetime) -> None:
    """Back in the queue, untried."""
    rows = WebhookDelivery.objects.filter(
        pk__in=[delivery.pk for delivery in deliveries], state=WebhookDelivery.State.WAITING
    )
    rows.update(next_attempt_at=until, attempts=F("attempts") - 1)


def _judge(endpoint: WebhookEndpoint, answers: list[Answer], now: datetime, done: WebhooksSent) -> None:
    """One that takes something is well; one that has taken nothing for days, or says that it is gone, is paused."""
    rows = WebhookEndpoint.objects.filter(pk=endpoint.pk)
    if any(answer.taken for answer in answers):
        if endpoint.failing_since is not None:
            rows.update(failing_since=None)
        return
    since = endpoint.failing_since or now
    days = timedelta(days=settings.WEBHOOK_PAUSE_DAYS)
    if any(answer.hopeless for answer in answers) or now - since >= days:
        logger.error("webhook %s is paused: it has failed since %s", endpoint.pk, since)
        with transaction.atomic():
            rows.update(active=False, paused_at=now, failing_since=since)
            hold_back(endpoint, now)
        done.paused += 1
    elif endpoint.failing_since is None:
        rows.update(failing_since=now)


def hold_back(endpoint: WebhookEndpoint, now: datetime) -> None:
    """What waits for a paused address waits with it."""
    rows = WebhookDelivery.objects.filter(endpoint=endpoint, state=WebhookDelivery.State.WAITING)
    rows.update(next_attempt_at=held_until(now))
