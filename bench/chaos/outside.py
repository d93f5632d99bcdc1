"""What lies outside: a mail server and a push service on this machine that fail as providers do, one of them for a
third of the run; and the verdict over every message that was to reach them."""

from __future__ import annotations

import base64
import json
import os
import threading
import time
from collections import Counter

import psycopg

from bench.chaos.judge import Verdict
from bench.chaos.servers import Servers
from bench.databases import say
from bench.receivers import HOST, Answer, MailServer, Sink

PUSHED = 5
"""One in so many people has a device besides."""
BAD_DAYS = (
    Answer(500), Answer(429, headers={"Retry-After": "1"}), Answer(hangs_up=True), Answer(503), Answer(410),
)  # fmt: skip
BAD_IN = 9
"""One push in so many meets one of these."""
SETTLE_SECONDS = 120
QUIET_SECONDS = 1.5
"""Nothing has moved for so long: whoever still holds a lease is dead."""
SENDS = {"worker": 1, "workers": 0, "postgres": 0, "backend": 0}
"""Whose death can leave a message sent and not marked, and in how many workers; 0: in all of them. A worker has one
message under way on each of two channels."""


class Outside:
    """Both receivers."""

    def __init__(self) -> None:
        self.mail, self.push = MailServer(), Sink()
        os.environ |= {
            "EMAIL_URL": f"smtp://{HOST}:{self.mail.port}",
            "TELLING_PRIVATE_HOSTS": HOST,
            "WEB_PUSH_PRIVATE_KEY": base64.urlsafe_b64encode(os.urandom(32)).rstrip(b"=").decode(),
        }
        self._over = threading.Event()

    def open(self) -> None:
        """From now on both answer."""
        self.mail.start()
        self.push.usual = Answer(201)
        self.push.start()

    def misbehave(self, seconds: float) -> None:
        """For so long: pushes meet a bad day now and then, and no mail gets through in the middle of it."""

        def live() -> None:
            if not self._over.wait(seconds / 3):
                say("  the mail server is gone")
                self.mail.stop()
                self._over.wait(seconds / 3)
                self.mail.start()
                say("  the mail server is back")

        for number in range(400):
            self.push.upset[(number + 1) * BAD_IN] = BAD_DAYS[number % len(BAD_DAYS)]
        threading.Thread(target=live, daemon=True).start()

    def close(self) -> None:
        """The end of both."""
        self._over.set()
        self.mail.stop()
        self.push.stop()


def give_ways(push_url: str) -> None:
    """Who of the people is told over what, at any hour and at once."""
    from django.db.models import F, Value
    from django.db.models.functions import Concat, Mod
    from django.utils import timezone

    from grids.models import Grid, User
    from notifications.addresses import identity_of, masked
    from notifications.choices import Channel, Pace
    from notifications.models import Contact, Preference, TellingHours
    from notifications.sealing import seal_text

    User.objects.update(email=Concat("username", Value("@example.org")))
    point = base64.urlsafe_b64encode(_some_point()).rstrip(b"=").decode()
    keys = {"p256dh": point, "auth": base64.urlsafe_b64encode(b"a" * 16).rstrip(b"=").decode()}
    contacts = []
    for pk in User.objects.annotate(place=Mod(F("pk"), PUSHED)).filter(place=0).values_list("pk", flat=True):
        address = json.dumps({"endpoint": f"{push_url}/{pk}", "keys": keys})
        sealed, same = seal_text(address), identity_of(Channel.WEB_PUSH, address)
        contacts.append(
            Contact(
                user_id=pk, channel=Channel.WEB_PUSH, address_sealed=sealed, address_hash=same,
                masked=masked(Channel.WEB_PUSH, address), least=Pace.LATER, verified_at=timezone.now(),
            )
        )  # fmt: skip
    Contact.objects.bulk_create(contacts)
    Preference.objects.bulk_create(
        (Preference(user_id=pk, digest_minutes=0) for pk in User.objects.values_list("pk", flat=True)),
        ignore_conflicts=True,
    )
    for city in Grid.objects.filter(depth=1):
        TellingHours.objects.update_or_create(grid=city, defaults={"wakes_at": "00:00", "sleeps_at": "23:59:59"})


def _some_point() -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


STATE = """
    SELECT count(*), count(*) FILTER (WHERE next_attempt_at <= clock_timestamp()), coalesce(sum(attempts), 0)
    FROM notifications_delivery WHERE state = 'waiting'
"""
HASTEN = (
    "UPDATE notifications_delivery SET next_attempt_at = clock_timestamp() WHERE state = 'waiting'",
    "UPDATE notifications_circuit SET open_until = clock_timestamp() WHERE open_until > clock_timestamp()",
)
"""Makes the minutes pass that leases of the dead, waits and pauses still have to go."""


def settle(servers: Servers) -> bool:
    """Until nothing waits to be sent any more; whether that came true. Only once nothing moves, and so nobody alive
    holds a lease, is time made to pass."""
    ends, pause = time.monotonic() + SETTLE_SECONDS, threading.Event()
    before, since = None, time.monotonic()
    with servers.connect() as link:
        while time.monotonic() < ends:
            now = link.execute(STATE).fetchone()
            if now and not now[0]:
                return True
            if now != before:
                before, since = now, time.monotonic()
            elif time.monotonic() - since > QUIET_SECONDS:
                for statement in HASTEN:
                    link.execute(statement)
                since = time.monotonic()
            pause.wait(0.1)
    return False


def judge_outside(
    verdict: Verdict, link: psycopg.Connection, outside: Outside, kills: Counter[str], workers: int
) -> dict[str, int]:
    """Every delivery sent, with its message at the receiver, or given up with a reason; no message twice but where a
    worker died between the provider's answer and its own mark."""
    came = Counter(mail["Message-ID"].strip("<>").partition("@")[0] for mail in outside.mail.mails)
    mails = len(came)
    for request in outside.push.received:
        if 200 <= request.status < 300:
            came[_uuid(request.headers["Topic"])] += 1
    known, states = set(), Counter[str]()
    for pk, state, key, error in link.execute("SELECT id, state, message_key::text, error FROM notifications_delivery"):
        states[state] += 1
        known.add(key)
        if state == "waiting":
            verdict.blame("outside_lost", f"delivery {pk} still waits: {error}")
        elif state == "sent" and key not in came:
            verdict.blame("outside_lost", f"delivery {pk} counts as sent, and message {key} never came")
        elif state == "failed" and not error:
            verdict.blame("outside_lost", f"delivery {pk} was given up without a reason")
    for key in came.keys() - known:
        verdict.blame("outside_double", f"message {key} belongs to no delivery")
    again = sum(times - 1 for times in came.values())
    bound = 2 * sum(kills[victim] * (count or workers) for victim, count in SENDS.items())
    if again > bound:
        verdict.blame("outside_double", f"{again} messages came again, and at most {bound} can have been under way")
    return {
        "messages": len(came), "mails": mails, "deliveries_sent": states["sent"], "given_up": states["failed"],
        "came_again": again, "at_most": bound,
    }  # fmt: skip


def _uuid(topic: str) -> str:
    return f"{topic[:8]}-{topic[8:12]}-{topic[12:16]}-{topic[16:20]}-{topic[20:]}"
