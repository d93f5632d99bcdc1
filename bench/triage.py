"""How well texts are judged that were not seen, how long it takes to learn them, and how many a second are judged."""

from __future__ import annotations

import os
import resource
import time
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

from insights.tables import read_texts
from insights.triage.learned import Learned
from insights.triage.learning import learn

ASKED = 1_000


def run(options: Namespace) -> dict[str, Any]:
    """The figures of `--file`, CSV with columns text and category."""
    if not options.file:
        raise SystemExit("--file FILE.csv: with columns text and category")
    rows = list(read_texts(Path(options.file), "category"))
    texts = [row["text"] for row in rows]
    started = time.perf_counter()
    model, report = learn(texts, [row["category"] for row in rows], os.cpu_count() or 1)
    learned_s = time.perf_counter() - started
    content = model.to_bytes()
    again = Learned.from_bytes(content)
    each = []
    for text in texts[:ASKED]:
        started = time.perf_counter()
        again.judge(text)
        each.append(time.perf_counter() - started)
    return {
        "bench": "triage",
        **asdict(report),
        "learning_s": round(learned_s, 1),
        "texts_per_s": round(len(each) / sum(each)),
        "p50_ms": round(sorted(each)[len(each) // 2] * 1000, 2),
        "p95_ms": round(sorted(each)[len(each) * 95 // 100] * 1000, 2),
        "model_mb": round(len(content) / 1e6, 1),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000),
    }
