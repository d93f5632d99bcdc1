"""The clocks of one case: which run in which status, when they are due, and when their next step fires."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from cases import categories, policies
from cases.calendars import calendar_of
from cases.choices import OPEN, DeadlineKind, DeadlineState, Status, StepAction
from cases.deadlines import Counting, Explanation, Pause, due_at, explain, minutes_to_day_end
from cases.explaining import in_words
from cases.models import Adjustment, Assignment, Case, Deadline, StepFiring, SupervisionOrder
from cases.policies import AllowanceRow, StepRow
from grids import tree

K, S = DeadlineKind, Status

# Every status that waits for somebody has a clock.
RUNNING_IN: dict[str, tuple[DeadlineKind, ...]] = {
    S.SUBMITTED: (K.ACCEPT,),
    S.ACCEPTED: (K.DISPATCH,),
    S.DISPATCHED: (K.SIGN, K.HANDLE),
    S.HANDLING: (K.HANDLE,),
    S.SUSPENDED: (K.HANDLE, K.RESUME),
    S.REVIEW: (K.REVIEW,),
    S.FEEDBACK: (K.RATE,),
}

BESIDE = frozenset({K.REPORT_IN, K.ASSIST, K.WHISTLE, K.EXTENSION, K.SUSPENSION, K.SUPERVISE, K.CHECK_ANSWER})
"""Clocks that stand beside the case's way: what they wait for starts and ends them, not the status. They end with the
case at the latest, and make nobody else late."""


def is_beside(deadline: Deadline) -> bool:
    """Whether this clock stands beside the case's way: a co-handler's, a supervision order's, or a request's."""
    return deadline.kind in BESIDE or deadline.assignment_id is not None or deadline.order_id is not None


class Clocks:
    """Deadlines of a locked case, read when first needed, written once at the end."""

    def __init__(
        self,
        case: Case,
        at: datetime,
        running: list[Deadline] | None = None,
        unclocked: frozenset[str] = frozenset(),
        on_overtaken: Callable[[Deadline], None] | None = None,
    ) -> None:
        self.case = case
        self.at = at
        self.unclocked = unclocked
        self.on_overtaken = on_overtaken
        self._running = [] if running is None and case._state.adding else running  # a new case has none
        self._touched: dict[int, Deadline] = {}
        self._opened: list[Deadline] = []

    def know(self, running: list[Deadline]) -> None:
        """The clocks that run, read by the caller: for who has many cases in hand."""
        self._running = running

    @property
    def running(self) -> list[Deadline]:
        if self._running is None:
            self._running = list(self.case.deadlines.filter(state__in=("running", "paused")))
        return self._running

    def of_share(self, share: Assignment, *kinds: DeadlineKind) -> list[Deadline]:
        """The running clocks of a unit's share, of these kinds (no kinds: all)."""
        own = [d for d in self.running if d.assignment_id == share.pk]
        return [d for d in own if not kinds or d.kind in kinds]

    def follow(self, status: Status, *, fate: DeadlineState | None, restart: bool) -> None:
        """Stops the clocks that the status does not want (all, on a restart) and starts those that it does. Those
        beside the case's way go on while it is open."""
        wanted = RUNNING_IN.get(status, ())
        for deadline in list(self.running):
            if is_beside(deadline):
                if status not in OPEN:
                    self.stop(deadline, DeadlineState.CANCELLED)
            elif restart or deadline.kind not in wanted:
                self.stop(deadline, fate)
        going = {deadline.kind for deadline in self.running if not is_beside(deadline)}
        for kind in wanted:
            if kind not in going:
                self.start(kind)

    def stop(self, deadline: Deadline, fate: DeadlineState | None = None) -> None:
        """Met or missed by its due moment, unless `fate` says otherwise; a miss stays a miss whatever the fate."""
        self._settle(deadline)
        if deadline.state == DeadlineState.PAUSED:
            missed = deadline.flagged_at is not None
            deadline.adjustments.filter(ends_at=None, kind=Adjustment.Kind.PAUSE).update(ends_at=self.at)
        else:
            missed = self.at > deadline.due_at
        deadline.state = DeadlineState.MISSED if missed else fate or DeadlineState.MET
        deadline.ended_at = self.at
        deadline.fire_at = deadline.fire_step_id = None
        self.running.remove(deadline)
        self.touch(deadline)

    def _settle(self, deadline: Deadline) -> None:
        """Before a clock stops: what was due on it, and no sweep has fired yet, is of record all the same."""
        due = deadline.fire_at is not None and deadline.fire_at <= self.at
        if due and deadline.pk is not None and self.on_overtaken is not None:
            self.on_overtaken(deadline)

    def start(
        self,
        kind: DeadlineKind,
        *,
        unit_id: int | None = None,
        until: datetime | None = None,
        assignment: Assignment | None = None,
        order: SupervisionOrder | None = None,
        no_later_than: datetime | None = None,
    ) -> Deadline | None:
        """A new clock from now for a unit (the one whose turn it is, where None); none where no policy names an
        allowance, or the actor does not clock this kind.

        `until` is a moment that was promised by name, as a review date is; the allowance then only lends its ladder.
        `no_later_than` is when the answer would come too late: a longer allowance is cut off there.
        """
        allowance = None if kind in self.unclocked else self._allowance(kind)
        if allowance is None:
            return None
        unit = tree.unit(unit_id) if unit_id is not None else None
        deadline = Deadline(
            case=self.case,
            kind=kind,
            assignment=assignment,
            order=order,
            unit_id=unit.id if unit else self.case.duty_unit_id,
            level=unit.level if unit else self.case.level,
            allowance_id=allowance.id,
            starts_at=self.at,
            **self._promise(allowance, until, no_later_than),
        )
        schedule(deadline, fired=(), pauses=())
        self.running.append(deadline)
        self._opened.append(deadline)
        return deadline

    def _allowance(self, kind: DeadlineKind) -> AllowanceRow | None:
        """By the policy that the case came in under; a kind of promise that it does not know, by those in force now."""
        case = self.case
        here = (kind, categories.book().path(case.category_id), case.urgency, case.level, case.channel)
        return policies.book().promise(case.policy_id, case.grid_path, self.at, *here)

    def _promise(
        self, allowance: AllowanceRow, until: datetime | None, no_later_than: datetime | None
    ) -> dict[str, Any]:
        if until is None and no_later_than is not None:
            promised: dict[str, Any] = self._promise(allowance, None, None)
            return promised if promised["due_at"] <= no_later_than else self._promise(allowance, no_later_than, None)
        if until is not None:
            minutes = (until - self.at).total_seconds() / 60
            return {"minutes": minutes, "counting": Counting.CALENDAR.value, "due_at": until}
        calendar = calendar_of(self.case.grid_path)
        minutes, counting = allowance.minutes, allowance.counting
        if counting == Counting.DAY:  # the clock itself counts minutes, so that pauses and explanations are as ever
            minutes, counting = minutes_to_day_end(calendar, self.at, minutes), Counting.WORKING
        moment = due_at(calendar, self.at, minutes, counting)
        return {"minutes": minutes, "counting": counting.value, "due_at": moment}

    def pause(self, deadline: Deadline, reason: str) -> Adjustment:
        """The clock rests from now on. The caller saves the adjustment with its event."""
        self._settle(deadline)
        deadline.state = DeadlineState.PAUSED
        deadline.fire_at = deadline.fire_step_id = None
        self.touch(deadline)
        return Adjustment(deadline=deadline, kind=Adjustment.Kind.PAUSE, starts_at=self.at, reason=reason)

    def unpause(self, deadline: Deadline) -> None:
        """A paused clock goes on; the rest does not count. One that was late already stays due when it was."""
        deadline.adjustments.filter(ends_at=None, kind=Adjustment.Kind.PAUSE).update(ends_at=self.at)
        deadline.state = DeadlineState.RUNNING
        self._go_on(deadline, pauses_of(deadline))

    def extend(self, deadline: Deadline, minutes: float, reason: str) -> Adjustment:
        """More time, in minutes as the clock counts. The caller saves the adjustment with its event."""
        deadline.added_minutes += minutes
        self._go_on(deadline, pauses_of(deadline))
        return Adjustment(
            deadline=deadline, kind=Adjustment.Kind.EXTENSION, starts_at=self.at, minutes=minutes, reason=reason
        )

    def _go_on(self, deadline: Deadline, pauses: list[Pause]) -> None:
        if deadline.flagged_at is None:
            deadline.due_at = _due(deadline, pauses)
        schedule(deadline, fired=fired_steps(deadline), pauses=pauses)
        self.touch(deadline)

    def resume(self, deadline: Deadline, reason: str) -> Adjustment:
        """An ended clock runs on; the time since it stopped does not count. The caller saves the adjustment with
        its event."""
        pause = Adjustment(
            deadline=deadline,
            kind=Adjustment.Kind.PAUSE,
            starts_at=deadline.ended_at or self.at,
            ends_at=self.at,
            reason=reason,
        )
        deadline.state, deadline.ended_at = DeadlineState.RUNNING, None
        self._go_on(deadline, [*pauses_of(deadline), Pause(pause.starts_at, pause.ends_at, reason)])
        self.running.append(deadline)
        return pause

    def touch(self, deadline: Deadline) -> None:
        """The deadline was changed and will be written."""
        if deadline.pk is not None:
            self._touched[deadline.pk] = deadline

    @property
    def touched(self) -> list[Deadline]:
        """Deadlines that were changed."""
        return list(self._touched.values())

    @property
    def opened(self) -> list[Deadline]:
        """New deadlines. To be saved after the changed ones: of a kind only one may run."""
        return [deadline for deadline in self._opened if deadline in self.running]

    def write(self) -> None:
        """Saves the clocks and repeats on the case what lists show: the next due moment, and since when it is late."""
        for deadline in self.touched:
            deadline.save(update_fields=[*STEPPED, "due_at", "added_minutes", "state", "ended_at"])
        Deadline.objects.bulk_create(self.opened)
        if self._running is not None:
            self.summarise()

    def summarise(self) -> None:
        """What the case repeats of its clocks: of those on its way that run."""
        own = [d for d in self.running if d.state == DeadlineState.RUNNING and not is_beside(d)]
        self.case.due_at = min((d.due_at for d in own), default=None)
        late = [d.due_at for d in own if d.flagged_at]
        self.case.overdue_since = min(late, default=None)


