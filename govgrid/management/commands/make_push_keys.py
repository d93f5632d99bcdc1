"""Makes the key for push to the app: once, for all browsers that subscribe are bound to it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from govgrid import embedded
from govgrid.local import secrets_file
from notifications.services.push_keys import make_push_key


class Command(BaseCommand):
    help = (
        "Print the environment line with a new key for push. Where an embedded server is in use, write it into this "
        "checkout's own file of secrets instead. A key that is there is never replaced unless asked for: all who have "
        "subscribed must then subscribe again."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--replace", action="store_true", help="although there is a key")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.WEB_PUSH_PRIVATE_KEY and not options["replace"]:
            raise CommandError(_("There is a key already; --replace makes all who have subscribed subscribe again."))
        line = f"WEB_PUSH_PRIVATE_KEY={make_push_key()}"
        kept = secrets_file()
        if not (embedded.in_use() and kept.is_file()):
            self.stdout.write(line)
            return
        lines = [old for old in kept.read_text().splitlines() if not old.startswith("WEB_PUSH_PRIVATE_KEY=")]
        kept.write_text("\n".join([*lines, line]) + "\n")
        self.stdout.write(_("Written to %(file)s; web and worker read it when they start.") % {"file": kept})
