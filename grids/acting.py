"""Who is changing reference data: said to the database for the length of a transaction, so that its records of changes
(`grids.recording`) name a person and not only a program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

_SAY = "SELECT set_config('govgrid.by', %s, true), set_config('govgrid.way', %s, true)"
_ASK = "SELECT coalesce(current_setting('govgrid.by', true), ''), coalesce(current_setting('govgrid.way', true), '')"


@contextmanager
def acting(user: Any, way: str) -> Iterator[None]:
    """What is changed in this block is recorded as this user's, done in this way ("admin", …); one transaction."""
    nested = connection.in_atomic_block
    with transaction.atomic():
        before = _asked() if nested else ("", "")
        _say(str(user.pk or ""), way)
        yield
        if nested:  # the transaction goes on after us
            _say(*before)


def _asked() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(_ASK)
        by, way = cursor.fetchone()
        return by, way


def _say(by: str, way: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SAY, [by, way])
