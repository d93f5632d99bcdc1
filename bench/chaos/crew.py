"""The platform's processes as an operator would run them, each a session of its own that can be killed as a whole."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from govgrid.local import BASE_DIR
from govgrid.serve import commands, end_with_parent

HOST = "127.0.0.1"
SKEW = Path(__file__).resolve().parent / "skew"


@dataclass
class Member:
    """One process with its children. `shift` is how wrong its host's clock is, in seconds."""

    name: str
    kind: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    shift: float = 0.0
    process: subprocess.Popen[bytes] | None = None

    @property
    def runs(self) -> bool:
        """Whether it was started and has not ended."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it; what it says is kept in its log."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=BASE_DIR, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=end_with_parent,
            )  # fmt: skip

    def kill(self) -> None:
        """SIGKILL to the process and all that it started."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None


@dataclass
class Crew:
    """All of them."""

    members: dict[str, Member] = field(default_factory=dict)
    fell: list[str] = field(default_factory=list)
    """Who ended without being killed, with the status: a supervisor would start them again, and so do we."""

    def of_kind(self, kind: str) -> list[Member]:
        """Members of one kind."""
        return [member for member in self.members.values() if member.kind == kind]

    def start(self) -> None:
        """Start whoever does not run."""
        for member in self.members.values():
            if not member.runs:
                if member.process is not None:
                    self.fell.append(f"{member.name}: status {member.process.returncode}")
                member.start()

    def kill(self) -> None:
        """End everybody."""
        for member in self.members.values():
            member.kill()


def gather(folder: Path, port: int, counts: dict[str, int], shifts: Iterable[float]) -> Crew:
    """A crew with so many of each kind (web, worker, beat), not yet started; their clocks are shifted by seconds in
    turn."""
    crew, shift = Crew(), iter(shifts)
    for kind, command in commands(HOST, port).items():
        for number in range(1, counts.get(kind, 1) + 1):
            name = f"{kind}{number}"
            member = Member(
                name=name,
                kind=kind,
                command=[*command, *OWN.get(kind, lambda name, folder: [])(name, folder)],
                environment=dict(os.environ),
                log=folder / f"{name}.log",
                shift=next(shift),
            )
            if member.shift:
                path = os.pathsep.join(filter(None, [str(SKEW), os.environ.get("PYTHONPATH", "")]))
                member.environment |= {"PYTHONPATH": path, "CHAOS_CLOCK_SHIFT_SECONDS": str(member.shift)}
            crew.members[name] = member
    return crew


OWN = {
    "worker": lambda name, folder: ["--hostname", f"{name}@chaos"],
    "beat": lambda name, folder: ["--schedule", str(folder / f"{name}.schedule")],
}
"""What distinguishes several of a kind on one machine."""


def serves(port: int) -> bool:
    """Whether the web answers at all."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/healthz", timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False
