"""What became of a message: written for all of its deliveries at once, and never against an outcome that is known."""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F

from notifications.channels.base import Refused
from notifications.choices import Pace
from notifications.models import Contact, Delivery

from .claims import Letter

logger = logging.getLogger(__name__)
MOST_ATTEMPTS = 6
FIRST_WAIT = {Pace.NOW: timedelta(seconds=5)}
"""Between the first two attempts; a minute where none is said."""
ORDINARY_WAIT = timedelta(minutes=1)
GROWTH = 5
LONGEST_WAIT = timedelta(hours=8)
JITTER = 0.25
"""What fell together does not come back together: waits are longer by up to so much of themselves."""
_dice = random.SystemRandom()


@dataclass(slots=True)
class Sent:
    """What a run did: deliveries sent, postponed after an error, kept back because their provider is closed or busy,
    and given up; and how many messages went out."""

    sent: int = 0
    postponed: int = 0
    kept_back: int = 0
    given_up: int = 0
    messages: int = 0

    def __iadd__(self, other: Sent) -> Sent:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self


def wait_after(attempts: int, pace: str, *, wished: float | None = None) -> timedelta:
    """How long to wait after so many attempts: five times as long each time, up to eight hours, with jitter; and never
    shorter than the provider wishes, in seconds."""
    first = FIRST_WAIT.get(Pace(pace), ORDINARY_WAIT)
    wait = min(first * GROWTH ** (attempts - 1), LONGEST_WAIT)
    return max(wait, timedelta(seconds=wished or 0)) * (1 + JITTER * _dice.random())


SENT = """
    UPDATE notifications_delivery
    SET state = 'sent', sent_at = clock_timestamp(), next_attempt_at = NULL, provider_id = %s, error = ''
    WHERE id = ANY (%s) AND state = 'waiting'
"""


def note_sent(letter: Letter, provider_id: str, done: Sent) -> None:
    """The provider has taken it. In plain SQL: this is what every single message costs."""
    with connection.cursor() as cursor:
        cursor.execute(SENT, [provider_id[:200], letter.pks])
    done.sent += len(letter.deliveries)
    done.messages += 1


def postpone(letter: Letter, error: str, now: datetime, done: Sent, *, wished: float | None = None) -> None:
    """Tried in vain: again after a while, unless it was tried often enough."""
    logger.warning("message %s failed at attempt %s: %s", letter.key, letter.attempts, error.partition(":")[0])
    if letter.attempts >= MOST_ATTEMPTS:
        give_up(letter, error, done)
        return
    at = now + wait_after(letter.attempts, letter.first.pace, wished=wished)
    _record(letter.pks, next_attempt_at=at, error=error[:300])
    done.postponed += len(letter.deliveries)


def keep_back(letters: Sequence[Letter], until: datetime, done: Sent, error: str = "") -> None:
    """Untried, or tried in vain through no fault of theirs: in line again from `until` on."""
    pks = [pk for letter in letters for pk in letter.pks]
    said = {"error": error[:300]} if error else {}
    _record(pks, next_attempt_at=until, attempts=F("attempts") - 1, **said)
    done.kept_back += len(pks)


def refuse(letter: Letter, refused: Refused, error: str, now: datetime, done: Sent) -> None:
    """Not tried again; nothing else is sent to an address that is no more."""
    contact = letter.first.contact_id
    if refused.dead and contact:
        Contact.objects.filter(pk=contact, dead_at=None).update(dead_at=now, error=error[:300])
    give_up(letter, error, done)


def give_up(letter: Letter, error: str, done: Sent, only: Sequence[Delivery] | None = None) -> None:
    """For good: what was to be said stays visible as a delivery given up. `only` some deliveries of the message."""
    pks = letter.pks if only is None else [delivery.pk for delivery in only]
    _record(pks, state=Delivery.State.FAILED, next_attempt_at=None, error=error[:300])
    done.given_up += len(pks)


def _record(pks: Sequence[int], **outcome: Any) -> None:
    """Another worker may have taken over after our lease."""
    Delivery.objects.filter(pk__in=pks, state=Delivery.State.WAITING).update(**outcome)
