"""Makes all facts and daily sums anew from the cases, or proves that they are what a recount gives. Both go through the
cases in portions, beside what keeps coming in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from grids.tree import STEP
from insights.choices import MARKS
from insights.models import DEPTHS
from insights.reading import find_repeats

from .keeping import COLUMNS, SUMS, Counted, differences, recount_cases, wait_for_turn

PORTION = 2000
"""Cases that are read at a time: bounds the memory, and how long who counts what has changed must wait."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What a recount says otherwise: a fact or a daily sum, as it stands and as it should be, None where it is not."""

    where: str
    stands: str | None
    should_be: str | None


def rebuild(portion: int = PORTION) -> Iterator[Counted]:
    """Counts all cases anew and writes what differs; what has been done so far, after each portion. May be cut short
    and run again, and by the side of everything else."""
    done = Counted()
    find_repeats()
    for first, last in _portions(portion):
        with transaction.atomic():
            wait_for_turn()
            recount_cases(_cases_in(first, last), done, repeats_found=True)
        yield done
    with transaction.atomic(), connection.cursor() as cursor:
        wait_for_turn()
        cursor.execute(MEND)


def check(portion: int = PORTION) -> Iterator[Difference]:
    """What does not agree with a recount. Cases that were touched and wait to be counted are left to who counts them.

    Each portion is read as of one moment, so that nothing seems wrong that only goes on meanwhile.
    """
    find_repeats()
    for first, last in _portions(portion):
        with transaction.atomic():
            _as_of_one_moment()
            waiting = {key for (key,) in _rows("SELECT DISTINCT case_id FROM insights_touched", [])}
            keys = [key for key in _cases_in(first, last) if key not in waiting]
            gone, new = differences(keys, repeats_found=True)
        for _key, row in gone:
            yield Difference(f"fact of case {row[0]}", _in_words(row), None)
        for row in new:
            yield Difference(f"fact of case {row[0]}", None, _in_words(row))
    for path, anchor, day, stands, should_be in _rows(WRONG_SUMS, []):
        yield Difference(f"sum of {path}, anchor {anchor}, {day}", str(stands), str(should_be))


def _in_words(row: tuple[Any, ...]) -> str:
    return ", ".join(f"{name} {value}" for name, value in zip(COLUMNS, row, strict=True))


def _portions(portion: int) -> Iterator[tuple[int, int]]:
    ((most,),) = _rows(LAST, [])
    for first in range(1, (most or 0) + 1, portion):
        yield first, first + portion - 1


def _cases_in(first: int, last: int) -> list[int]:
    """Cases of these keys, and what facts still say of cases that are gone."""
    return [key for (key,) in _rows(KEYS, [first, last, first, last])]


def _as_of_one_moment() -> None:
    # Within a larger transaction, as in a test, the outer one has its own view already
    if len(connection.savepoint_ids) == 0:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def _rows(query: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


def _of(table: str) -> str:
    return ", ".join(f"{table}.{name}" for name in SUMS)


LAST = "SELECT greatest((SELECT max(id) FROM cases_case), (SELECT max(case_id) FROM insights_fact))"
KEYS = """
    SELECT id FROM cases_case WHERE id BETWEEN %s AND %s
    UNION SELECT case_id FROM insights_fact WHERE case_id BETWEEN %s AND %s ORDER BY 1
"""
_MARKS = ", ".join(f"count(*) FILTER (WHERE marks & {1 << bit} <> 0)" for bit in range(MARKS))
_LENGTHS = ", ".join(f"({depth * STEP})" for depth in range(1, DEPTHS + 1))
_SUMS = ", ".join(SUMS)
# Summed up for the longest places first: a city is the sum of its towns, and of what lies above them
RECOUNTED = f"""
    SELECT left(grid_path, length) AS path, anchor, day, {", ".join(f"sum({name})::int AS {name}" for name in SUMS)}
    FROM (
        SELECT left(grid_path, {DEPTHS * STEP}) AS grid_path, anchor, day, count(*) AS total, {_MARKS}
        FROM insights_fact GROUP BY 1, 2, 3
    ) AS low (grid_path, anchor, day, {_SUMS}), (VALUES {_LENGTHS}) AS depth (length)
    WHERE length(grid_path) >= length GROUP BY 1, 2, 3
"""  # noqa: S608  names and numbers of our own
WRONG_SUMS = f"""
    SELECT coalesce(c.path, r.path), coalesce(c.anchor, r.anchor), coalesce(c.day, r.day),
        ARRAY[{_of("c")}], ARRAY[{_of("r")}]
    FROM insights_daycount c FULL JOIN ({RECOUNTED}) r USING (path, anchor, day)
    WHERE ({_of("c")}) IS DISTINCT FROM ({_of("r")})
"""  # noqa: S608  as above
MEND = f"""
    WITH right_ AS MATERIALIZED ({RECOUNTED}), gone AS (
        DELETE FROM insights_daycount c WHERE NOT EXISTS (
            SELECT FROM right_ r WHERE (r.path, r.anchor, r.day) = (c.path, c.anchor, c.day))
    )
    INSERT INTO insights_daycount AS c (path, anchor, day, {_SUMS}) SELECT path, anchor, day, {_SUMS} FROM right_
    ON CONFLICT (path, anchor, day) DO UPDATE SET {", ".join(f"{name} = EXCLUDED.{name}" for name in SUMS)}
    WHERE ({_of("c")}) IS DISTINCT FROM ({_of("EXCLUDED")})
"""  # noqa: S608  as above
