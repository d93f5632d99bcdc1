"""Anybody tries anything at any time, over and over: what is refused changes nothing, what is done holds together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from cases.actors import RESIDENT, Actor
from cases.choices import OPEN, DeadlineState, Status
from cases.errors import CaseError
from cases.models import Assignment, Case, CaseEvent, Deadline, StepFiring
from cases.services import ACTIONS, sweep
from cases.services.clocks import is_beside
from cases.services.history import verify
from cases.workflow import TABLE, Input, check
from grids.models import Unit, User
from tests.stories import Stories

START = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)
"""The Monday before a week of holidays."""
S = Status
LEAVES: dict[str, set[Status]] = {
    "submitted": {S.SUBMITTED},
    "accepted": {S.ACCEPTED},
    "rejected": {S.REJECTED},
    "merged": {S.MERGED},
    "unmerged": set(OPEN),
    "dispatched": {S.DISPATCHED},
    "ruled": {S.DISPATCHED},
    "signed": {S.HANDLING},
    "returned": {S.ACCEPTED},
    "solved_on_spot": {S.FEEDBACK},
    "escalated": {S.SUBMITTED, S.ACCEPTED, S.DISPATCHED, S.REVIEW},
    "suspended": {S.SUSPENDED},
    "resumed": {S.HANDLING},
    "finished": {S.REVIEW},
    "approved": {S.FEEDBACK},
    "sent_back": {S.HANDLING},
    "closed": {S.CLOSED},
    "reopened": {S.HANDLING, S.DISPATCHED},
    "withdrawn": {S.WITHDRAWN},
}
"""The status that an event leaves a case in; events that are not here leave it as it is."""


class AnyMoves(RuleBasedStateMachine):
    """A city with a handful of cases, in a transaction that is rolled back in the end."""

    def __init__(self, stories: Stories) -> None:
        super().__init__()
        self.stories, self.at = stories, START
        self.rollback = transaction.atomic()
        self.rollback.__enter__()
        cast = stories.cast
        people = [getattr(cast, name) for name in cast.__slots__]
        self.actors = [RESIDENT, *(Actor.person(person) for person in people if isinstance(person, User))]
        self.units = [unit for unit in people if isinstance(unit, Unit)]
        self.cases: list[int] = []

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.rollback.__exit__(None, None, None)

    @initialize(status=st.sampled_from(Status))
    def somebody_speaks_up(self, status: Status) -> None:
        self.stories.bring(status, self.at)
        self.cases = list(Case.objects.values_list("pk", flat=True))

    @precondition(lambda self: len(self.cases) < 3)
    @rule(by=st.integers(0))
    def another_report(self, by: int) -> None:
        actor = self._actor(by)
        try:
            self.cases.append(self.stories.submit(self.at, by=actor).pk)
        except CaseError:
            return

    @rule(hours=st.sampled_from([0.01, 1, 5, 30, 200]), swept=st.booleans())
    def time_passes(self, hours: float, swept: bool) -> None:
        self.at += timedelta(hours=hours)
        if swept:
            self._sweep()

    def _sweep(self) -> None:
        swept = sweep(self.at)
        assert swept.set_aside == 0
        assert not Deadline.objects.filter(fire_at__lte=self.at).exists()

    @rule(which=st.integers(0), action=st.sampled_from(sorted(TABLE)), by=st.integers(0), data=st.data())
    def anybody_tries_anything(self, which: int, action: str, by: int, data: st.DataObject) -> None:
        self._try(self._case(which), action, self._actor(by), data)

    @rule(which=st.integers(0), data=st.data())
    def somebody_does_what_is_theirs(self, which: int, data: st.DataObject) -> None:
        case = self._case(which)
        able = {move: [actor for actor in self.actors if self._may(case, move, actor)] for move in TABLE}
        action = data.draw(st.sampled_from([move for move, actors in able.items() if actors]), "action")
        self._try(case, action, data.draw(st.sampled_from(able[action]), "actor"), data)

    @rule(which=st.integers(0), data=st.data())
    def and_more_often(self, which: int, data: st.DataObject) -> None:
        """The same: what succeeds leads somewhere, and rules are drawn alike."""
        self.somebody_does_what_is_theirs(which, data)

    def _try(self, case: Case, action: str, actor: Actor, data: st.DataObject) -> None:
        inputs = {i.name: data.draw(self._value(i, case), i.name) for i in TABLE[action].inputs}
        given = {name: value for name, value in inputs.items() if value is not None}
        before = self._picture()
        try:
            with transaction.atomic():
                ACTIONS[action](case, actor, at=self.at, **given)
        except CaseError:
            assert self._picture() == before
            return
        now = Case.objects.get(pk=case.pk)
        move = TABLE[action]
        assert case.status in move.sources
        assert now.status in (move.targets or (case.status,))
        assert now.version > case.version

    def _value(self, asked: Input, case: Case) -> st.SearchStrategy[Any]:
        kinds: dict[str, Callable[[], st.SearchStrategy[Any]]] = {
            "text": lambda: st.sampled_from(["理由", "x"]),
            "choice": lambda: st.sampled_from([choice.value for choice in asked.choices or ()]),
            "flag": st.booleans,
            "unit": lambda: st.sampled_from(self.units),
            "units": lambda: st.lists(st.sampled_from(self.units), max_size=3, unique_by=lambda unit: unit.pk),
            "co_handler": lambda: st.sampled_from(self.units),
            "category": lambda: st.none(),
            "case": lambda: st.sampled_from(self.cases).map(lambda pk: Case.objects.get(pk=pk)),
            "days": lambda: st.sampled_from([Decimal("0.5"), Decimal(2), Decimal(30)]),
            "date": lambda: st.integers(-1, 90).map(lambda days: (self.at + timedelta(days=days)).date()),
            "order": lambda: st.sampled_from([None, *case.orders.all()]),
        }
        value = kinds[asked.kind]()
        return value if asked.required else st.one_of(st.none(), value)

    def _case(self, which: int) -> Case:
        return Case.objects.get(pk=self.cases[which % len(self.cases)])

    def _actor(self, by: int) -> Actor:
        return self.actors[by % len(self.actors)]

    @staticmethod
    def _may(case: Case, action: str, actor: Actor) -> bool:
        try:
            check(case, action, actor)
        except CaseError:
            return False
        return True

    @staticmethod
    def _picture() -> list[Any]:
        """Everything that a refusal must leave alone: cases, and how much of each other table there is."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT c::text FROM cases_case c ORDER BY id")
            cases = cursor.fetchall()
        return [cases, *(model.objects.count() for model in (Assignment, CaseEvent, Deadline, StepFiring))]

    @invariant()
    def histories_verify(self) -> None:
        assert list(verify(Case.objects.all())) == []

    @invariant()
    def no_case_is_lost(self) -> None:
        assert set(Case.objects.values_list("pk", flat=True)) == set(self.cases)

    @invariant()
    def the_status_is_what_the_history_says(self) -> None:
        for case in Case.objects.all():
            last = case.events.filter(kind__in=LEAVES).latest("seq")
            assert case.status in LEAVES[last.kind], (case.status, last.kind)

    @invariant()
    def who_works_on_it_has_a_share_and_one_leads(self) -> None:
        for case in Case.objects.all():
            leads = [share.unit_id for share in case.assignments.all() if not share.ended_at and share.part == "lead"]
            assert len(leads) <= 1
            if case.status in (S.DISPATCHED, S.HANDLING, S.SUSPENDED, S.REVIEW):
                assert leads == [case.lead_unit_id]
            assert {share.unit_id for share in case.assignments.all()} <= set(case.unit_ids)

    @invariant()
    def whoever_is_waited_for_has_a_clock(self) -> None:
        for case in Case.objects.all():
            running = case.deadlines.filter(state=DeadlineState.RUNNING)
            if case.status in OPEN:
                assert running.exists(), case.status
                own = [deadline for deadline in running if not is_beside(deadline)]
                assert case.due_at == min((deadline.due_at for deadline in own), default=None)
                assert case.overdue_since == min((d.due_at for d in own if d.flagged_at), default=None)
            else:
                assert not running.exists(), [deadline.kind for deadline in running]

    @invariant()
    def each_step_fired_once(self) -> None:
        fired = list(StepFiring.objects.values_list("deadline", "step"))
        assert len(fired) == len(set(fired))


def test_whatever_anybody_tries_what_holds_holds(stories: Stories) -> None:
    run_state_machine_as_test(
        lambda: AnyMoves(stories),
        settings=settings(
            max_examples=20,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,  # the same in each run: CI is no place for luck
            suppress_health_check=list(HealthCheck),
        ),
    )