STEPPED = ["fire_at", "fire_step", "flagged_at", "error"]


def schedule(deadline: Deadline, *, fired: Iterable[int], pauses: Iterable[Pause]) -> None:
    """Sets the next step that has not fired, and its moment; none where the ladder is climbed. A deadline that was set
    aside is one of the others again."""
    moments = [(moment, step.id) for moment, step in steps_ahead(deadline, fired=fired, pauses=pauses)]
    deadline.fire_at, deadline.fire_step_id = min(moments, default=(None, None))
    deadline.error = ""


def steps_ahead(deadline: Deadline, *, fired: Iterable[int], pauses: Iterable[Pause]) -> list[tuple[datetime, StepRow]]:
    """The steps of the ladder that have not fired, each with its moment; of a clock that is flagged, not the reminders
    that its end overtook."""
    done, pauses = set(fired), tuple(pauses)
    steps = policies.book().allowances[deadline.allowance_id].steps
    ahead = [(_step_moment(deadline, step, pauses), step) for step in steps if step.id not in done]
    if deadline.flagged_at is None:
        return ahead
    return [(at, step) for at, step in ahead if step.action != StepAction.REMIND or at >= deadline.due_at]


def _step_moment(deadline: Deadline, step: StepRow, pauses: tuple[Pause, ...]) -> datetime:
    return step.moment(
        calendar_of(deadline.case.grid_path),
        start=deadline.starts_at,
        minutes=deadline.minutes,
        counting=Counting(deadline.counting),
        due=deadline.due_at,
        pauses=pauses,
        added=deadline.added_minutes,
    )


