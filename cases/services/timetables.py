"""What a policy makes of one moment: for every kind of clock when it would be due, and when each step would come. The
editor shows it, and the check of policies judges by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from cases.choices import Anchor, DeadlineKind, StepAction
from cases.deadlines import Calendar, Counting, due_at, explain, minutes_to_day_end
from cases.explaining import in_words
from cases.policies import AllowanceRow, PolicyBook, StepRow
from grids.choices import Role

from .clocks import BESIDE
from .lapsing import REQUESTS
from .overtaken import TOLD_INSTEAD


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A rung of the ladder of such a clock, at its moment."""

    kind: DeadlineKind
    step: StepRow
    at: datetime

    @property
    def words(self) -> str:
        """As "remind: at 50 % of the time". On a clock beside the case's way a step says what it does there: the case
        does not move for it, and a request lapses."""
        action, role = StepAction(self.step.action), self.step.role
        if self.kind in BESIDE and action in TOLD_INSTEAD:
            action, role = StepAction.NOTIFY, TOLD_INSTEAD[action]
        what = str(action.label)
        if action == StepAction.CLOSE:
            what = _("let the request lapse") if self.kind in REQUESTS else _("close the case")
        if role:
            what = f"{what} ({Role(role).label})"
        return f"{what}: {self._when}"

    @property
    def _when(self) -> str:
        said = {"value": f"{self.step.value:g}"}
        match self.step.anchor:
            case Anchor.PERCENT:
                return _("at %(value)s %% of the time") % said
            case Anchor.BEFORE:
                return _("%(value)s min before it is due") % said
            case Anchor.AFTER if self.step.value:
                return _("%(value)s min after it was due") % said
            case Anchor.AFTER:
                return _("when it is due")
        return str(Anchor(self.step.anchor).label)


@dataclass(frozen=True, slots=True)
class Planned:
    """A clock that would start at the example moment; without an allowance none would."""

    kind: DeadlineKind
    allowance: AllowanceRow | None
    due_at: datetime | None = None
    words: str = ""
    steps: tuple[PlannedStep, ...] = ()


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What decides between allowances. The category is the path of one in the tree, empty for none."""

    category_path: str = ""
    urgency: str = "ordinary"
    channel: str = ""
    level: str = "village"


def timetable(book: PolicyBook, policy_id: int, calendar: Calendar, at: datetime, here: Circumstances) -> list[Planned]:
    """Every kind of clock as if it started at `at`, steps in the order in which they would come."""
    return [planned(book, policy_id, calendar, at, kind, here) for kind in DeadlineKind]


def planned(
    book: PolicyBook, policy_id: int, calendar: Calendar, at: datetime, kind: DeadlineKind, here: Circumstances
) -> Planned:
    """One kind of clock."""
    allowance = book.allowance(policy_id, kind, here.category_path, here.urgency, here.level, here.channel)
    if allowance is None:
        return Planned(kind, None)
    minutes, counting = allowance.minutes, allowance.counting
    if counting == Counting.DAY:
        minutes, counting = minutes_to_day_end(calendar, at, minutes), Counting.WORKING
    due = due_at(calendar, at, minutes, counting)
    told = explain(calendar, at, minutes, counting)
    words = in_words(told, calendar, start=at, minutes=minutes, counting=counting)
    steps = [
        PlannedStep(kind, step, step.moment(calendar, start=at, minutes=minutes, counting=counting, due=due))
        for step in allowance.steps
    ]
    return Planned(kind, allowance, due, words, tuple(sorted(steps, key=lambda step: (step.at, step.step.id))))
