"""`python -m bench`: makes data, measures, and prints one JSON object on standard output."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from bench import databases


def main() -> int:
    """Run what the arguments name. Returns the exit status."""
    options = parser().parse_args()
    answer = run(options)
    json.dump(answer, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")
    return 0


def parser() -> argparse.ArgumentParser:
    """What can be asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("bench", choices=["load", "intake", "list", "detail", "locate", "simulate"])
    parser.add_argument("--cases", type=_positive, default=10_000, help="size of the data set (10000)")
    parser.add_argument("--database", help="its address; a database beside the platform's otherwise")
    parser.add_argument("--fresh", action="store_true", help="load: make it anew")
    parser.add_argument("--seconds", type=_positive, default=10, help="how long to measure (10)")
    parser.add_argument("--concurrency", type=_positive, default=8, help="connections at a time (8)")
    parser.add_argument("--workers", type=_positive, default=2, help="web processes (2)")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def run(options: argparse.Namespace) -> dict[str, Any]:
    """The answer to what was asked for."""
    url = databases.choose(options.cases, options.database)
    if options.bench == "load":
        from bench.load import load

        return load(url, options.cases, fresh=options.fresh)
    if options.bench == "simulate":
        from bench import simulate

        return simulate.run(url, options.cases, fresh=options.fresh)
    from bench import measure

    return measure.run(options.bench, url, options)


if __name__ == "__main__":
    sys.exit(main())
