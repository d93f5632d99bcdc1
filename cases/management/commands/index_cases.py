"""After the update that brought the search: makes older cases findable, while everybody works on."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from tqdm import tqdm

from cases.models import Case
from cases.services.words import index_words


class Command(BaseCommand):
    help = "Make cases findable that came in before there was a search. May be stopped and started again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--renew", action="store_true", help="also of cases that are findable already")

    def handle(self, *args: Any, **options: Any) -> None:
        written = 0
        with tqdm(total=Case.objects.count(), unit=_(" cases"), disable=options["verbosity"] == 0) as bar:
            for seen, made in index_words(renew=options["renew"]):
                written += made
                bar.update(seen)
        self.stdout.write(f"{written:>9,}  {_('cases made findable')}")
