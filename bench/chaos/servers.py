"""PostgreSQL and Valkey of a run's own, in its folder, that can be killed and started again at the same address."""

from __future__ import annotations

import contextlib
from pathlib import Path

import psutil
import psycopg

from govgrid.embedded_servers import PostgresServer, ValkeyServer, await_end, running_process

KILLED_WITHIN_SECONDS = 30


class Servers:
    """Both, started by the platform's own code; only the killing is ours."""

    def __init__(self, folder: Path) -> None:
        self.postgres = PostgresServer(folder)
        self.valkey = ValkeyServer(folder)

    def start(self) -> None:
        """Initialise and start both."""
        self.postgres.ensure_running()
        self.valkey.ensure_running()

    def stop(self) -> None:
        """Stop both in order."""
        self.valkey.stop()
        self.postgres.stop()

    def kill_postgres(self) -> None:
        """SIGKILL to the postmaster and all its children: what a power cut does."""
        postmaster = self.postgres.postmaster()
        if postmaster is not None:
            kill([postmaster, *postmaster.children(recursive=True)])
            # It names a process that is gone, but which lives on as a zombie where nobody collects it
            for lock in self.postgres.sockets.glob(".s.PGSQL.*.lock"):
                lock.unlink()

    def kill_backend(self) -> None:
        """SIGKILL to one process that serves a connection: PostgreSQL then ends all others and recovers by itself."""
        with self.connect() as link:
            query = """
                SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
                ORDER BY state = 'active' DESC, random() LIMIT 1
            """
            row = link.execute(query).fetchone()
        if row is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                kill([psutil.Process(row[0])])

    def kill_valkey(self) -> None:
        """SIGKILL to Valkey: the queue and the cache are gone."""
        process = running_process(self.valkey.folder / "valkey.pid", "valkey")
        if process is not None:
            kill([process])

    def start_postgres(self) -> None:
        """Start again after a kill: it replays its log. Returns when it serves."""
        if self.postgres.postmaster() is None:
            self.postgres.launch()

    def start_valkey(self) -> None:
        """Start again, empty."""
        if not self.valkey.answers():
            self.valkey.launch()

    def connect(self) -> psycopg.Connection:
        """A connection that commits each statement."""
        return psycopg.connect(self.postgres.url, autocommit=True, connect_timeout=10)


def kill(processes: list[psutil.Process]) -> None:
    """SIGKILL to all, the first one first, so that it starts no others; returns when they have ended."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    for process in processes:
        if not await_end(process, seconds=KILLED_WITHIN_SECONDS):
            raise RuntimeError(f"{process} does not end")