def _due(deadline: Deadline, pauses: Iterable[Pause]) -> datetime:
    return due_at(
        calendar_of(deadline.case.grid_path),
        deadline.starts_at,
        deadline.minutes,
        Counting(deadline.counting),
        pauses,
        deadline.added_minutes,
    )


def pauses_of(deadline: Deadline) -> list[Pause]:
    """The pauses in its ledger, oldest first."""
    entries = [a for a in deadline.adjustments.all() if a.kind == Adjustment.Kind.PAUSE]
    return [Pause(a.starts_at, a.ends_at, a.reason) for a in entries]


def fired_steps(deadline: Deadline) -> list[int]:
    return list(StepFiring.objects.filter(deadline=deadline).values_list("step_id", flat=True))


def explanation_of(deadline: Deadline) -> Explanation:
    """Why it is due when it is: what was counted, what not, what paused it, what was added."""
    return explain(
        calendar_of(deadline.case.grid_path),
        deadline.starts_at,
        deadline.minutes,
        Counting(deadline.counting),
        pauses_of(deadline),
        deadline.added_minutes,
    )


def explanation_in_words(deadline: Deadline, told: Explanation | None = None) -> str:
    """The same in one sentence, in the active language; `told` where it is explained already."""
    return in_words(
        told or explanation_of(deadline),
        calendar_of(deadline.case.grid_path),
        start=deadline.starts_at,
        minutes=deadline.minutes,
        counting=Counting(deadline.counting),
        added=deadline.added_minutes,
    )


def describe(deadline: Deadline) -> dict[str, Any]:
    """What an event says of the deadline that it is about."""
    unit = tree.unit(deadline.unit_id) if deadline.unit_id else None
    return {
        "deadline": deadline.pk,
        "deadline_kind": deadline.kind,
        "deadline_due_at": deadline.due_at,
        "unit": deadline.unit_id,
        "unit_name": unit.name if unit else "",
        "deadline_level": deadline.level,
    }
