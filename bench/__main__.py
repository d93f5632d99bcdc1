"""`python -m bench`: makes data, measures, and prints one JSON object on standard output."""

from __future__ import annotations

import argparse
import json
import sys
from importlib import import_module
from typing import Any

from bench import databases

MEASURED = ("intake", "list", "detail", "locate", "search", "measures", "leaders")
CLOCK = ("sweep", "latency", "notify", "mails", "bell", "field")
"""Benches that make a database of their own, each in a module of its name."""


def main() -> int:
    """Run what the arguments name. Returns the exit status."""
    options = parser().parse_args()
    answer = run(options)
    json.dump(answer, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")
    return 0 if answer.get("passed", True) else 1


def parser() -> argparse.ArgumentParser:
    """What can be asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("bench", choices=["load", *MEASURED, "import", *CLOCK, "chaos", "simulate", "triage"])
    parser.add_argument("--cases", type=_positive, help="size of the data set (10000; chaos: 75 a minute)")
    parser.add_argument("--database", help="its address; a database beside the platform's otherwise")
    parser.add_argument("--fresh", action="store_true", help="load, measures: make it anew")
    parser.add_argument("--seconds", type=_positive, default=10, help="how long to measure (10)")
    parser.add_argument("--concurrency", type=_positive, default=8, help="connections at a time (8)")
    parser.add_argument("--workers", type=_positive, default=2, help="processes that serve, sweep or work (2)")
    parser.add_argument("--rows", type=_positive, default=1000, help="import: cases that the ledger has (1000)")
    parser.add_argument("--due", type=_positive, default=1000, help="sweep: deadlines due at once (1000)")
    parser.add_argument("--rate", type=_positive, default=50, help="latency: deadlines due in a second (50)")
    parser.add_argument("--file", help="triage: CSV with columns text and category")
    chaos = parser.add_argument_group("chaos", "kills what runs at random, and judges what became of every clock")
    chaos.add_argument("--minutes", type=float, default=20.0, help="how long to kill; fractions are fine (20)")
    chaos.add_argument("--beats", type=_positive, default=1, help="beats at once (1)")
    chaos.add_argument("--skew", type=float, default=0.0, help="minutes by which hosts' clocks are wrong (0)")
    chaos.add_argument("--seed", type=int, help="of what is random; printed, another one each time otherwise")
    chaos.add_argument(
        "--sabotage", nargs="+", choices=["marks", "notices"], default=[], help="let the database lose these: must fail"
    )
    chaos.add_argument("--keep", action="store_true", help="keep the servers' data and all logs")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def run(options: argparse.Namespace) -> dict[str, Any]:
    """The answer to what was asked for."""
    if options.bench == "chaos":
        from bench.chaos import run

        return run.run(options)
    if options.bench == "triage":
        from bench import triage

        return triage.run(options)
    options.cases = options.cases or 10_000
    if options.bench in CLOCK:
        return clock(options)
    url = databases.choose(options.cases, options.database)
    if options.bench == "load":
        from bench.load import load

        return load(url, options.cases, fresh=options.fresh)
    if options.bench == "simulate":
        from bench import simulate

        return simulate.run(url, options.cases, fresh=options.fresh)
    if options.bench == "import":
        from bench import importing

        return importing.run(url, options)
    from bench import measure

    return measure.run(options.bench, url, options)


def clock(options: argparse.Namespace) -> dict[str, Any]:
    """These make a database of their own, each time anew."""
    name = f"{databases.name_for(options.cases)}_{options.bench}"
    url = databases.choose(options.cases, options.database, name=name)
    databases.create(url, fresh=True)
    bench = import_module(f"bench.{options.bench}")
    answer: dict[str, Any] = bench.run(url, options)
    return answer


if __name__ == "__main__":
    sys.exit(main())
