"""After a new key was put in front of REPORTER_KEYS: brings everything under it, so that the old one can go."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from tqdm import tqdm

from cases.services.key_rotation import count_sealed, rotate_reporter_keys


class Command(BaseCommand):
    help = (
        "Seal reporters' data, people's addresses and accounts' credentials with the first of REPORTER_KEYS. May be "
        "stopped and started again. Exit status 1 where no key opens what is sealed: its key is missing from "
        "REPORTER_KEYS."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        seen = resealed = lost = 0
        with tqdm(total=count_sealed(), unit=_(" values"), disable=options["verbosity"] == 0) as bar:
            for batch in rotate_reporter_keys():
                seen, resealed, lost = seen + batch.seen, resealed + batch.resealed, lost + len(batch.lost)
                bar.update(batch.seen)
                for number in batch.lost:
                    with tqdm.external_write_mode():
                        self.stderr.write(_("%(number)s: no key of REPORTER_KEYS opens it") % {"number": number})
        self.stdout.write(f"{resealed:>9,}  {_('sealed anew')}")
        self.stdout.write(f"{seen - resealed - lost:>9,}  {_('under the first key already')}")
        if lost:
            raise CommandError(_("%(count)d sealed values cannot be read: put their key back") % {"count": lost})
