"""A sweep's batches: due order and exactness after an outage, what is late says so, and what fails stands alone."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from cases.actors import Actor, ActorKind
from cases.choices import DeadlineKind, EventKind, Status
from cases.models import Adjustment, Allowance, Case, CaseEvent, Deadline, PendingEvent, Step, StepFiring
from cases.services import sweep
from cases.services.change import changing
from cases.services.clocks import fired_steps, pauses_of, schedule
from cases.services.history import verify
from cases.services.sweep import retry_set_aside
from tests.stories import Stories

CHINA = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=CHINA)
OUTAGE = timedelta(days=3)


@pytest.fixture
def after_outage(stories: Stories) -> list[Case]:
    """Cases in four statuses that came in over an hour and have not been looked at since."""
    statuses = [Status.SUBMITTED, Status.ACCEPTED, Status.DISPATCHED, Status.HANDLING]
    return [stories.bring(statuses[n % 4], at=MONDAY + timedelta(minutes=3 * n)) for n in range(20)]


@pytest.mark.parametrize("batch", [1, 7, 500])
def test_after_an_outage_each_step_fires_once_in_due_order_and_a_second_sweep_does_nothing(
    after_outage: list[Case], batch: int
) -> None:
    swept = sweep(MONDAY + OUTAGE, batch=batch)
    events = list(CaseEvent.objects.filter(due_at__isnull=False).order_by("id"))
    assert [event.due_at for event in events] == sorted(event.due_at for event in events if event.due_at)
    assert swept.fired == StepFiring.objects.count() == len(events) > 2 * len(after_outage)
    assert set(Counter(StepFiring.objects.values_list("deadline", "step")).values()) == {1}
    assert all(firing.event and firing.due_at == firing.event.due_at for firing in StepFiring.objects.all())
    assert list(verify(Case.objects.all())) == []
    assert sweep(MONDAY + OUTAGE).fired == 0


def test_batches_of_any_size_leave_the_same_histories(after_outage: list[Case]) -> None:
    def histories(batch: int) -> list[tuple[object, ...]]:
        columns = ("case_id", "seq", "kind", "at", "due_at", "payload", "hash")
        with transaction.atomic():
            sweep(MONDAY + OUTAGE, batch=batch)
            lines = list(CaseEvent.objects.order_by("case_id", "seq").values_list(*columns))
            clocks = list(Deadline.objects.order_by("case_id", "kind", "starts_at").values_list("due_at", "fire_at"))
            transaction.set_rollback(True)
        return [*lines, *clocks]

    whole = histories(500)
    assert [line[:5] for line in histories(1)] == [line[:5] for line in whole]


def test_what_fires_late_says_by_how_much_and_is_to_be_told_together(after_outage: list[Case]) -> None:
    sweep(MONDAY + OUTAGE)
    for event in CaseEvent.objects.filter(due_at__isnull=False):
        assert event.due_at
        assert event.payload["late_minutes"] == (event.at - event.due_at) // timedelta(minutes=1) > 15
        assert event.payload["digest"] is True


def test_what_fires_in_time_says_nothing_of_being_late(stories: Stories) -> None:
    case = stories.submit(MONDAY)
    sweep(MONDAY + timedelta(minutes=60 + 15))
    reminded = case.events.get(kind=EventKind.REMINDED)
    assert not {"late_minutes", "digest"} & reminded.payload.keys()


def test_the_next_step_of_a_batch_is_the_one_that_counting_alone_would_give(after_outage: list[Case]) -> None:
    sweep(MONDAY + timedelta(hours=1, minutes=30))
    for deadline in Deadline.objects.filter(state="running").select_related("case"):
        swept = (deadline.fire_at, deadline.fire_step_id)
        schedule(deadline, fired=fired_steps(deadline), pauses=pauses_of(deadline))
        assert swept == (deadline.fire_at, deadline.fire_step_id)


def test_a_pause_in_the_ledger_moves_the_steps_that_follow_a_fired_one(stories: Stories) -> None:
    case = stories.bring(Status.HANDLING, at=MONDAY)
    deadline = case.deadlines.get(kind=DeadlineKind.HANDLE)
    deadline.case = case
    Adjustment.objects.create(
        deadline=deadline, kind="pause", starts_at=MONDAY, ends_at=MONDAY + timedelta(days=2), event=case.events.last()
    )
    schedule(deadline, fired=(), pauses=pauses_of(Deadline.objects.get(pk=deadline.pk)))
    deadline.save()
    assert deadline.fire_at
    sweep(deadline.fire_at)
    swept = Deadline.objects.select_related("case").get(pk=deadline.pk)
    found = (swept.fire_at, swept.fire_step_id)
    schedule(swept, fired=fired_steps(swept), pauses=pauses_of(swept))
    assert found == (swept.fire_at, swept.fire_step_id)
    assert fired_steps(swept)


def test_an_idle_sweep_is_one_statement(stories: Stories) -> None:
    stories.submit()
    with CaptureQueriesContext(connection) as captured:
        swept = sweep()
    assert swept.fired == 0 and len(captured) == 1
    assert swept.wait is not None and swept.wait > timedelta(minutes=10)


def test_a_batch_takes_as_many_statements_for_many_steps_as_for_few(stories: Stories) -> None:
    def statements(cases: int) -> int:
        for _n in range(cases):
            stories.submit(MONDAY)
        with CaptureQueriesContext(connection) as captured:
            assert sweep(MONDAY + timedelta(hours=1)).fired == cases
        return sum("grids_revision" not in query["sql"] for query in captured.captured_queries)

    statements(1)  # reference data is read once
    assert statements(20) == statements(2)


def test_a_quiet_clock_tells_nobody(stories: Stories) -> None:
    stories.submit(MONDAY)
    PendingEvent.objects.all().delete()
    sweep(MONDAY + timedelta(hours=1), actor=Actor(ActorKind.CLOCK, quiet=True))
    assert CaseEvent.objects.filter(kind=EventKind.REMINDED, quiet=True).count() == 1
    assert not PendingEvent.objects.exists()


def beside_clock(case: Case, kind: DeadlineKind, **fields: object) -> Deadline:
    """A clock of this kind on the case from Monday on."""
    with changing(case, "note", Actor.person(case.accepted_by), at=MONDAY) as change:
        deadline = change.clocks.start(kind, **fields)
    assert deadline is not None
    return deadline


@pytest.mark.parametrize("kind", [DeadlineKind.REPORT_IN, DeadlineKind.WHISTLE, DeadlineKind.SUPERVISE])
def test_a_clock_beside_the_case_s_way_neither_makes_it_overdue_nor_lets_it_climb(
    stories: Stories, kind: DeadlineKind
) -> None:
    case = stories.bring(Status.HANDLING, at=MONDAY)
    deadline = beside_clock(case, kind, unit_id=stories.cast.housing.pk)
    escalate = Allowance.objects.filter(kind="accept", ladder__name="desk").values_list("pk", flat=True)[0]
    Deadline.objects.filter(pk=deadline.pk).update(allowance_id=escalate)  # a ladder that would climb
    deadline.refresh_from_db()
    schedule(deadline, fired=(), pauses=())
    deadline.save()
    before = Case.objects.get(pk=case.pk)
    sweep(MONDAY + timedelta(days=3))
    case.refresh_from_db()
    deadline.refresh_from_db()
    assert deadline.flagged_at is not None
    assert (case.overdue_since, case.level, case.lead_unit_id) == (None, before.level, before.lead_unit_id)
    told = case.events.get(kind=EventKind.ROLE_NOTIFIED)
    assert (told.payload["role"], told.payload["unit"]) == ("leader", stories.cast.housing.pk)


def test_one_poisoned_deadline_among_many_is_set_aside_alone_and_the_log_tells_no_tales(
    stories: Stories, caplog: pytest.LogCaptureFixture
) -> None:
    cases = [stories.submit(MONDAY + timedelta(seconds=n)) for n in range(30)]
    poisoned = cases[13]
    Case.objects.filter(pk=poisoned.pk).update(version=0)
    swept = sweep(MONDAY + timedelta(hours=1, minutes=1))
    assert (swept.fired, swept.set_aside) == (29, 1)
    assert Deadline.objects.exclude(error="").get().case_id == poisoned.pk
    alarms = [record for record in caplog.records if record.levelname == "ERROR"]
    assert len(alarms) == 1 and f"case {poisoned.pk} is set aside" in alarms[0].getMessage()
    assert "路灯" not in caplog.text
    due = CaseEvent.objects.filter(kind=EventKind.REMINDED).order_by("id").values_list("due_at", flat=True)
    assert list(due) == sorted(due)


def test_an_unknown_step_is_set_aside_too(stories: Stories) -> None:
    poisoned, sound = stories.submit(MONDAY), stories.submit(MONDAY)
    other = Step.objects.exclude(ladder__name="desk").first()
    assert other
    Deadline.objects.filter(case=poisoned).update(fire_step=other)
    swept = sweep(MONDAY + timedelta(hours=1))
    assert (swept.fired, swept.set_aside) == (1, 1)
    assert sound.events.filter(kind=EventKind.REMINDED).exists()


def test_set_aside_deadlines_go_on_once_somebody_has_them_tried_again(stories: Stories) -> None:
    case, other = stories.submit(MONDAY), stories.submit(MONDAY)
    Case.objects.filter(pk__in=(case.pk, other.pk)).update(version=0)
    assert sweep(MONDAY + timedelta(hours=1)).set_aside == 2
    assert sweep(MONDAY + timedelta(hours=2)).fired == 0
    Case.objects.update(version=1)
    call_command("retry_set_aside", "--number", case.number)
    assert Deadline.objects.exclude(error="").get().case_id == other.pk
    assert sweep(MONDAY + timedelta(hours=1)).fired == 1
    assert retry_set_aside() == 1
    assert sweep(MONDAY + timedelta(hours=1)).fired == 1
    assert retry_set_aside() == 0


def test_a_database_in_trouble_sets_nothing_aside(committed_stories: Stories) -> None:
    case = committed_stories.submit(MONDAY)
    with connection.cursor() as cursor:
        cursor.execute("CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                       " PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$")  # fmt: skip
        cursor.execute("CREATE TRIGGER lose BEFORE INSERT ON cases_stepfiring FOR EACH ROW EXECUTE FUNCTION lose()")
    try:
        with pytest.raises(OperationalError):
            sweep(MONDAY + timedelta(hours=1))
    finally:
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER lose ON cases_stepfiring; DROP FUNCTION lose()")
    assert not Deadline.objects.exclude(error="").exists()
    assert sweep(MONDAY + timedelta(hours=1)).fired == 1
    assert list(verify(Case.objects.filter(pk=case.pk))) == []
