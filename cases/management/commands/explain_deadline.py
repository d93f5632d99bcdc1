"""Why a clock is due when it is, for anybody who doubts it: counted by hand against the printed segments."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from cases.calendars import calendar_of
from cases.deadlines import Calendar, Counting, Explanation, explain
from grids import tree


class Command(BaseCommand):
    help = "Print when a clock in a city is due, and each segment that was counted or not, as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--city", required=True, metavar="CODE", help="1310 or 131000000000, or any grid's code")
        parser.add_argument("--from", required=True, dest="start", help="2026-09-30T15:10, in the city's time zone")
        allowance = parser.add_mutually_exclusive_group(required=True)
        allowance.add_argument("--working-minutes", type=int, metavar="N")
        allowance.add_argument("--calendar-minutes", type=int, metavar="N")

    def handle(self, *args: Any, **options: Any) -> None:
        slot = tree.by_code(options["city"].ljust(12, "0"))
        if slot is None:
            raise CommandError(_("no grid has the code %(code)s: load divisions first") % {"code": options["city"]})
        calendar = calendar_of(slot.path)
        working = options["working_minutes"] is not None
        minutes = options["working_minutes"] if working else options["calendar_minutes"]
        counting = Counting.WORKING if working else Counting.CALENDAR
        try:
            start = _local(options["start"], calendar)
            found = explain(calendar, start, minutes, counting)
        except ValueError as error:
            raise CommandError(str(error)) from None
        said = {"grid": slot.name, "timezone": calendar.timezone, "from": start.isoformat(), "minutes": minutes}
        self.stdout.write(json.dumps(said | {"counting": counting.value} | _said(found), ensure_ascii=False, indent=2))


def _local(text: str, calendar: Calendar) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            _("--from: a moment as 2026-09-30T15:10 would be right, not %(text)r") % {"text": text}
        ) from None
    return moment.astimezone(calendar.zone) if moment.tzinfo else moment.replace(tzinfo=calendar.zone)


def _said(found: Explanation) -> dict[str, Any]:
    return {
        "due_at": found.due_at.isoformat() if found.due_at else None,
        "unannounced_years": list(found.unannounced_years),
        "segments": [
            {
                "from": segment.starts.isoformat(),
                "to": segment.ends.isoformat() if segment.ends else None,
                "minutes": segment.minutes,
                "counted": segment.counted,
                "reason": segment.reason,
            }
            for segment in found.segments
        ],
    }
