"""The demo, loaded once for all tests of a module, and taken away behind them."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings
from pytest_django import DjangoDbBlocker


class TakeAway(Exception):
    """Ends the transaction that the demo lives in."""


@pytest.fixture(scope="module")
def loaded_demo(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Any]:
    """The demo with as many cases as the module's CASES says, in a transaction around all its tests."""
    from cases.demo import load
    from grids import snapshots

    with django_db_blocker.unblock(), override_settings(SNAPSHOT_CHECK_SECONDS=1, DEMO_PASSWORD="a demo of tests"):
        try:
            with transaction.atomic():
                yield load(case_count=request.module.CASES)
                raise TakeAway
        except TakeAway:
            snapshots.reread()


@pytest.fixture
def demo(loaded_demo: Any, db: None) -> Any:
    """The demo; what a test changes is taken back after it."""
    return loaded_demo
