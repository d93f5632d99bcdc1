"""The history: only ever grows, shows every alteration, and keeps step with its case."""

from __future__ import annotations

import threading

import pytest
from django.db import DatabaseError, connection, transaction

from cases.actors import RESIDENT
from cases.choices import Status
from cases.errors import CaseError
from cases.models import Case, CaseEvent, PendingEvent
from cases.services import ACTIONS
from cases.services.history import canonical, verify
from tests.stories import Stories


@pytest.fixture
def unguarded(stories: Stories) -> Case:
    """A case whose history the database does not protect for once, as for whoever is its master."""
    case = stories.bring(Status.CLOSED)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE cases_caseevent DISABLE TRIGGER caseevent_refuses_change")
    return case


@pytest.mark.parametrize("statement", ["UPDATE cases_caseevent SET at = now()", "DELETE FROM cases_caseevent"])
def test_the_database_refuses_to_change_history(stories: Stories, statement: str) -> None:
    case = stories.submit()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert case.events.count() == 1


def test_an_untouched_history_verifies(stories: Stories) -> None:
    for status in (Status.CLOSED, Status.MERGED, Status.REJECTED):
        stories.bring(status)
    assert list(verify(Case.objects.all())) == []


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("""UPDATE cases_caseevent SET payload = '{"note": "x"}' WHERE seq = 3""", "line was altered"),
        ("UPDATE cases_caseevent SET at = at + interval '1 second' WHERE seq = 2", "line was altered"),
        ("UPDATE cases_caseevent SET actor_id = NULL WHERE seq = 2", "line was altered"),
        ("DELETE FROM cases_caseevent WHERE seq = 4", "line is lost"),
        ("DELETE FROM cases_caseevent WHERE seq = 1", "line is lost"),
        ("DELETE FROM cases_caseevent WHERE seq > 5", "the last lines are lost"),
        ("DELETE FROM cases_caseevent", "the last lines are lost"),
    ],
)
def test_what_was_altered_or_lost_is_found_in_the_very_case(
    stories: Stories, unguarded: Case, change: str, what: str
) -> None:
    other = stories.submit()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM cases_pendingevent")
        cursor.execute(f"{change} {'AND' if 'WHERE' in change else 'WHERE'} case_id = %s", [unguarded.pk])
        cursor.execute("ALTER TABLE cases_caseevent ENABLE TRIGGER caseevent_refuses_change")
    faults = list(verify(Case.objects.all()))
    assert {fault.number for fault in faults} == {unguarded.number} != {other.number}
    assert what in {fault.what for fault in faults}


def test_every_line_reaches_the_outbox_unless_it_is_quiet(stories: Stories) -> None:
    from cases.actors import IMPORT

    loud = stories.submit()
    quiet = stories.submit()
    ACTIONS["note"](quiet, IMPORT, note="aus dem Archiv")
    waiting = set(PendingEvent.objects.values_list("event__case_id", "event__seq"))
    assert waiting == {(loud.pk, 1), (quiet.pk, 1)}


def test_a_change_that_fails_leaves_no_line_and_no_new_status(stories: Stories) -> None:
    case = stories.submit()
    with pytest.raises(CaseError):
        stories.do(case, "accept", RESIDENT)
    with pytest.raises(ValueError, match="as text"):
        ACTIONS["note"](case, RESIDENT, note=1.5)
    assert CaseEvent.objects.filter(case=case).count() == 1
    assert Case.objects.get(pk=case.pk).version == 1


def test_a_payload_comes_back_as_it_was_hashed() -> None:
    assert canonical({"b": [1, True, None], "a": "文"}) == {"b": [1, True, None], "a": "文"}
    with pytest.raises(ValueError, match=r"0\.1"):
        canonical({"share": 0.1})


def test_two_people_at_one_moment_write_one_after_the_other(committed_stories: Stories) -> None:
    case = committed_stories.submit()
    outcomes: list[str] = []
    start = threading.Barrier(6)

    def act(action: str) -> None:
        start.wait()
        try:
            committed_stories.do(case, action)
            outcomes.append("done")
        except CaseError as error:
            outcomes.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=[action]) for action in ["accept", "reject"] * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", *["illegal_move"] * 5]
    assert Case.objects.get(pk=case.pk).events.count() == 2
    assert list(verify(Case.objects.all())) == []


def test_cases_that_come_in_at_one_moment_have_different_numbers(committed_stories: Stories) -> None:
    numbers: list[str] = []
    start = threading.Barrier(8)

    def take_in() -> None:
        start.wait()
        numbers.extend(committed_stories.submit().number for _n in range(5))
        connection.close()

    threads = [threading.Thread(target=take_in) for _n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(numbers)) == 40
