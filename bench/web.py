"""The web as `script/server` runs it, on the bench database, and the traffic that is sent to it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from govgrid.local import BASE_DIR
from govgrid.serve import commands, end_with_parent

START_SECONDS = 180
WARM_UP_SECONDS = 3.0
HOST = "127.0.0.1"


@contextmanager
def serving(workers: int) -> Iterator[int]:
    """Gunicorn with so many workers, until the block ends; its port."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    os.environ["WEB_CONCURRENCY"] = str(workers)
    environment = dict(os.environ) | {"SITE_URL": f"http://localhost:{port}"}
    web = subprocess.Popen(
        commands(HOST, port)["web"], cwd=BASE_DIR, env=environment, stdout=sys.stderr, preexec_fn=end_with_parent
    )
    try:
        _await(f"http://{HOST}:{port}/healthz", web)
        yield port
    finally:
        web.terminate()
        web.wait(timeout=START_SECONDS)


def _await(url: str, web: subprocess.Popen[bytes]) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while web.poll() is None and time.monotonic() < give_up_at:
        try:
            with urllib.request.urlopen(url, timeout=30):  # noqa: S310  our own http address
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError("the web does not start; its words stand above")


def send(port: int, requests: list[dict[str, Any]], *, concurrency: int, seconds: float) -> dict[str, Any]:
    """Figures of `seconds` of requests, chosen at random, over so many connections, after a warm-up.

    Raises RuntimeError where the web refused one."""
    plan = {
        "host": HOST,
        "port": port,
        "requests": requests,
        "concurrency": concurrency,
        "warm_up_s": min(WARM_UP_SECONDS, seconds),
        "seconds": seconds,
    }
    done = subprocess.run(
        [sys.executable, "-m", "bench.traffic"],
        cwd=BASE_DIR, input=json.dumps(plan), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    answer = json.loads(done.stdout)
    return figures(answer["seen"], answer["seconds"])


def figures(seen: list[tuple[str, float, int]], seconds: float) -> dict[str, Any]:
    """Throughput and percentiles of all, and percentiles of each label where there are several."""
    times: dict[str, list[float]] = defaultdict(list)
    for label, took, _ in seen:
        times[label].append(took)
    said: dict[str, Any] = {"throughput_per_s": round(len(seen) / seconds, 1), "requests": len(seen)}
    said |= percentiles([took for _, took, _ in seen])
    said["bytes"] = round(sum(size for *_, size in seen) / max(1, len(seen)))
    if len(times) > 1:
        said["by_label"] = {label: percentiles(took) for label, took in sorted(times.items())}
    return said


def percentiles(seconds: list[float]) -> dict[str, float | None]:
    """The nearest-rank 50th, 95th and 99th percentile in milliseconds; None of nothing."""
    ordered = sorted(seconds)
    return {
        f"p{percent}_ms": round(1000 * ordered[max(0, -(-percent * len(ordered) // 100) - 1)], 1) if ordered else None
        for percent in (50, 95, 99)
    }
