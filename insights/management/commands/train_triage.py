"""`manage.py train_triage`: learns from a file of texts with their categories, or from a city's closed cases."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cases.errors import BadInput
from grids.models import Grid
from insights.services.triage import figures_in_words, roll_back, train, train_city
from insights.tables import read_texts
from insights.triage.learning import TooLittle

PROCESSES = os.cpu_count() or 1


class Command(BaseCommand):
    """Says how well the new model does on texts that it has not seen, and whether it is in use now."""

    help = "Learns what texts are about, from FILE.csv (columns text, category) or from a city's closed cases."

    def add_arguments(self, parser: CommandParser) -> None:
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument("file", nargs="?", type=Path, metavar="FILE.csv", help="UTF-8, columns text and category")
        source.add_argument("--city", metavar="CODE", help="learn from the city's own closed cases")
        parser.add_argument("--name", help="of the model of a file; the file's name where it is not given")
        parser.add_argument("--roll-back", action="store_true", help="learn nothing: go back to the version before")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._run(**options)
        except (BadInput, TooLittle) as error:
            raise CommandError(str(error)) from error

    def _run(self, **options: Any) -> None:
        city = Grid.objects.filter(code=options["city"], depth=1).first() if options["city"] else None
        if options["city"] and city is None:
            raise CommandError(f"--city: there is no city {options['city']}")
        name = city.path if city else options["name"] or options["file"].stem
        if options["roll_back"]:
            self.stdout.write(f"{roll_back(name)} is in use again")
            return
        if city:
            model = train_city(city.path, processes=PROCESSES)
        else:
            rows = list(read_texts(options["file"], "category"))
            model = train(name, [row["text"] for row in rows], [row["category"] for row in rows], processes=PROCESSES)
        self.stdout.write(figures_in_words(model))
        self.stdout.write("in use" if model.running else "not in use: the one before is better on texts held out")
