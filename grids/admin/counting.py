"""How many rows a list has, as far as anybody leafs and as long as anybody waits: a million rows are never counted for
a page of fifty."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from django.core.paginator import Paginator
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from psycopg.errors import QueryCanceled

MOST_COUNTED = 10_000
"""A list is counted and leafed through so far; what lies beyond is found by search and filters."""
COUNT_SECONDS = 0.5
"""So long a count may take: a filter that few of a million rows pass would have it read them all."""


class CappedPaginator(Paginator):
    """Counts as far as MOST_COUNTED, and no longer than COUNT_SECONDS; `gave_up` says that the time was over, and then
    one may leaf as far as if there were as many."""

    template_name = "admin/capped_pagination.html"
    gave_up = False

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if not isinstance(rows, QuerySet):
            return len(rows)
        try:
            with _no_longer_than(COUNT_SECONDS):
                return rows.order_by()[:MOST_COUNTED].count()
        except OperationalError as error:
            if not isinstance(error.__cause__, QueryCanceled):
                raise
            self.gave_up = True
            return MOST_COUNTED

    @property
    def is_capped(self) -> bool:
        return self.count >= MOST_COUNTED


@contextmanager
def _no_longer_than(seconds: float) -> Iterator[None]:
    """Statements of this block are cancelled after so long; afterwards all is as it was, also within a transaction that
    goes on."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout'), set_config('statement_timeout', %s, true)",
                       [f"{seconds * 1000:.0f}"])  # fmt: skip
        before = cursor.fetchone()[0]
        yield
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [before])
