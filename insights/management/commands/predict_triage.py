"""`manage.py predict_triage`: writes beside each text of a file what a model takes it to be about."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cases.errors import BadInput
from insights.services.triage import running
from insights.tables import read_texts

ADDED = ("first", "second", "third", "probability", "unsure")
"""`probability` is that of the first; `unsure` is yes where a person had better look."""


class Command(BaseCommand):
    """Columns that the file has already under these names are written anew."""

    help = "Reads FILE.csv (column text) and writes it with first, second, third, probability and unsure."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.csv")
        parser.add_argument("--out", type=Path, required=True, metavar="OUT.csv")
        parser.add_argument("--name", help="of the model; where it is not given, the one trained last from a file")

    def handle(self, *args: Any, **options: Any) -> None:
        from insights.models import TriageModel

        files = TriageModel.objects.filter(running=True, **({"name": options["name"]} if options["name"] else {}))
        newest = files.order_by("-trained_at").first()
        model = running(newest.name) if newest else None
        if newest is None or model is None:
            raise CommandError("--name: there is no such model; train_triage makes one")
        try:
            rows = list(read_texts(options["file"]))
        except BadInput as error:
            raise CommandError(str(error)) from error
        with options["out"].open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [*(name for name in rows[0] if name not in ADDED), *ADDED])
            writer.writeheader()
            for row in rows:
                judged = model.judge(row["text"])
                labels = [guess.label for guess in judged.guesses[:3]] + [""] * (3 - len(judged.guesses))
                said = (*labels, f"{judged.guesses[0].probability:.4f}", "yes" if judged.unsure else "no")
                writer.writerow(row | dict(zip(ADDED, said, strict=True)))
        self.stdout.write(f"{len(rows)} texts judged by {newest}")
