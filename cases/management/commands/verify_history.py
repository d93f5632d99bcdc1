"""Proves that no line of any case's history was altered or lost, or names the cases where one was."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from tqdm import tqdm

from cases.models import Case
from cases.services.history import Fault, verify

CHUNK = 2000


class Command(BaseCommand):
    help = "Check the hash chains of histories. Exit status 1 where one does not verify."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", metavar="DATE", help="only cases with an event since, as 2026-09-30")
        parser.add_argument("--number", action="append", metavar="N", help="only this case; may be said several times")

    def handle(self, *args: Any, **options: Any) -> None:
        cases = self._cases(options["since"], options["number"])
        count = cases.count()
        faults = 0
        with tqdm(total=count, unit=_(" cases"), disable=options["verbosity"] == 0) as bar:
            for fault in self._faults(cases, bar):
                faults += 1
                with tqdm.external_write_mode():
                    self.stderr.write(f"{fault.number} {_('line')} {fault.line}: {fault.what}")
        if faults:
            raise CommandError(
                _("%(faults)d faults in the histories of %(count)d cases") % {"faults": faults, "count": count}
            )
        self.stdout.write(_("the histories of %(count)d cases verify") % {"count": count})

    @staticmethod
    def _cases(since: str | None, numbers: list[str] | None) -> QuerySet[Case]:
        cases = Case.objects.order_by("pk")
        if since:
            try:
                moment = datetime.fromisoformat(since)
            except ValueError:
                raise CommandError(_("--since: a date as 2026-09-30 would be right")) from None
            cases = cases.filter(updated_at__gte=moment if moment.tzinfo else timezone.make_aware(moment))
        if numbers:
            cases = cases.filter(number__in=numbers)
            if missing := set(numbers) - set(cases.values_list("number", flat=True)):
                raise CommandError(_("no case has the number %(numbers)s") % {"numbers": ", ".join(sorted(missing))})
        return cases

    def _faults(self, cases: QuerySet[Case], bar: Any) -> Iterator[Fault]:
        keys = cases.values_list("pk", flat=True).iterator(chunk_size=CHUNK)
        while chunk := list(islice(keys, CHUNK)):
            # Cases move on while they are read: what looks wrong is read again with the case locked
            suspects = {fault.case_id for fault in verify(Case.objects.filter(pk__in=chunk))}
            for pk in sorted(suspects):
                yield from _certain_faults(pk)
            bar.update(len(chunk))


def _certain_faults(pk: int) -> list[Fault]:
    with transaction.atomic():
        Case.objects.select_for_update(of=("self",)).get(pk=pk)
        return list(verify(Case.objects.filter(pk=pk)))
