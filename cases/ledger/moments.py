"""What a cell says about time: several ways of writing a moment occur within one ledger, and Excel has its own."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, tzinfo
from typing import Any

from django.utils.translation import gettext as _
from openpyxl.utils.datetime import from_excel

DEFAULT_DATES = (
    "%Y/%m/%d %H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y年%m月%d日 %H:%M",
    "%Y年%m月%d日 %H时%M分",
    "%Y年%m月%d日",
)
"""Tried in this order, where a map names no others; ISO 8601 is always understood."""

EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)
"""No hotline is older: an earlier date is a slip of the pen."""

SERIALS = range(29_221, 73_051)
"""Numbers that Excel means as days from 1980 to 2099; in a cell whose format is not a date's."""


def parse_moment(cell: Any, formats: tuple[str, ...], zone: tzinfo) -> datetime | None:
    """The moment that a cell says, local to the zone unless it says otherwise; None where it is empty.

    A date without a time is its midnight. Raises ValueError that says what would be right.
    """
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return None
    moment = _naive_or_aware(cell, formats)
    if moment is None:
        shown = SAMPLE.strftime(formats[0])
        raise ValueError(_("“%(cell)s” is no date; right would be %(example)s") % {"cell": cell, "example": shown})
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    if aware < EARLIEST:
        raise ValueError(_("%(cell)s lies before 1980: is the year right?") % {"cell": cell})
    return aware


SAMPLE = datetime(2026, 9, 30, 15, 10, tzinfo=UTC)


def _naive_or_aware(cell: Any, formats: tuple[str, ...]) -> datetime | None:
    if isinstance(cell, datetime):
        return cell
    if isinstance(cell, date):
        return datetime.combine(cell, time())
    if isinstance(cell, int | float):
        found = from_excel(cell) if int(cell) in SERIALS else None
        return found if isinstance(found, datetime) else None
    return _written(str(cell).strip(), formats)


def _written(text: str, formats: tuple[str, ...]) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for form in formats:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 (the zone is the city's, and the caller knows it)
        except ValueError:
            continue
    return None
