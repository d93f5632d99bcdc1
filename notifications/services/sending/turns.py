"""The order of sending: channel by channel, provider by provider, so that one that is slow or gone keeps no other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic

from django.db import connection
from django.utils import timezone

from cases.querysets import reaches
from grids.territory import territories_of
from notifications.channels.base import Outgoing, Refused, Sender, TryLater, Unreachable, described
from notifications.choices import Pace
from notifications.composing import compose
from notifications.models import Delivery
from notifications.services import circuits

from .claims import Letter, claim, database_now, due_channels
from .outcomes import MOST_ATTEMPTS, Sent, give_up, keep_back, note_sent, postpone, refuse
from .routes import Route, find_routes

BATCH = 100
TURN_SECONDS = 60.0
"""How long a run goes on with a channel; the next run comes seconds later. Far less than the lease, which must also
cover the message that is under way then."""
PROVIDER_SECONDS = 20.0
"""How long one provider may hold up the others of its channel."""
SOON = timedelta(seconds=5)
Routed = list[tuple[Letter, Route]]


@dataclass(slots=True)
class Turn:
    """A run over one channel. `at` is the moment that it pretends to be, None means now."""

    at: datetime | None
    done: Sent = field(default_factory=Sent)
    senders: dict[str, Sender] = field(default_factory=dict)
    """By their circuits; kept as long as the turn lasts."""

    def now(self) -> datetime:
        return self.at or database_now()

    def sender(self, route: Route) -> Sender:
        if route.key not in self.senders:
            self.senders[route.key] = route.open()
        return self.senders[route.key]

    def close(self) -> None:
        for sender in self.senders.values():
            with suppress(Exception):  # what it had to say has been raised
                sender.close()


def send_deliveries(*, at: datetime | None = None, batch: int = BATCH, side_by_side: bool = False) -> Sent:
    """Sends all that is due by `at` (None means now, by the database's clock), until nothing is left or time is over.

    `side_by_side` gives each channel a thread and a connection to the database of its own: a slow provider of one
    channel then keeps no other channel waiting.
    """
    done, channels = Sent(), due_channels(at or database_now())
    if side_by_side and len(channels) > 1:
        with ThreadPoolExecutor(len(channels)) as pool:
            for one in pool.map(lambda channel: _in_thread(channel, at, batch), channels):
                done += one
        return done
    for channel in channels:
        done += _send_channel(channel, at, batch)
    return done


def _in_thread(channel: str, at: datetime | None, batch: int) -> Sent:
    try:
        return _send_channel(channel, at, batch)
    finally:
        connection.close()


def _send_channel(channel: str, at: datetime | None, batch: int) -> Sent:
    turn, ends = Turn(at), monotonic() + TURN_SECONDS
    try:
        while monotonic() < ends and (letters := claim(channel, now := turn.now(), batch)):
            for key, some in _by_provider(letters, now, turn.done).items():
                _send_over(turn, key, some, min(ends, monotonic() + PROVIDER_SECONDS))
    finally:
        turn.close()
    return turn.done


def _by_provider(letters: list[Letter], now: datetime, done: Sent) -> dict[str, Routed]:
    found: dict[str, Routed] = {}
    for letter, route in find_routes(_entitled(letters, now, done)):
        if isinstance(route, Refused):
            refuse(letter, route, str(route), now, done)
        else:
            found.setdefault(route.key, []).append((letter, route))
    return found


def _entitled(letters: list[Letter], now: datetime, done: Sent) -> list[Letter]:
    """Those whose readers may still see the case, as hours may have passed since they were told; without those that no
    worker came back from."""
    users = [d.user for letter in letters for d in letter.deliveries if d.user is not None]
    sight = territories_of(users, timezone.localdate(now))

    def sees(delivery: Delivery) -> bool:
        if delivery.user is None:
            return True  # a resident, of their own case
        if delivery.item is None:
            return delivery.user.is_active
        return reaches(sight[delivery.user.pk], delivery.item.event.case)

    for letter in letters:
        blind = [delivery for delivery in letter.deliveries if not sees(delivery)]
        if blind:
            give_up(letter, "the recipient may no longer see the case", done, only=blind)
            letter.deliveries = [delivery for delivery in letter.deliveries if delivery not in blind]
    left = [letter for letter in letters if letter.deliveries]
    for letter in left:
        if letter.attempts > MOST_ATTEMPTS:
            give_up(letter, "no worker came back from sending it", done)
    return [letter for letter in left if letter.attempts <= MOST_ATTEMPTS]


def _send_over(turn: Turn, key: str, routed: Routed, ends: float) -> None:
    """Messages of one provider, as long as it lets us."""
    now = turn.now()
    entry = circuits.enter(key, now)
    if entry.closed_until:
        keep_back([letter for letter, _route in routed], entry.closed_until, turn.done)
        return
    urgent = routed[0][0].first.pace == Pace.NOW
    granted, next_at = circuits.reserve(key, len(routed), routed[0][1].per_minute, now, urgent=urgent)
    if granted < len(routed):
        keep_back([letter for letter, _route in routed[granted:]], next_at, turn.done)
    _send_all(turn, key, routed[:granted], ends, probe=entry.probe)


def _send_all(turn: Turn, key: str, routed: Routed, ends: float, *, probe: bool) -> None:
    heard = False
    for place, (letter, route) in enumerate(routed):
        until = turn.now() + SOON if monotonic() > ends else None
        if until is None:
            try:
                _send(turn, letter, route)
            except Unreachable as error:
                until, heard = _away(turn, letter, route, error, probe=probe), False
                place += 1
            else:
                if not heard:
                    circuits.note_success(key)
                probe, heard = False, True
        if until:
            keep_back([letter for letter, _route in routed[place:]], until, turn.done)
            return


def _send(turn: Turn, letter: Letter, route: Route) -> None:
    """One message. Raises Unreachable; whatever else is wrong with it must not keep the others."""
    try:
        provider_id = turn.sender(route).send(Outgoing(route.address, compose(letter.deliveries)))
    except Unreachable:
        raise
    except Refused as refused:
        refuse(letter, refused, route.discreet(str(refused)), turn.now(), turn.done)
    except TryLater as later:
        postpone(letter, route.discreet(str(later)), turn.now(), turn.done, wished=later.after)
    except Exception as error:  # noqa: BLE001
        postpone(letter, route.discreet(described(error)), turn.now(), turn.done)
    else:
        note_sent(letter, provider_id, turn.done)


def _away(turn: Turn, letter: Letter, route: Route, error: Unreachable, *, probe: bool) -> datetime | None:
    """The provider was not there. Once it counts as failing, the message is not to blame: it waits, and another one
    goes first next time, for it may be this one that breaks the provider."""
    now, said = turn.now(), route.discreet(str(error))
    until = circuits.note_failure(route.key, said, now, probe=probe)
    if until is None:
        postpone(letter, said, now, turn.done)
    else:
        keep_back([letter], until + timedelta(seconds=1), turn.done, said)
    return until
