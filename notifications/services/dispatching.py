"""From events to inbox lines: claims the outbox oldest first, tells whom the table names, and takes the event out of
the outbox, in one transaction. Any number of workers may run."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from cases.models import CaseEvent, PendingEvent
from notifications.querysets import message_columns
from notifications.roster import recipients

from .alarms import raise_alarms
from .notices import write_notices
from .planning import Planner, write_lines
from .webhooks import plan_webhooks

logger = logging.getLogger(__name__)
BATCH = 500
SET_ASIDE_FOR = timedelta(minutes=10)
DATABASE_AWAY = (InterfaceError, OperationalError)
"""Says nothing against any event: all of them stay in the outbox, and nobody is alarmed about one."""


@dataclass(slots=True)
class Dispatched:
    """What a run did: events dealt with, persons told, and events set aside because they failed."""

    events: int = 0
    told: int = 0
    set_aside: int = 0


def dispatch_events(batch: int = BATCH, *, at: datetime | None = None) -> Dispatched:
    """Tells everybody of everything that has happened. `at` is when they are told; None means now, by the database's
    clock."""
    done = Dispatched()
    while _dispatch_batch(batch, at, done):
        pass
    return done


def _dispatch_batch(batch: int, at: datetime | None, done: Dispatched) -> bool:
    with transaction.atomic(savepoint=False):
        claimed, now = _claim(batch, at)
        try:
            _tell(claimed, now, done)
        except DATABASE_AWAY:
            raise
        except Exception:  # noqa: BLE001  # one of them is poisoned: alone, each shows whether it is the one
            for event in claimed:
                _tell_or_set_aside(event, now, done)
    return bool(claimed)


def _claim(batch: int, at: datetime | None) -> tuple[list[CaseEvent], datetime]:
    """The oldest events that nobody else is dealing with, and what time it is. The lock keeps them until the end of the
    transaction: whoever comes second passes by, and finds them gone."""
    due = Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=at or Now())
    waiting = PendingEvent.objects.select_for_update(skip_locked=True).annotate(asked_at=Now())
    rows = list(waiting.filter(due).order_by("pk")[:batch])
    keys = [row.pk for row in rows]
    events = CaseEvent.objects.filter(pk__in=keys).select_related("case").defer(*message_columns("case__"))
    now = at or (rows[0].asked_at if rows else timezone.now())
    return list(events.order_by("pk")), now


def _tell(events: list[CaseEvent], now: datetime, done: Dispatched) -> None:
    with transaction.atomic():
        people = recipients(events, timezone.localdate(now))
        planner = Planner(events, people, now)
        held = raise_alarms(events, people, planner)
        written = write_lines(planner.lines(people, held), now) if people else 0
        write_notices(events, planner)
        plan_webhooks(events, now)
        PendingEvent.objects.filter(pk__in=[event.pk for event in events]).delete()
    done.events += len(events)
    done.told += written


def _tell_or_set_aside(event: CaseEvent, now: datetime, done: Dispatched) -> None:
    try:
        _tell([event], now, done)
    except DATABASE_AWAY:
        raise
    except Exception as error:  # it is set aside with its error, shown in admin, and tried again
        logger.exception("event %s of case %s is set aside", event.pk, event.case_id)
        said = f"{type(error).__name__}: {error}"[:2000]
        PendingEvent.objects.filter(pk=event.pk).update(error=said, next_attempt_at=now + SET_ASIDE_FOR)
        done.set_aside += 1
