"""Takes the pictures of the documentation from a running demo. Needs what tests need: playwright and Chromium."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cases.demo import is_loaded
from portal.pictures import PICTURES, CannotTake, take


class Command(BaseCommand):
    help = "Take pictures of the main pages from the running demo, in both languages, into docs/images."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="*", metavar="PAGE", help=f"of {', '.join(one.name for one in PICTURES)}")
        parser.add_argument("--site", default="http://localhost:8000", help="where script/server serves")
        parser.add_argument("--folder", type=Path, default=settings.BASE_DIR / "docs" / "images")

    def handle(self, *args: Any, **options: Any) -> None:
        unknown = set(options["names"]) - {one.name for one in PICTURES}
        if unknown:
            raise CommandError(f"there is no page {', '.join(sorted(unknown))}")
        if not is_loaded():
            raise CommandError("pictures are taken of the demo alone, and there is none here: manage.py load_demo")
        # Playwright's loop runs in this thread, in which the database is asked: Django would take that for a mistake
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        try:
            for path, size in take(options["site"], options["folder"], options["names"]):
                self.stdout.write(f"{path.name}  {size / 1000:.0f} kB")
        except CannotTake as error:
            raise CommandError(str(error)) from None
