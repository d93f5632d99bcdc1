"""How many mails a second go to a mail server on this machine, each a message of its own and marked as sent before the
next; beside the plainest sending of the same mails, which writes nothing down. And whether memory stays flat."""

from __future__ import annotations

import argparse
import os
import smtplib
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from multiprocessing import get_context
from typing import Any

import psutil

from bench import crowd, measure
from bench.databases import say
from bench.hands import ready, serve
from bench.receivers import HOST, free_port

MAILS = 5000
CASES = 1000
WARM_UP = 300
TARGET_PER_S = 300


def run(url: str, options: argparse.Namespace) -> dict[str, Any]:
    """The figures, with so many `--workers`."""
    machine = measure.hardware(url)
    crowd.found(url, CASES)
    port = free_port()
    os.environ["EMAIL_URL"] = f"smtp://{HOST}:{port}"
    with mail_server(port) as count, ready(options.workers, _sender) as go:
        plan(WARM_UP)
        go()
        plan(MAILS)
        before = count()
        seconds, said = go()
        taken = count() - before
        floor_s = floor(port, MAILS)
    sent = sum(sent for _grown, sent, _worked in said)
    return {
        "bench": "mails",
        "mails": MAILS,
        "workers": options.workers,
        "mails_per_s": round(sent / seconds, 1),
        "floor_per_s": round(MAILS / floor_s, 1),
        "floor_ratio": round(sent / seconds / (MAILS / floor_s), 3),
        "worker_ms_per_mail": round(1000 * sum(worked for _grown, _sent, worked in said) / max(1, sent), 2),
        "grown_mb": [round(grown / 2**20, 1) for grown, _sent, _worked in said],
        "lost": MAILS - sent,
        "double": taken - sent,
        "hardware": machine,
        "passed": sent == taken == MAILS and sent / seconds >= TARGET_PER_S,
    }


@contextmanager
def mail_server(port: int) -> Iterator[Any]:
    """In a process of its own; calling says how many mails it has taken."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_mail_server, args=(there, port), daemon=True)
    process.start()
    here.recv()

    def count() -> int:
        here.send("count")
        counted: int = here.recv()
        return counted

    try:
        yield count
    finally:
        here.send("stop")
        process.join()


def _mail_server(pipe: Any, port: int) -> None:
    server = Server((HOST, port), Taking)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pipe.send("ready")
    while pipe.recv() == "count":
        pipe.send(server.taken)
    server.shutdown()


class Server(socketserver.ThreadingTCPServer):
    """Counts what it takes; a mail server that does more would be what is measured."""

    allow_reuse_address, daemon_threads = True, True
    taken = 0


class Taking(socketserver.StreamRequestHandler):
    """As much of SMTP as a client needs."""

    disable_nagle_algorithm = True
    server: Server

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        for line in self.rfile:
            word = line[:4].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                for said in self.rfile:
                    if said == b".\r\n":
                        break
                self.server.taken += 1
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 yes\r\n")


def _sender(pipe: Any) -> None:
    """Memory that it grew by, in bytes, how many were sent, and how many seconds it worked for that."""
    import django

    django.setup()
    from notifications.models import Delivery
    from notifications.services import send_deliveries

    me = psutil.Process()

    def work() -> tuple[int, int, float]:
        first, sent, worked = me.memory_info().rss, 0, time.process_time()
        waiting = Delivery.objects.filter(state=Delivery.State.WAITING)
        while waiting.exists():
            sent += send_deliveries().sent
        return me.memory_info().rss - first, sent, time.process_time() - worked

    serve(pipe, work)


def plan(count: int) -> None:
    """So many people, each of whom is to be told of one event by mail, now."""
    from django.utils import timezone

    from cases.models import CaseEvent
    from grids.models import User
    from notifications.choices import Channel, Pace, Reason
    from notifications.models import Delivery, InboxItem
    from notifications.models.deliveries import ACCOUNT

    say(f"Writing {count} mails …")
    first, now = User.objects.count(), timezone.now()
    people = User.objects.bulk_create(
        User(username=f"mail{n}", email=f"mail{n}@example.org", name=f"读者{n}", password="!", is_superuser=True)  # noqa: S106  none
        for n in range(first, first + count)
    )
    events = list(CaseEvent.objects.order_by("pk").values_list("pk", flat=True)[:CASES])
    items = InboxItem.objects.bulk_create(
        InboxItem(user=user, event_id=events[n % len(events)], reason=Reason.DUTY, created_at=now)
        for n, user in enumerate(people)
    )
    Delivery.objects.bulk_create(
        Delivery(
            item=item, user_id=item.user_id, way=ACCOUNT, channel=Channel.EMAIL, pace=Pace.SOON,
            next_attempt_at=now - timedelta(seconds=1),
        )
        for item in items
    )  # fmt: skip


def floor(port: int, count: int) -> float:
    """Seconds for as many mails over one connection."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "govgrid@localhost", "mail@example.org", "路灯不亮"
    mail.set_content("路灯不亮\n截止时间：2026-11-23 14:30\nhttp://localhost:8000/cases/1310-20261122-000121\n")
    began = time.perf_counter()
    with smtplib.SMTP(HOST, port) as link:
        for _ in range(count):
            link.send_message(mail)
    return time.perf_counter() - began
