"""Columns of real clocks under other promises: due moments and steps for whole groups of the same allowance at once;
clocks that ever paused one by one."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from cases import categories
from cases.calendars import calendar_of
from cases.choices import DeadlineKind, StepAction
from cases.deadlines import (
    Calendar,
    Counting,
    DayRule,
    Pause,
    StillPaused,
    due_at,
    fire_many,
    minutes_to_day_end,
)
from cases.deadlines.calendar import MINUTE
from cases.deadlines.many import close_many, shift_many, span_many
from cases.models import Adjustment
from cases.policies import AllowanceRow, PolicyBook
from grids import tree

from .reading import CHANNELS, KINDS, LEVELS, URGENCIES, Rows

Ints = npt.NDArray[np.int64]
NEVER = np.iinfo(np.int64).max
RESUME = KINDS.index(DeadlineKind.RESUME) + 1
AGES = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(slots=True)
class Outcome:
    """What each clock of some rows would have been."""

    due: Ints
    late: npt.NDArray[np.bool_]
    reminded: Ints
    escalated: npt.NDArray[np.bool_]


@dataclass
class Replay:
    """Other promises, and perhaps other days, over the real clocks. `days` are added to each calendar."""

    book: PolicyBook
    policy_id: int
    days: Mapping[dt.date, DayRule] = field(default_factory=dict)
    _calendars: dict[int, Calendar] = field(default_factory=dict)
    _altered: dict[Calendar, Calendar] = field(default_factory=dict)
    _allowances: dict[tuple[int, ...], AllowanceRow] = field(default_factory=dict)

    def outcome(self, rows: Rows) -> Outcome:
        """What the rows would have been."""
        size = len(rows)
        flags = np.zeros(size, dtype=bool)
        made = Outcome(np.zeros(size, np.int64), flags, np.zeros(size, np.int64), flags.copy())
        for calendar, allowance, at in self._groups(rows):
            some = rows[at]
            slow = (some["paused"] == 1) | ((some["added"] != 0) & (allowance.counting == Counting.DAY))
            self._many(calendar, allowance, some[~slow], at[~slow], made)
            self._one_by_one(calendar, allowance, some[slow], at[slow], made)
        return made

    def _groups(self, rows: Rows) -> Iterator[tuple[Calendar, AllowanceRow, Ints]]:
        """Places of the rows that share a calendar and an allowance."""
        names = ("kind", "category", "urgency", "channel", "level", "allowance", "grid")
        different, which = _different([rows[name].astype(np.int64) for name in names])
        together: dict[tuple[Calendar, int], list[int]] = defaultdict(list)
        found: dict[int, AllowanceRow] = {}
        for number, (*words, grid) in enumerate(different.tolist()):
            allowance = self._allowance(tuple(words))
            found[allowance.id] = allowance
            together[self._calendar(grid), allowance.id].append(number)
        group_of = np.zeros(len(different), dtype=np.int64)
        groups = list(together)
        for place, numbers in enumerate(together.values()):
            group_of[numbers] = place
        order = np.argsort(group_of[which], kind="stable")
        bounds = np.searchsorted(group_of[which][order], np.arange(len(groups) + 1))
        for place, (calendar, allowance_id) in enumerate(groups):
            yield calendar, found[allowance_id], order[bounds[place] : bounds[place + 1]]

    def _allowance(self, words: tuple[int, ...]) -> AllowanceRow:
        """By the policy that is tried; a kind that it does not know keeps what it had."""
        kept = self._allowances.get(words)
        if kept is None:
            kind, category, urgency, channel, level, own = words
            path = categories.book().path(category or None)
            said = (KINDS[kind - 1], path, URGENCIES[urgency - 1], LEVELS[level - 1], CHANNELS[channel - 1])
            kept = self.book.allowance(self.policy_id, *said) or self.book.allowances[own]
            self._allowances[words] = kept
        return kept

    def _calendar(self, grid_id: int) -> Calendar:
        kept = self._calendars.get(grid_id)
        if kept is None:
            grid = tree.by_id(grid_id)
            kept = self._altered_by_days(calendar_of(grid.path if grid else ""))
            self._calendars[grid_id] = kept
        return kept

    def _altered_by_days(self, calendar: Calendar) -> Calendar:
        if not self.days:
            return calendar
        if calendar not in self._altered:
            self._altered[calendar] = replace(calendar, days={**calendar.days, **self.days})
        return self._altered[calendar]

    def _many(self, calendar: Calendar, allowance: AllowanceRow, rows: Rows, at: Ints, made: Outcome) -> None:
        if not len(rows):
            return
        starts, real = rows["start"].astype(np.int64), rows["due"].astype(np.int64)
        by_name = rows["kind"] == RESUME  # its moment was promised by name: the allowance only lends the ladder
        counting = allowance.counting
        if by_name.any():
            due, amounts, counting = real, real - starts, Counting.CALENDAR
        elif counting == Counting.DAY:
            due = close_many(calendar, starts, np.full(len(rows), int(allowance.minutes)))
            amounts, counting = span_many(calendar, starts, due), Counting.WORKING
        else:
            amounts = np.rint((allowance.minutes + rows["added"].astype(float)) * MINUTE).astype(np.int64)
            due = shift_many(calendar, starts, amounts, counting)
        fired = [
            (
                step.action,
                fire_many(
                    calendar,
                    anchor=step.anchor,
                    value=step.value,
                    any_hour=step.any_hour,
                    starts=starts,
                    amounts=amounts,
                    due=due,
                    counting=counting,
                ),
            )
            for step in allowance.steps
        ]
        _enter(made, at, rows["end"].astype(np.int64), due, fired)

    def _one_by_one(self, calendar: Calendar, allowance: AllowanceRow, rows: Rows, at: Ints, made: Outcome) -> None:
        pauses = _pauses(rows["id"].tolist()) if len(rows) else {}
        for number, row in zip(at.tolist(), rows, strict=True):
            due, fired = _alone(calendar, allowance, row, pauses.get(int(row["id"]), []))
            one = np.array([number])
            moments = [(action, np.array([moment])) for action, moment in fired]
            _enter(made, one, np.array([int(row["end"])]), np.array([due]), moments)


def _different(columns: list[Ints]) -> tuple[Ints, Ints]:
    """The combinations that occur, and which of them each row has: by one number for each, as sorting rows is slow."""
    code = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        values, places = np.unique(column, return_inverse=True)
        code = code * len(values) + places.reshape(-1)
    _codes, first, which = np.unique(code, return_index=True, return_inverse=True)
    return np.stack([column[first] for column in columns], axis=1), which.reshape(-1)


def _alone(
    calendar: Calendar, allowance: AllowanceRow, row: Rows, pauses: list[Pause]
) -> tuple[int, list[tuple[str, int]]]:
    """When one clock would have been due, and its steps; never, while it is paused."""
    start, added = calendar.moment(int(row["start"])), float(row["added"])
    minutes, counting = allowance.minutes, allowance.counting
    if row["kind"] == RESUME:
        minutes, counting, added = (int(row["due"]) - int(row["start"])) / MINUTE, Counting.CALENDAR, 0
    elif counting == Counting.DAY:
        minutes, counting = minutes_to_day_end(calendar, start, minutes), Counting.WORKING
    try:
        due = due_at(calendar, start, minutes, counting, pauses, added)
    except StillPaused:
        return NEVER, []
    fired = [
        step.moment(calendar, start=start, minutes=minutes, counting=counting, due=due, pauses=pauses, added=added)
        for step in allowance.steps
    ]
    return _micros(due), [(step.action, _micros(at)) for step, at in zip(allowance.steps, fired, strict=True)]


def _micros(moment: dt.datetime) -> int:
    return (moment - AGES) // dt.timedelta(microseconds=1)


def _pauses(deadlines: Iterable[int]) -> dict[int, list[Pause]]:
    found: dict[int, list[Pause]] = defaultdict(list)
    entries = Adjustment.objects.filter(deadline__in=list(deadlines), kind=Adjustment.Kind.PAUSE).order_by("id")
    for entry in entries:
        found[entry.deadline_id].append(Pause(entry.starts_at, entry.ends_at, entry.reason))
    return found


def _enter(made: Outcome, at: Ints, end: Ints, due: Ints, fired: list[tuple[str, Ints]]) -> None:
    """Late is what a ladder flags: a clock that only closes something, as a resident's does, makes nobody late."""
    made.due[at] = due
    flags = [moments for action, moments in fired if action == StepAction.FLAG]
    climbs = [moments for action, moments in fired if action == StepAction.ESCALATE]
    made.late[at] = (end > due) & bool(flags)
    climbed = np.minimum.reduce(climbs) if climbs else np.full(len(at), NEVER)
    made.escalated[at] = climbed <= end  # a clock that climbed ends at that very moment
    until = np.minimum(climbed, end)
    made.reminded[at] = sum((moments < until) for action, moments in fired if action == StepAction.REMIND)
