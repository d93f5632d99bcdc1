"""A light load through the web: cases are logged, dispatched, signed and reported on, and whatever gets no answer is
sent again under its Idempotency-Key until it has one."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bench.chaos.crew import HOST

AGAIN_AFTER_SECONDS = 0.25
ANSWER_SECONDS = 15
CALL = "/api/v1/cases/"


@dataclass(slots=True)
class Wish:
    """One thing that was asked for, under one key. `status` 0: no answer yet."""

    key: str
    action: str
    status: int = 0
    attempts: int = 0


@dataclass
class Visitors:
    """So many at once, until told to stop. `tokens` by who acts; `cells` are codes of grids."""

    port: int
    tokens: dict[str, str]
    lead: int
    cells: list[str]
    seed: int
    pause: float
    wishes: list[Wish] = field(default_factory=list)
    _leave: threading.Event = field(default_factory=threading.Event)
    _give_up: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def come(self, number: int) -> None:
        """They start."""
        for place in range(number):
            thread = threading.Thread(target=self._visit, args=(random.Random(f"{self.seed}/{place}"),), daemon=True)
            thread.start()
            self._threads.append(thread)

    def leave(self, within: float) -> None:
        """No new cases; what was asked for is asked until answered, for so many seconds at most."""
        self._leave.set()
        ends = time.monotonic() + within
        for thread in self._threads:
            thread.join(max(0.0, ends - time.monotonic()))
        self._give_up.set()

    def _visit(self, dice: random.Random) -> None:
        while not self._leave.wait(dice.uniform(0.5, 1.5) * self.pause):
            said = {"title": "", "text": "路灯不亮", "grid": dice.choice(self.cells), "urgency": "emergency"}
            answer = self._ask("submit", "dispatcher", CALL, said, "title")
            if answer is None:
                continue
            address = f"{CALL}{answer['number']}/actions/"
            self._ask("dispatch", "dispatcher", f"{address}dispatch/", {"lead": self.lead}, "note")
            for action in ("sign", "progress", "progress"):
                self._leave.wait(dice.uniform(0.0, 1.5) * self.pause)
                self._ask(action, "officer", f"{address}{action}/", {}, "note")

    def _ask(self, action: str, who: str, path: str, said: dict[str, Any], marked: str) -> dict[str, Any] | None:
        """The answer, however often it takes; None for a refusal. The key is also said in the field `marked`, so that
        the database shows how often the wish was granted."""
        wish = Wish(uuid.uuid4().hex, action)
        self.wishes.append(wish)
        send = self._sender(path, said | {marked: wish.key}, wish.key, self.tokens[who])
        while not self._give_up.is_set():
            wish.attempts += 1
            status, body = send()
            if 0 < status < 500 and body.get("type") != "urn:govgrid:problem:busy":
                wish.status = status
                return body if status < 300 else None
            self._give_up.wait(AGAIN_AFTER_SECONDS)
        return None

    def _sender(
        self, path: str, said: dict[str, Any], key: str, token: str
    ) -> Callable[[], tuple[int, dict[str, Any]]]:
        headers = {"Content-Type": "application/json", "Authorization": f"Token {token}", "Idempotency-Key": key}
        url, data = f"http://{HOST}:{self.port}{path}", json.dumps(said).encode()

        def send() -> tuple[int, dict[str, Any]]:
            request = urllib.request.Request(url, data, headers, method="POST")
            try:
                with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:  # noqa: S310  # our own http address
                    return answer.status, json.load(answer)
            except urllib.error.HTTPError as refusal:
                return refusal.code, _problem(refusal)
            except (OSError, ValueError, http.client.HTTPException):  # no answer, or half of one
                return 0, {}

        return send


def _problem(refusal: urllib.error.HTTPError) -> dict[str, Any]:
    """What a refusal says; a web that is breaking down says it in HTML."""
    try:
        said: dict[str, Any] = json.load(refusal)
    except (OSError, ValueError, http.client.HTTPException):
        return {}
    return said
