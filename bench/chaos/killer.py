"""Who is killed when: random, but the same for the same seed, and everybody's turn comes."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import psycopg

from bench.chaos.crew import Crew
from bench.chaos.servers import Servers
from bench.databases import say

DECK = ("worker", "worker", "workers", "beat", "valkey", "postgres", "backend", "web")
"""One round of blows: a worker, all workers, all beats, …; `backend` is one connection's process of PostgreSQL."""
WORK_SECONDS = 30
"""How long the next blow waits at most for the last one to be overcome."""
WORK = """
    SELECT (SELECT coalesce(max(id), 0) FROM cases_stepfiring),
        (SELECT count(*) FROM cases_deadline WHERE fire_at <= clock_timestamp())
"""


class Killer:
    """Deals blows until its time is over, and everybody's turn has come unless `whole_rounds` is False. `pace` is about
    how many seconds lie between two."""

    def __init__(self, servers: Servers, crew: Crew, seed: int, pace: float, *, whole_rounds: bool = True) -> None:
        self.servers = servers
        self.crew = crew
        self.pace = pace
        self.everybody = frozenset(DECK if whole_rounds else ())
        self.kills: Counter[str] = Counter()
        self._dice = random.Random(seed)
        self._pause = threading.Event()

    def rage(self, seconds: float) -> None:
        """Kill, leave it dead for a while, start it again, let it run for a while; for so long, and until everybody's
        turn has come. No blow falls before the last one is overcome, or nobody would be at work to be killed."""
        began = time.monotonic()
        for victim in self._victims():
            self._pause.wait(self._dice.uniform(0.0, 1.0) * self.pace)
            if time.monotonic() - began > seconds and self.kills.keys() >= self.everybody:
                return
            self._strike(victim)
            self.kills[victim] += 1
            say(f"  {timedelta(seconds=int(time.monotonic() - began))} killed: {victim}")
            self._pause.wait(self._dice.uniform(0.0, 1.0) * self.pace)
            self.mend()
            self._await_work()

    def mend(self) -> None:
        """Start everything that does not run."""
        self.servers.start_postgres()
        self.servers.start_valkey()
        self.crew.start()

    def _victims(self) -> Iterator[str]:
        while True:
            yield from self._dice.sample(DECK, len(DECK))

    def _strike(self, victim: str) -> None:
        if victim == "worker":
            self._dice.choice(self.crew.of_kind("worker")).kill()
        elif victim in ("postgres", "backend", "valkey"):
            try:
                getattr(self.servers, f"kill_{victim}")()
            except psycopg.OperationalError as error:  # it is recovering from the last blow
                say(f"  {victim} was down already: {error}")
        else:
            for member in self.crew.of_kind(victim.removesuffix("s")):
                member.kill()

    def _await_work(self) -> None:
        """Until a step has fired since, or none is left to fire; not for ever: the drain will show what is wrong."""
        ends, before = time.monotonic() + WORK_SECONDS, self._work()
        while time.monotonic() < ends:
            fired, left = self._work()
            if fired > before[0] or not left:
                return
            self._pause.wait(0.2)

    def _work(self) -> tuple[int, int]:
        try:
            with self.servers.connect() as link:
                row = link.execute(WORK).fetchone()
        except psycopg.OperationalError:  # it is still recovering
            return 0, 1
        return (row[0], row[1]) if row else (0, 1)
