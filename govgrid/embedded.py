"""The embedded default where no other servers are named: PostgreSQL 18 and Valkey 9, from wheels.

Processes share them: each holds a lock that the kernel drops with it; the last one to leave stops them."""

import atexit
import fcntl
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO, TYPE_CHECKING

from govgrid.local import make_data_dir, make_secrets

if TYPE_CHECKING:
    from govgrid.embedded_servers import EmbeddedServer

VARIABLES = ("DATABASE_URL", "REDIS_URL")
"""What names the servers; each that is unset asks for an embedded one."""


class Hold:
    """This process's share in the embedded servers.

    Two lock files in the data directory: `mutex` is held while servers are started or stopped; `users` is
    held, shared, by every user as long as it lives. Killed processes leave nothing behind to be cleaned."""

    def __init__(self) -> None:
        self.folder = make_data_dir()
        self.process = os.getpid()
        self._users: IO[str] = open_lock(self.folder / "users.lock")
        fcntl.flock(self._users, fcntl.LOCK_SH)

    @contextmanager
    def mutex(self) -> Iterator[None]:
        """Hold off every other process of this checkout that wants to start or stop servers."""
        with open_lock(self.folder / "mutex.lock") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def start(self, variable: str) -> None:
        """Start the server of a variable where it does not run yet, and name it in the environment."""
        with self.mutex():
            server = server_for(variable, self.folder)
            server.ensure_running()
            os.environ[variable] = server.url

    def release(self) -> None:
        """Leave; stop all servers where nobody else is left. Forked children leave without a word."""
        if os.getpid() != self.process or self._users.closed:
            return
        with self.mutex(), self._users:
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            for variable in VARIABLES:
                server_for(variable, self.folder).stop()


def server_for(variable: str, folder: Path) -> "EmbeddedServer":
    """The embedded server behind a variable. Imported late: where all is named, nothing of it is needed."""
    from govgrid import embedded_servers

    return embedded_servers.SERVERS[variable](folder)


_hold: Hold | None = None


def in_use() -> bool:
    """Whether this process uses a server of its own."""
    return _hold is not None


def ensure() -> None:
    """Name `DATABASE_URL` and `REDIS_URL` in the environment, by starting servers where they are unset.

    To be called before settings are read. The servers stop when the last process that asked for them ends.
    Ends the process with a message where they cannot be started."""
    global _hold
    missing = [variable for variable in VARIABLES if not os.environ.get(variable)]
    if not missing:
        return
    if _hold is None:
        make_secrets()
        try:
            _hold = Hold()
        except OSError as error:
            sys.exit(
                f"The data directory cannot be used: {error}. "
                "Run this as its owner, or name another one in GOVGRID_DATA."
            )
        atexit.register(_hold.release)
        end_in_order_on_sigterm()
    try:
        for variable in missing:
            _hold.start(variable)
    except (RuntimeError, OSError) as error:
        sys.exit(f"The embedded server for {variable} does not start: {error}")


def end_in_order_on_sigterm() -> None:
    """Turn a SIGTERM that nobody handles into an orderly exit, so that nothing is left running."""
    if threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _exit_on_signal)


def _exit_on_signal(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


def open_lock(path: Path) -> IO[str]:
    """Open a lock file; its content means nothing, and children do not inherit it across exec."""
    return path.open("a")
