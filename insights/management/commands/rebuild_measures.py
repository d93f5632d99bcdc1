"""`manage.py rebuild_measures`: counts all cases anew; with `--check` proves that the figures equal a recount."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from insights import services

SHOWN = 20


class Command(BaseCommand):
    """Exit 1 where a check finds a difference."""

    help = "Makes the facts and daily sums behind all figures anew; with --check only compares them with a recount."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; exit 1 with what differs")

    def handle(self, *args: Any, **options: Any) -> None:
        services.drain()
        if options["check"]:
            self._check()
            return
        done = services.Counted()
        for done in services.rebuild():
            if options["verbosity"] > 1:
                self.stderr.write(f"{done.cases} cases")
        self.stdout.write(f"{done.cases} cases counted; {done.added} facts written, {done.removed} taken away")

    def _check(self) -> None:
        found = 0
        for found, difference in enumerate(services.check(), 1):
            if found <= SHOWN:
                self.stdout.write(f"{difference.where}: stands {difference.stands}, should be {difference.should_be}")
        if found:
            raise CommandError(f"{found} differences from a recount; rebuild_measures mends them")
        self.stdout.write("All figures equal a recount.")
