"""One batch in memory: its claimed deadlines with all that their steps need, fired in the order in which they were
due. Cases that only meet simple steps are light ones, the others are read in full."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from cases.actors import Actor
from cases.choices import DeadlineState, StepAction
from cases.models import CaseEvent, Deadline
from cases.policies import StepRow
from cases.policies import book as policy_book
from cases.services.change import Change
from cases.services.clocks import schedule, steps_ahead

from .claims import Claimed
from .effects import EFFECTS, SIMPLE
from .light import LightChange
from .reading import Running, read_fired, read_light, read_pauses, read_whole


class Firing(NamedTuple):
    """That a step fired."""

    deadline_id: int
    step_id: int
    due_at: datetime
    fired_at: datetime
    event: CaseEvent | None


class Batch:
    """Claimed deadlines, whose cases are locked; what has fired waits in `events`, `firings` and `changes` to be
    written. Nothing fires that is due later than `horizon`, because the claim left something to the next."""

    def __init__(self, claimed: list[Claimed], now: datetime, horizon: datetime, actor: Actor) -> None:
        self.now, self.horizon, self.actor = now, horizon, actor
        self.claimed = {claim.id for claim in claimed}
        self.changes: dict[int, Change] = {}
        self.deadlines: dict[int, Deadline] = {}
        self.events: list[CaseEvent] = []
        self.firings: list[Firing] = []
        self.fired = read_fired(self.claimed)
        self.pauses = read_pauses(self.claimed)
        # Only now that the cases are locked: between the claim's snapshot and its locks somebody may have acted.
        self._take(read_light({claim.case_id for claim in claimed}), LightChange)
        self.ahead = {pk: self._steps_ahead(deadline) for pk, deadline in self.deadlines.items()}
        self.whole = {self.deadlines[pk].case_id for pk, steps in self.ahead.items() if not self._is_simple(steps)}
        if self.whole:
            self._take(read_whole(self.whole), Change)

    def _take(self, cases: Running, kind: type[Change]) -> None:
        for case, running in cases:
            self.changes[case.pk] = kind(case, self.actor, max(self.now, case.updated_at), running=running)
            for deadline in running:
                if deadline.pk in self.claimed:
                    self.deadlines[deadline.pk] = deadline

    def _steps_ahead(self, deadline: Deadline) -> list[tuple[datetime, StepRow]]:
        """What is left of the ladder, the step that is due first. Its moment is the one that the row names."""
        if deadline.fire_at is None or deadline.fire_at > self.horizon:
            return []
        step = _step(deadline, policy_book().allowances[deadline.allowance_id].steps)
        later = steps_ahead(deadline, fired=[*self.fired[deadline.pk], step.id], pauses=self.pauses[deadline.pk])
        return [(deadline.fire_at, step), *later]

    def _is_simple(self, steps: list[tuple[datetime, StepRow]]) -> bool:
        return all(step.action in SIMPLE for moment, step in steps if moment <= self.horizon)

    def fire(self) -> None:
        """Fires what is due in the order in which it was due, the steps that follow at once included."""
        queue = [(d.fire_at, pk) for pk, d in self.deadlines.items() if d.fire_at and d.fire_at <= self.horizon]
        heapify(queue)
        while queue:
            due_at, pk = heappop(queue)
            again = self._fire(self.deadlines[pk], due_at)
            if again is not None and again <= self.horizon:
                heappush(queue, (again, pk))

    def _fire(self, deadline: Deadline, due_at: datetime) -> datetime | None:
        """When the deadline's next step is due, once this one has fired; an earlier step of the same case may have made
        it moot."""
        if deadline.fire_at != due_at:
            return deadline.fire_at
        change, step = self.changes[deadline.case_id], _step(deadline, (step for _, step in self.ahead[deadline.pk]))
        before = len(change.events)
        EFFECTS[StepAction(step.action)](change, deadline, step, due_at)
        if deadline.state == DeadlineState.RUNNING:
            self._move_on(deadline, step)
        change.clocks.touch(deadline)
        said = change.events[before:]
        self.events += said
        event = next((line for line in said if line.due_at == due_at), None)  # not of what lapses with it
        self.firings.append(Firing(deadline.pk, step.id, due_at, change.at, event))
        return deadline.fire_at

    def _move_on(self, deadline: Deadline, step: StepRow) -> None:
        self.fired[deadline.pk].append(step.id)
        if deadline.case_id in self.whole:
            schedule(deadline, fired=self.fired[deadline.pk], pauses=self.pauses[deadline.pk])
            return
        # A simple step moves no other: what was worked out before holds.
        ahead = self.ahead[deadline.pk] = [pair for pair in self.ahead[deadline.pk] if pair[1].id != step.id]
        moments = [(moment, later.id) for moment, later in ahead]
        deadline.fire_at, deadline.fire_step_id = min(moments, default=(None, None))


def _step(deadline: Deadline, steps: Iterable[StepRow]) -> StepRow:
    for step in steps:
        if step.id == deadline.fire_step_id:
            return step
    raise LookupError(f"step {deadline.fire_step_id} is not in the ladder of allowance {deadline.allowance_id}")
