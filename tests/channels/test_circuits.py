"""A provider that is away is left alone, tries nobody's patience, and keeps nobody else waiting; a rate is kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from notifications.models import Circuit
from notifications.services import circuits

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
KEY = "sms:1"
pytestmark = pytest.mark.django_db


def fail(times: int, at: datetime = NOW, *, probe: bool = False) -> datetime | None:
    until = None
    for _number in range(times):
        until = circuits.note_failure(KEY, "connection refused", at, probe=probe)
    return until


def test_some_failures_in_a_row_close_it_and_a_success_between_them_does_not() -> None:
    assert fail(2) is None
    circuits.note_success(KEY)
    assert fail(2) is None and circuits.enter(KEY, NOW) == circuits.Entry()
    assert fail(1) == NOW + circuits.FIRST_PAUSE
    assert circuits.enter(KEY, NOW) == circuits.Entry(closed_until=NOW + circuits.FIRST_PAUSE)


def test_whoever_was_under_way_when_it_closed_does_not_lengthen_the_pause() -> None:
    assert fail(5) == NOW + circuits.FIRST_PAUSE


def test_after_the_pause_one_message_tries_and_the_others_wait() -> None:
    until = fail(3)
    assert until is not None
    assert circuits.enter(KEY, until) == circuits.Entry(probe=True)
    assert circuits.enter(KEY, until).closed_until == until + circuits.PROBE_LEASE
    circuits.note_success(KEY)
    assert circuits.enter(KEY, until) == circuits.Entry()


def test_a_probe_in_vain_doubles_the_pause_up_to_a_limit() -> None:
    until, pauses = fail(3), []
    for _number in range(7):
        assert until is not None and circuits.enter(KEY, until).probe
        again = fail(1, until, probe=True)
        assert again is not None
        pauses.append((again - until) / timedelta(seconds=1))
        until = again
    assert pauses == [30, 60, 120, 240, 300, 300, 300]


def test_a_probe_whose_worker_died_is_made_by_another_one() -> None:
    until = fail(3)
    assert until is not None and circuits.enter(KEY, until).probe
    assert circuits.enter(KEY, until + circuits.PROBE_LEASE).probe


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_at_once_one_gets_the_probe() -> None:
    until = fail(3)
    assert until is not None

    def ask(_number: int) -> bool:
        try:
            return circuits.enter(KEY, until).probe
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(ask, range(8))) == 1


def test_who_operates_may_have_it_tried_at_once() -> None:
    fail(3)
    assert circuits.try_now([KEY], NOW) == 1
    assert circuits.enter(KEY, NOW).probe
    assert circuits.closed_until("sms:2", NOW) is None


def test_a_rate_lets_some_go_at_once_and_the_rest_evenly() -> None:
    granted, at, moments = 0, NOW, []
    while granted < 100:
        some, next_at = circuits.reserve(KEY, 100 - granted, 60, at)
        granted += some
        moments.append((some, (at - NOW) / timedelta(seconds=1)))
        assert next_at > at
        at = next_at
    first = int(circuits.BURST / timedelta(seconds=1))
    assert moments[0] == (first, 0.0)
    assert moments[-1][1] >= (100 - first) * 0.95, "sixty a minute"
    assert len(moments) < 40, "nobody asks for each one"


def test_what_is_urgent_does_not_wait_for_the_rate_and_others_wait_the_longer() -> None:
    assert circuits.reserve(KEY, 30, 60, NOW, urgent=True)[0] == 30
    assert circuits.reserve(KEY, 1, 60, NOW)[0] == 0


def test_without_a_rate_nothing_is_counted() -> None:
    assert circuits.reserve(KEY, 10**6, 0, NOW)[0] == 10**6
    assert not Circuit.objects.exists()
