"""Tasks that a test's own worker runs: one that it can be caught in the middle of, and one that leaves a mark."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from celery import shared_task

FOLDER = "ERRANDS_FOLDER"
"""The variable that names the folder where errands leave their marks."""


@shared_task(name="tests.chaos.errands.mark")
def mark(name: str) -> None:
    """Leaves a file of this name."""
    (Path(os.environ[FOLDER]) / name).touch()


@shared_task(name="tests.chaos.errands.hold")
def hold() -> None:
    """Says that it has begun, and goes on until it is released, for a minute at most."""
    mark("held")
    released, pause = Path(os.environ[FOLDER]) / "released", threading.Event()
    for _tenth in range(600):
        if released.exists():
            return
        pause.wait(0.1)
