"""The ladder climbed in a test's time: each step once, in due order, at humane hours, and what fails set aside."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction

from cases.actors import RESIDENT
from cases.choices import Status
from cases.models import Case, CaseEvent, Deadline, StepFiring
from cases.services import sweep
from cases.services.history import verify
from tests.stories import Stories

CHINA = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=CHINA)


def lines(case: Case) -> list[tuple[str, datetime | None]]:
    return list(case.events.order_by("seq").values_list("kind", "due_at"))


def test_a_case_that_nobody_accepts_is_reminded_flagged_and_climbs_from_the_village_to_the_city(
    stories: Stories,
) -> None:
    case = stories.submit(MONDAY)
    moment = MONDAY
    for _half_hour in range(2 * 24 * 5):
        moment += timedelta(minutes=30)
        sweep(moment)
    case.refresh_from_db()
    assert (case.status, case.level, case.escalations) == ("submitted", "city", 3)
    assert case.listed_at is not None and case.overdue_since is not None
    assert case.duty_unit_id == stories.cast.city_authority.pk
    kinds = [kind for kind, _due in lines(case)]
    climb = ["reminded", "reminded", "flagged", "escalated"]
    until_listed = kinds[: kinds.index("listed") + 1]
    assert until_listed == ["submitted", *climb * 3, "reminded", "reminded", "flagged", "listed"]
    assert set(kinds[len(until_listed) :]) == {"reminded", "flagged", "role_notified", "urged"}  # the order's own clock
    assert list(verify(Case.objects.all())) == []


def test_the_first_clock_of_a_monday_morning_reminds_flags_and_escalates_at_the_counted_moments(
    stories: Stories,
) -> None:
    case = stories.submit(MONDAY)
    sweep(MONDAY + timedelta(hours=3))
    due = {kind: due.astimezone(CHINA).strftime("%H:%M") for kind, due in lines(case) if due}
    assert due == {"reminded": "10:36", "flagged": "11:00", "escalated": "12:00"}


def test_nothing_fires_early_and_nothing_twice(stories: Stories) -> None:
    case = stories.submit(MONDAY)
    assert sweep(MONDAY + timedelta(minutes=59)).fired == 0
    assert sweep(MONDAY + timedelta(minutes=60)).fired == 1
    assert sweep(MONDAY + timedelta(minutes=60)).fired == 0
    assert [kind for kind, _due in lines(case)] == ["submitted", "reminded"]


def test_a_weekend_and_a_night_move_no_ordinary_clock(stories: Stories) -> None:
    friday = datetime(2026, 11, 20, 17, 0, tzinfo=CHINA)
    case = stories.submit(friday)
    assert case.due_at.astimezone(CHINA) == datetime(2026, 11, 23, 10, 0, tzinfo=CHINA)
    assert sweep(datetime(2026, 11, 23, 8, 0, tzinfo=CHINA)).fired == 0


def test_life_at_risk_is_counted_and_escalated_through_the_night(stories: Stories) -> None:
    night = datetime(2026, 11, 21, 23, 0, tzinfo=CHINA)
    case = stories.submit(night, urgency="emergency")
    sweep(night + timedelta(minutes=45))
    case.refresh_from_db()
    assert (case.level, case.escalations) == ("town", 1)


def test_after_an_outage_of_three_days_steps_fire_once_in_the_order_in_which_they_were_due(stories: Stories) -> None:
    cases = [stories.bring(Status.DISPATCHED, at=MONDAY + timedelta(minutes=n)) for n in range(4)]
    sweep(MONDAY + timedelta(days=3), batch=3)
    events = CaseEvent.objects.filter(due_at__isnull=False).order_by("id").values_list("due_at", flat=True)
    assert list(events) == sorted(events)
    assert StepFiring.objects.count() == len(events) > len(cases)
    assert all(e.at >= e.due_at for e in CaseEvent.objects.filter(due_at__isnull=False))


def test_a_dispatched_case_left_alone_goes_to_the_level_above_and_the_miss_stays_with_the_lower_unit(
    stories: Stories,
) -> None:
    case = stories.bring(Status.HANDLING, at=MONDAY)
    moment = MONDAY
    while case.level == "county":
        moment += timedelta(hours=12)
        sweep(moment)
        case.refresh_from_db()
    assert (case.status, case.lead_unit_id) == ("dispatched", stories.cast.city_authority.pk)
    missed = case.deadlines.get(kind="handle", state="missed")
    assert (missed.unit_id, missed.level) == (stories.cast.urban_management.pk, "county")
    assert stories.cast.urban_management.pk in case.co_unit_ids


def test_a_signature_in_time_ends_its_clock_and_a_late_one_is_a_miss(stories: Stories) -> None:
    in_time = stories.bring(Status.DISPATCHED, at=MONDAY)
    late = stories.bring(Status.DISPATCHED, at=MONDAY)
    stories.do(in_time, "sign", at=MONDAY + timedelta(hours=1))
    stories.do(late, "sign", at=MONDAY + timedelta(days=1))
    states = {case.pk: case.deadlines.get(kind="sign").state for case in (in_time, late)}
    assert states == {in_time.pk: "met", late.pk: "missed"}


def test_the_flag_is_lifted_from_the_case_once_what_was_late_is_done(stories: Stories) -> None:
    case = stories.submit(MONDAY)
    sweep(MONDAY + timedelta(hours=2))
    case.refresh_from_db()
    assert case.overdue_since == case.due_at
    case = stories.do(case, "accept", at=MONDAY + timedelta(hours=2, minutes=5))
    assert case.overdue_since is None and case.due_at > MONDAY + timedelta(hours=2, minutes=5)


def test_a_case_without_a_verdict_closes_by_the_clock(stories: Stories) -> None:
    case = stories.bring(Status.FEEDBACK, at=MONDAY)
    sweep(MONDAY + timedelta(days=7))
    case.refresh_from_db()
    assert case.status == "closed"
    assert lines(case)[-1] == ("closed", MONDAY + timedelta(days=7))


def test_a_poisoned_deadline_is_set_aside_with_its_error_and_the_rest_goes_on(stories: Stories) -> None:
    poisoned, sound = stories.submit(MONDAY), stories.submit(MONDAY)
    with connection.cursor() as cursor:  # a case whose history the next line does not fit
        cursor.execute("UPDATE cases_case SET version = 0 WHERE id = %s", [poisoned.pk])
    swept = sweep(MONDAY + timedelta(hours=1))
    assert (swept.fired, swept.set_aside) == (1, 1)
    deadline = Deadline.objects.get(case=poisoned)
    assert "IntegrityError" in deadline.error and deadline.fire_at is None
    assert [kind for kind, _due in lines(sound)] == ["submitted", "reminded"]
    assert sweep(MONDAY + timedelta(hours=1)).set_aside == 0


@pytest.mark.parametrize("sweepers", [2, 4])
def test_sweeps_at_the_same_time_fire_each_step_once(committed_stories: Stories, sweepers: int) -> None:
    cases = [committed_stories.submit(MONDAY) for _n in range(30)]
    errors: list[Exception] = []
    start = threading.Barrier(sweepers)

    def run() -> None:
        try:
            start.wait()
            sweep(MONDAY + timedelta(hours=2, minutes=30), batch=4)
        except Exception as error:  # noqa: BLE001  # whatever a thread meets fails the test
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _n in range(sweepers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    for case in cases:
        assert [kind for kind, _due in lines(case)] == ["submitted", "reminded", "reminded", "flagged"]
    assert list(verify(Case.objects.all())) == []


def test_a_case_in_somebody_s_hands_is_skipped_and_swept_later(committed_stories: Stories) -> None:
    held, free = committed_stories.submit(MONDAY), committed_stories.submit(MONDAY)
    fired: list[int] = []

    def run() -> None:
        fired.append(sweep(MONDAY + timedelta(hours=1)).fired)
        connection.close()

    with transaction.atomic():
        Case.objects.select_for_update().get(pk=held.pk)
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    assert fired == [1] and free.events.filter(kind="reminded").exists()
    assert sweep(MONDAY + timedelta(hours=1)).fired == 1


def test_an_idle_sweep_reads_the_index_of_due_moments_alone(stories: Stories) -> None:
    for _n in range(50):
        stories.submit(MONDAY)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT d.id FROM cases_deadline d JOIN cases_case c ON c.id = d.case_id"
            " WHERE d.fire_at <= now() ORDER BY d.fire_at, d.id LIMIT 200 FOR UPDATE OF c SKIP LOCKED"
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "deadline_fire" in plan, plan


def test_a_resident_who_rates_meets_the_sweep_without_harm(stories: Stories) -> None:
    case = stories.bring(Status.FEEDBACK, at=MONDAY)
    stories.do(case, "rate", RESIDENT, at=MONDAY + timedelta(days=1))
    assert sweep(MONDAY + timedelta(days=30)).fired == 0
