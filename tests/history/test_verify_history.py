"""Whoever gets past the database's own guard and touches the history is found out, and the case is named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import translation

from cases.choices import Status
from cases.models import Case
from tests.stories import Stories


def verify(**options: object) -> str:
    """What the command says; it ends with an error where something does not verify."""
    out = StringIO()
    with translation.override("en"):
        call_command("verify_history", verbosity=0, stdout=out, stderr=out, **options)
    return out.getvalue()


def complaint(case: Case) -> str:
    out = StringIO()
    with translation.override("en"), pytest.raises(CommandError, match="faults in the histories"):
        call_command("verify_history", verbosity=0, stdout=out, stderr=out)
    assert {line.split()[0] for line in out.getvalue().splitlines()} == {case.number}
    return out.getvalue()


@contextmanager
def past_the_guards() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def execute(sql: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.fixture
def case(stories: Stories) -> Case:
    """A closed case between two others."""
    stories.submit()
    case = stories.bring(Status.CLOSED)
    stories.submit()
    case.refresh_from_db()
    return case


def test_histories_that_nobody_touched_verify(case: Case) -> None:
    assert "3 cases verify" in verify()
    assert "1 cases verify" in verify(number=[case.number])
    assert "0 cases verify" in verify(since="2999-01-01")


@pytest.mark.parametrize("sql", ["UPDATE cases_caseevent SET kind = 'noted'", "DELETE FROM cases_caseevent"])
def test_the_database_refuses_to_change_history(case: Case, sql: str) -> None:
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        execute(sql)


def test_an_altered_line_is_found(case: Case) -> None:
    with past_the_guards():
        execute("UPDATE cases_caseevent SET at = at + interval '1 second' WHERE case_id = %s AND seq = 3", case.pk)
    assert "line 3: line was altered" in complaint(case)


def test_a_lost_line_is_found(case: Case) -> None:
    with past_the_guards():
        execute("DELETE FROM cases_caseevent WHERE case_id = %s AND seq = 2", case.pk)
    assert "line 2: line is lost" in complaint(case)


def test_a_lost_last_line_is_found(case: Case) -> None:
    with past_the_guards():
        execute("DELETE FROM cases_caseevent WHERE case_id = %s AND seq = %s", case.pk, case.version)
    assert f"line {case.version}: the last lines are lost" in complaint(case)


def test_swapped_lines_are_found(case: Case) -> None:
    with past_the_guards():
        for before, after in ((2, 99), (3, 2), (99, 3)):
            execute("UPDATE cases_caseevent SET seq = %s WHERE case_id = %s AND seq = %s", after, case.pk, before)
    assert "line 2: " in complaint(case)


def test_a_number_or_date_that_cannot_be_is_answered_with_what_would_be_right(case: Case) -> None:
    with translation.override("en"), pytest.raises(CommandError, match="no case has the number 1310-x"):
        call_command("verify_history", number=["1310-x"])
    with translation.override("en"), pytest.raises(CommandError, match="2026-09-30"):
        call_command("verify_history", since="yesterday")
