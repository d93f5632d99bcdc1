"""Processes that stand ready and begin together, so that what is measured is their work and not their start."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

READY_SECONDS = 300

Go = Callable[[], tuple[float, list[Any]]]


@contextmanager
def ready(workers: int, target: Callable[[Any], None]) -> Iterator[Go]:
    """So many processes of `target`, which is given its end of a pipe and calls `serve`. Calling what this gives lets
    all of them go: seconds from the first call to the last answer, and the answers. Raises RuntimeError where one does
    not start."""
    context = get_context("spawn")
    pipes, processes = [], []
    for _ in range(workers):
        here, there = context.Pipe()
        process = context.Process(target=target, args=(there,), daemon=True)
        process.start()
        pipes.append(here)
        processes.append(process)
    for pipe in pipes:
        if not pipe.poll(READY_SECONDS):
            raise RuntimeError("a process does not start; its words stand above")
        pipe.recv()

    def go() -> tuple[float, list[Any]]:
        began = time.perf_counter()
        for pipe in pipes:
            pipe.send("go")
        answers = [pipe.recv() for pipe in pipes]
        return time.perf_counter() - began, answers

    try:
        yield go
    finally:
        for pipe in pipes:
            pipe.send("stop")
        for process in processes:
            process.join()


def serve(pipe: Any, work: Callable[[], Any]) -> None:
    """Says that it is ready, and works each time that it is told to go."""
    pipe.send("ready")
    while pipe.recv() == "go":
        pipe.send(work())
