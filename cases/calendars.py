"""The city's calendar rows as the pure `Calendar` that `deadlines` counts over."""

from __future__ import annotations

from grids.calendars import CalendarRows, calendar_for

from .deadlines import Calendar, DayRule, Hours

_built: dict[int, tuple[CalendarRows, Calendar]] = {}
MOST_KEPT = 500


def calendar_of(grid_path: str) -> Calendar:
    """The calendar of the nearest ancestor that has one; built once for each version of its rows."""
    rows = calendar_for(grid_path)
    kept = _built.get(id(rows))
    if kept is None or kept[0] is not rows:  # rows are one object as long as nothing changed, and cheap to compare
        if len(_built) >= MOST_KEPT:
            _built.clear()
        kept = _built[id(rows)] = (rows, _calendar(rows))
    return kept[1]


def _calendar(rows: CalendarRows) -> Calendar:
    return Calendar(
        timezone=rows.timezone,
        hours=tuple(
            Hours(
                h.starts,
                h.ends,
                frozenset(int(digit) - 1 for digit in h.weekdays),
                _month_day(h.season_from),
                _month_day(h.season_to),
            )
            for h in rows.hours
        ),
        days={d.date: DayRule(d.date, d.kind, d.name) for d in rows.days},  # type: ignore[arg-type]  # choices
        announced_years=rows.announced_years,
    )


def _month_day(text: str) -> tuple[int, int]:
    month, day = text.split("-")
    return int(month), int(day)
