"""Puts deadlines whose step could not be fired back in line, once the cause is mended."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from cases.models import Deadline
from cases.services.sweep import retry_set_aside


class Command(BaseCommand):
    help = "Try the deadlines again that were set aside because their step failed. The next sweep fires what is due."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--number", action="append", metavar="N", help="only of this case; may be said several times"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        numbers = options["number"]
        rows = Deadline.objects.filter(case__number__in=numbers) if numbers else None
        self.stdout.write(_("deadlines in line again: %(count)d") % {"count": retry_set_aside(rows)})
