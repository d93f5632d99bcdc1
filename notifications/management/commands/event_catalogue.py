"""Writes down what webhooks are told, for integrators: `manage.py event_catalogue --write docs/events.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from notifications.event_catalogue import catalogue


class Command(BaseCommand):
    help = "prints the catalogue of events (AsyncAPI), or writes it to a file"
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", metavar="FILE", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        text = json.dumps(catalogue(), indent=2, ensure_ascii=False) + "\n"
        if options["write"]:
            options["write"].write_text(text, encoding="utf-8")
        else:
            self.stdout.write(text, ending="")
