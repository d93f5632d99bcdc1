"""Writes the ledger from the command line: everything, or what somebody sees, narrowed as the list is."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import translation
from django.utils.translation import gettext as _
from tqdm import tqdm

from cases.errors import BadInput
from cases.export import COLUMNS, csv_lines, rows_of, write_workbook
from cases.lists import cases_of, query_of
from cases.models import Case
from cases.services.jobs.taking import in_order
from grids.models import User
from grids.territory import Territory


class Command(BaseCommand):
    help = (
        "Write the ledger of cases as Excel (.xlsx) or CSV (.csv, which import_ledger --map govgrid reads). Without "
        "--user: all cases. Reporters are in neither."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="where to: ends in .xlsx or .csv")
        parser.add_argument("--user", help="user name of somebody: only what they see")
        parser.add_argument(
            "--filter", action="append", default=[], metavar="NAME=VALUE", help="a filter of the list; may be repeated"
        )
        languages = [code for code, _name in settings.LANGUAGES]
        parser.add_argument("--language", choices=languages, help="of headings and words (the site's)")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        if file.suffix not in WRITERS:
            raise CommandError(_("%(file)s: a name that ends in %(ends)s") % {"file": file, "ends": ", ".join(WRITERS)})
        try:
            cases = in_order(cases_of(_asker(options["user"]), _query(options["filter"])))
            with transaction.atomic(), translation.override(options["language"] or translation.get_language()):
                count = self._write(file, cases, quiet=options["verbosity"] == 0)
        except BadInput as error:
            raise CommandError(error.detail) from None
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from None
        self.stdout.write(f"{count:>9,}  {_('cases written')}")

    @staticmethod
    def _write(file: Path, cases: QuerySet[Case], *, quiet: bool) -> int:
        """Beside its place first, so that there is a whole file or none."""
        with (
            TemporaryDirectory(prefix=".govgrid-", dir=file.absolute().parent) as folder,
            tqdm(unit=_(" cases"), disable=quiet) as bar,
        ):
            path = Path(folder) / file.name
            count = WRITERS[file.suffix](path, cases, lambda done: bar.update(done - bar.n))
            path.replace(file)
        return count


def _workbook(path: Path, cases: QuerySet[Case], progress: Callable[[int], Any]) -> int:
    return write_workbook(path, cases, progress=progress)


def _csv(path: Path, cases: QuerySet[Case], progress: Callable[[int], Any]) -> int:
    count = -1
    with path.open("w", encoding="utf-8", newline="") as out:
        for line in csv_lines([column.name for column in COLUMNS], rows_of(cases)):
            out.write(line)
            count += 1
            progress(count)
    return count


WRITERS: dict[str, Callable[..., int]] = {".xlsx": _workbook, ".csv": _csv}


class Operator:
    """Who runs the command, and thereby sees everything."""

    is_authenticated = is_active = is_superuser = True
    _territory = Territory(everything=True, standings=())


def _asker(name: str | None) -> User | Operator:
    """Whose eyes are used."""
    if name is None:
        return Operator()
    user = User.objects.filter(username=name).first()
    if user is None:
        raise CommandError(_("no user is called “%s”") % name)
    return user


def _query(said: list[str]) -> dict[str, Any]:
    found = QueryDict(mutable=True)
    for pair in said:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise BadInput(filter=_("“%s”: NAME=VALUE would be right") % pair)
        found.appendlist(name, value)
    return query_of(found)
