"""How quickly an old ledger comes in: so many cases of the data set, taken out as CSV and brought in again by the
command, through the same services as today's cases."""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.databases import say
from bench.measure import hardware, kept_as_loaded


def run(url: str, options: argparse.Namespace) -> dict[str, Any]:
    """Loads the data set where it is missing, takes `--rows` of its ended cases out, and brings them in. They are
    removed afterwards."""
    from bench.load import load

    load(url, options.cases)
    from cases.models import Case

    machine = hardware(url)
    with TemporaryDirectory(prefix="govgrid-bench-") as folder, kept_as_loaded(url):
        file = Path(folder) / "ledger.csv"
        taken_out = _take_out(file, options.rows)
        say(f"Bringing {taken_out} cases in …")
        before, began = Case.objects.count(), time.monotonic()
        _bring_in(file)
        seconds, brought_in = time.monotonic() - began, Case.objects.count() - before
    if brought_in != taken_out:
        raise RuntimeError(f"{taken_out} cases were taken out, {brought_in} came in")
    return {
        "bench": "import",
        "cases": options.cases,
        "rows": brought_in,
        "seconds": round(seconds, 2),
        "rows_per_s": round(brought_in / seconds, 1),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "hardware": machine,
    }


def _take_out(file: Path, count: int) -> int:
    from cases.choices import Status
    from cases.export import COLUMNS, csv_lines, rows_of
    from cases.models import Case

    closed = Case.objects.filter(status=Status.CLOSED, secret=False).order_by("pk")
    ended = Case.objects.filter(pk__in=list(closed.values_list("pk", flat=True)[:count])).order_by("pk")
    with file.open("w", encoding="utf-8", newline="") as text:
        text.writelines(csv_lines([column.name for column in COLUMNS], rows_of(ended)))
    return ended.count()


def _bring_in(file: Path) -> None:
    from django.core.management import call_command

    with file.with_suffix(".said").open("w", encoding="utf-8") as said:
        call_command("import_ledger", str(file), "--map", "govgrid", verbosity=0, stdout=said)
