"""Files of texts: CSV with named columns, read with errors that name line and column."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import gettext as _

from cases.errors import BadInput

csv.field_size_limit(min(sys.maxsize, 10_000_000))


def read_texts(path: Path, *filled: str) -> Iterator[dict[str, str]]:
    """The rows of the file, each with a column `text`; columns in `filled` must be there and filled as well.

    Raises BadInput where the file cannot be read, lacks a column or has no row, or a row lacks such a value.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if missing := {"text", *filled} - set(rows.fieldnames or ()):
                raise BadInput(file=_("lacks the columns %s") % ", ".join(sorted(missing)))
            for row in rows:
                if empty := [name for name in filled if not row[name]]:
                    raise BadInput(file=_("line %(line)d: %(column)s is empty")
                                   % {"line": rows.line_num, "column": empty[0]})  # fmt: skip
                yield {name: value or "" for name, value in row.items() if name is not None}
            if rows.line_num < 2:
                raise BadInput(file=_("has no row"))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(file=str(error)) from error
