"""Facts and daily sums follow the cases, whatever happens to either: what stands is what a recount gives."""

from __future__ import annotations

import threading
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from cases.choices import Status
from cases.models import Case, CaseEvent
from grids.services import merge_grids, move_grid
from insights import services
from insights.models import DayCount, Fact, Touched
from insights.services import drain
from tests.fuzz.test_any_moves import AnyMoves
from tests.measures.looking import MONDAY, Looking, lights
from tests.stories import Stories


def faults() -> list[services.Difference]:
    return list(services.check())


class CountedMoves(AnyMoves):
    """Anything happens to a handful of cases, counted now and then; in the end all figures equal a recount."""

    def __init__(self, stories: Stories) -> None:
        super().__init__(stories)
        self.moved = False

    @rule(batch=st.sampled_from([1, 500]))
    def figures_are_counted(self, batch: int) -> None:
        drain(batch)
        assert faults() == []

    def teardown(self) -> None:
        try:
            drain()
            assert faults() == []
            assert not Touched.objects.exists()
            assert Fact.objects.filter(anchor=1).count() == Case.objects.count()
        finally:
            super().teardown()


def test_after_anything_that_can_happen_the_figures_equal_a_recount(stories: Stories) -> None:
    run_state_machine_as_test(
        lambda: CountedMoves(stories),
        settings=settings(
            max_examples=5, stateful_step_count=30, deadline=None, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip


def test_counting_twice_changes_nothing(stories: Stories) -> None:
    case = stories.bring(Status.CLOSED)
    assert drain().added > 0
    Touched.objects.create(case_id=case.pk)
    again = drain()
    assert (again.cases, again.added, again.removed) == (1, 0, 0)


def test_what_changes_no_figure_wakes_nobody(stories: Stories) -> None:
    case = stories.bring(Status.HANDLING)
    drain()
    stories.do(stories.do(case, "note"), "urge")
    assert not Touched.objects.exists()
    stories.do(case, "finish")
    assert Touched.objects.exists()


def test_figures_follow_a_village_that_moves_to_another_town(stories: Stories, looking: Looking) -> None:
    cast, day = stories.cast, MONDAY.date()
    stories.bring(Status.CLOSED, MONDAY)
    assert looking.figure("reported", day, day, grid=cast.town) == (1, 1)
    move_grid(cast.village, cast.other_town)
    cast.village.refresh_from_db()
    assert looking.figure("reported", day, day, grid=cast.town) == (0, 0)
    assert looking.figure("reported", day, day, grid=cast.other_town) == (1, 1)
    assert looking.figure("reported", day, day, grid=cast.village) == (1, 1)
    assert faults() == []


def test_figures_follow_a_village_that_is_merged_into_another(stories: Stories, looking: Looking) -> None:
    """Its closed case lies in the other village now; what its authority owed then stays put down to it, what it owes
    still is the other authority's."""
    cast, day = stories.cast, MONDAY.date()
    stories.bring(Status.CLOSED, MONDAY)
    stories.submit(MONDAY)
    looking.figure("reported", day, day)
    merge_grids(cast.village, cast.other_village, at=MONDAY + timedelta(minutes=5))
    cast.other_village.refresh_from_db()
    assert looking.figure("reported", day, day, grid=cast.other_village) == (2, 2)
    assert looking.figure("acceptance", day, day, unit=cast.other_village_authority) == (0, 1)
    assert looking.figure("acceptance", day, day) == (1, 2)
    assert faults() == []


def test_a_closing_that_comes_to_light_late_makes_a_repetition_of_what_followed(
    stories: Stories, looking: Looking
) -> None:
    category, day = lights(), MONDAY.date()
    stories.bring(Status.ACCEPTED, MONDAY, category_id=category)
    assert looking.figure("repeated", day, day) == (0, 1)
    earlier = stories.bring(Status.FEEDBACK, MONDAY - timedelta(days=9), category_id=category)
    stories.do(earlier, "rate", at=MONDAY - timedelta(days=8))
    assert looking.figure("repeated", day, day) == (1, 1)
    Case.objects.update(reporter_phone_hash="")  # whose voice it was is erased; that it was a repetition stays
    assert faults() == []


# Cut short, and several at once


def test_a_count_that_is_killed_in_the_middle_leaves_everything_as_it_was(committed_stories: Stories) -> None:
    """It has written facts and waits for a daily sum that somebody holds when its connection is cut."""
    committed_stories.bring(Status.CLOSED)
    drain()
    committed_stories.submit(timezone.now())
    before, waiting = Fact.objects.count(), Touched.objects.count()
    fates: list[str] = []

    def counts() -> None:
        try:
            drain()
        except OperationalError:
            fates.append("killed")
        finally:
            connection.close()

    with transaction.atomic():
        list(DayCount.objects.select_for_update())
        thread = threading.Thread(target=counts)
        thread.start()
        while thread.is_alive() and not _kill_who_waits():
            pass
        thread.join()
    assert fates == ["killed"]
    assert (Fact.objects.count(), Touched.objects.count()) == (before, waiting)
    drain()
    assert (faults(), Touched.objects.count()) == ([], 0)


def _kill_who_waits() -> bool:
    """Cuts the connection that waits for ours. Of locks the database tells what is, of activity what was when it was
    asked first in a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks"
            " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        )
        return bool(cursor.fetchall())


def test_while_somebody_counts_another_has_nothing_to_do_and_nobody_waits(committed_stories: Stories) -> None:
    case = committed_stories.bring(Status.HANDLING)
    found: list[int] = []

    def counts_too() -> None:
        found.append(drain().cases)
        committed_stories.do(case, "finish")  # nor does who acts wait for who counts
        connection.close()

    with transaction.atomic():
        services.keeping.wait_for_turn()
        thread = threading.Thread(target=counts_too)
        thread.start()
        thread.join()
    assert found == [0]
    assert drain().cases == 1
    assert faults() == []


# The command


def test_the_check_finds_what_is_wrong_and_a_rebuild_mends_it(stories: Stories) -> None:
    for status in (Status.CLOSED, Status.HANDLING, Status.REJECTED):
        stories.bring(status)
    call_command("rebuild_measures", "--check", stdout=StringIO())
    Fact.objects.filter(anchor=8).delete()
    DayCount.objects.filter(anchor=1).update(total=7)
    said = StringIO()
    # The closing; the sums of its three places, which no fact explains; those of the reports
    with pytest.raises(CommandError, match="7 differences"):
        call_command("rebuild_measures", "--check", stdout=said)
    assert "should be" in said.getvalue()
    call_command("rebuild_measures", stdout=StringIO())
    call_command("rebuild_measures", "--check", stdout=StringIO())


def test_a_rebuild_makes_all_of_nothing(stories: Stories) -> None:
    category = lights()
    for status in Status:
        stories.bring(status, MONDAY, category_id=category)
    stories.bring(Status.ACCEPTED, MONDAY + timedelta(days=3), category_id=category)
    drain()
    facts, sums = _all()
    assert Fact.objects.filter(anchor=2, marks=2).count() == 1
    Fact.objects.all().delete()
    DayCount.objects.all().delete()
    for _done in services.rebuild(portion=3):
        pass
    assert _all() == (facts, sums)


def _all() -> tuple[list[object], list[object]]:
    facts = [field.attname for field in Fact._meta.concrete_fields if field.name != "id"]
    sums = [field.attname for field in DayCount._meta.concrete_fields if field.name != "id"]
    return sorted(Fact.objects.values_list(*facts), key=repr), sorted(DayCount.objects.values_list(*sums), key=repr)


def test_every_case_that_was_there_before_is_counted_when_the_figures_are_installed(stories: Stories) -> None:
    """The migration touches all cases; here, as if it had just run."""
    from importlib import import_module

    stories.bring(Status.CLOSED)
    Touched.objects.all().delete()
    operations = import_module("insights.migrations.0001_measures").Migration.operations
    with connection.cursor() as cursor:
        cursor.execute(operations[-1].sql)
    drain()
    assert faults() == []
    assert CaseEvent.objects.exists() and Fact.objects.filter(anchor=8).exists()
