"""One batch in memory: reads what its claim needs in a few queries, and fires the steps in the order in which they
were due."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from heapq import heapify, heappop, heappush

from cases.actors import Actor
from cases.choices import DeadlineState, StepAction
from cases.deadlines import Pause
from cases.models import Adjustment, Case, CaseEvent, Deadline, StepFiring
from cases.policies import StepRow
from cases.policies import book as policy_book
from cases.services.change import Change
from cases.services.clocks import schedule

from .claims import Claimed
from .effects import EFFECTS, SIMPLE

LIGHT = (
    "version", "last_hash", "updated_at", "due_at", "overdue_since", "urges", "listed_at", "status", "grid_path",
)  # fmt: skip
"""Columns of a case that simple steps read or change."""


class Batch:
    """Claimed deadlines, whose cases are locked, with all that their steps read; what has fired waits to be written."""

    def __init__(self, claimed: list[Claimed], now: datetime, actor: Actor) -> None:
        self.now = now
        self.actor = actor
        self.claimed = {claim.id for claim in claimed}
        self.changes: dict[int, Change] = {}
        self.whole: set[int] = set()
        self.events: list[CaseEvent] = []
        self.firings: list[StepFiring] = []
        self.deadlines: dict[int, Deadline] = {}
        self._read({claim.case_id for claim in claimed})

    def _read(self, case_ids: set[int]) -> None:
        # Only now that the cases are locked: between the claim's snapshot and its locks somebody may have acted.
        states = (DeadlineState.RUNNING, DeadlineState.PAUSED)
        running: dict[int, list[Deadline]] = defaultdict(list)
        for deadline in Deadline.objects.filter(case__in=case_ids, state__in=states):
            running[deadline.case_id].append(deadline)
            if deadline.pk in self.claimed:
                self.deadlines[deadline.pk] = deadline
        for case in self._cases(case_ids):
            for deadline in running[case.pk]:
                deadline.case = case
            at = max(self.now, case.updated_at)
            self.changes[case.pk] = Change(case, self.actor, at, running=running[case.pk])
        self._read_past()

    def _cases(self, case_ids: set[int]) -> list[Case]:
        """In full where a step needs all of the case; else the few columns of a simple step."""
        acting = [d for d in self.deadlines.values() if d.fire_at and d.fire_at <= self.now]
        self.whole = {d.case_id for d in acting if _step(d).action not in SIMPLE}
        cases = list(Case.objects.filter(pk__in=case_ids - self.whole).only(*LIGHT))
        return [*cases, *Case.objects.filter(pk__in=self.whole)] if self.whole else cases

    def _read_past(self) -> None:
        """Steps that have fired before, and pauses: what the next moment of a ladder depends on."""
        self.fired: dict[int, list[int]] = defaultdict(list)
        self.pauses: dict[int, list[Pause]] = defaultdict(list)
        past = StepFiring.objects.filter(deadline__in=self.claimed)
        for pk, step_id in past.order_by().values_list("deadline_id", "step_id"):
            self.fired[pk].append(step_id)
        pauses = Adjustment.objects.filter(deadline__in=self.claimed, kind=Adjustment.Kind.PAUSE).order_by("id")
        for pk, starts_at, ends_at, reason in pauses.values_list("deadline_id", "starts_at", "ends_at", "reason"):
            self.pauses[pk].append(Pause(starts_at, ends_at, reason))

    def fire(self, horizon: datetime) -> None:
        """Fires what is due by the horizon in the order in which it was due, the steps that follow at once included:
        nothing later than that, because the claim left something to the next."""
        queue = [(d.fire_at, pk) for pk, d in self.deadlines.items() if d.fire_at and d.fire_at <= horizon]
        heapify(queue)
        while queue:
            due_at, pk = heappop(queue)
            again = self._fire(self.deadlines[pk], due_at)
            if again is not None and again <= horizon:
                heappush(queue, (again, pk))

    def _fire(self, deadline: Deadline, due_at: datetime) -> datetime | None:
        """When the deadline's next step is due, once this one has fired; an earlier step of the same case may have made
        it moot."""
        change = self.changes[deadline.case_id]
        if deadline.fire_at != due_at:
            return deadline.fire_at
        step, before = _step(deadline), len(change.events)
        if step.action not in SIMPLE:
            self._complete(change.case)
        EFFECTS[StepAction(step.action)](change, deadline, step, due_at)
        self.fired[deadline.pk].append(step.id)
        if deadline.state == DeadlineState.RUNNING:
            schedule(deadline, fired=self.fired[deadline.pk], pauses=self.pauses[deadline.pk])
        change.clocks.touch(deadline)
        said = change.events[before:]
        self.events += said
        event = said[-1] if said else None
        self.firings.append(
            StepFiring(deadline=deadline, step_id=step.id, due_at=due_at, fired_at=change.at, event=event)
        )
        return deadline.fire_at

    def _complete(self, case: Case) -> None:
        """The rest of a case that was read for simple steps only; what they changed stays."""
        if case.pk not in self.whole:
            self.whole.add(case.pk)
            case.refresh_from_db(fields=sorted(case.get_deferred_fields()))


def _step(deadline: Deadline) -> StepRow:
    steps = policy_book().allowances[deadline.allowance_id].steps
    found = [step for step in steps if step.id == deadline.fire_step_id]
    if not found:
        raise LookupError(f"step {deadline.fire_step_id} is not in the ladder of allowance {deadline.allowance_id}")
    return found[0]
