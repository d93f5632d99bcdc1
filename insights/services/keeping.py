"""Counts anew what has changed: claims the cases that were touched, compares their facts with those that stand, and
writes the difference with the daily sums, in one transaction. Cut short anywhere, nothing is lost or counted twice.
Decisions: docs/adr/0039-facts-beside-the-cases.md."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from grids.tree import STEP
from insights.choices import MARKS, REPEATED, Anchor
from insights.facts import CaseRow, FactRow
from insights.models import DEPTHS
from insights.reading import REPEAT_DAYS, read_facts, unit_levels

BATCH = 500
LOCK = 0x6D656173
"""The advisory lock of who counts: one at a time, for all add to the same daily sums."""

Row = tuple[Any, ...]
"""A fact as it stands in its table, without its key."""
COLUMNS = (
    "case_id", "anchor", "marks", "at", "day", "held_from", "held_until", "unit_id", "level", "working", "calendar",
    "grid_path", "category_id", "channel", "urgency",
)  # fmt: skip
ANCHOR, MARK, DAY, PATH = (COLUMNS.index(name) for name in ("anchor", "marks", "day", "grid_path"))
STANDING = f"SELECT id, {', '.join(COLUMNS)} FROM insights_fact WHERE case_id = ANY(%s)"  # noqa: S608  names from above
CLAIM = """
    DELETE FROM insights_touched WHERE id IN (SELECT id FROM insights_touched ORDER BY id LIMIT %s)
    RETURNING case_id
"""


@dataclass(slots=True)
class Counted:
    """What a count did: cases looked at, facts written, facts taken away."""

    cases: int = 0
    added: int = 0
    removed: int = 0


def drain(batch: int = BATCH) -> Counted:
    """Counts all cases anew that were touched, in batches. Whoever comes while somebody counts has nothing to do."""
    done = Counted()
    while _drain_batch(batch, done):
        pass
    return done


def _drain_batch(batch: int, done: Counted) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return False
        cursor.execute(CLAIM, [batch])
        claimed = [case_id for (case_id,) in cursor.fetchall()]
        if claimed:
            # A statement of its own: it sees all that had committed when the claim was made
            _touch_followers(recount_cases(sorted(set(claimed)), done))
    return bool(claimed)


def wait_for_turn() -> None:
    """Waits until nobody else counts; the turn ends with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def recount_cases(case_ids: Collection[int], done: Counted) -> list[int]:
    """Writes what differs in the facts of these cases; those in which something did. The caller has the turn, in a
    transaction."""
    gone, new = differences(case_ids)
    with connection.cursor() as cursor:
        if gone:
            cursor.execute("DELETE FROM insights_fact WHERE id = ANY(%s)", [[key for key, _ in gone]])
        if new:
            with cursor.copy(f"COPY insights_fact ({', '.join(COLUMNS)}) FROM STDIN") as pipe:
                for row in new:
                    pipe.write_row(row)
    _adjust([row for _, row in gone], new)
    done.cases += len(case_ids)
    done.added += len(new)
    done.removed += len(gone)
    return sorted({row[0] for row in new} | {row[0] for _, row in gone})


def _touch_followers(case_ids: list[int]) -> None:
    """A closing that came to light late, as that of an old ledger, may make a repetition of what the voice said after
    it."""
    with connection.cursor() as cursor:
        cursor.execute(FOLLOWERS, [case_ids])


def differences(case_ids: Collection[int]) -> tuple[list[tuple[int, Row]], list[Row]]:
    """Facts that stand and should not, with their keys, and facts that should stand and do not."""
    with connection.cursor() as cursor:
        cursor.execute(STANDING, [list(case_ids)])
        standing: dict[Row, list[int]] = defaultdict(list)
        for key, *row in cursor.fetchall():
            standing[tuple(row)].append(key)
    new = []
    for case, facts in read_facts(case_ids, unit_levels()):
        for fact in facts:
            row = as_row(case, fact)
            if keys := standing.get(row):
                keys.pop()
            else:
                new.append(row)
    return [(key, row) for row, keys in standing.items() for key in keys], new


def as_row(case: CaseRow, fact: FactRow) -> Row:
    """The fact with what it repeats of its case."""
    return (case.id, *fact, case.grid_path, case.category_id, case.channel, case.urgency)


def _adjust(gone: Iterable[Row], new: Iterable[Row]) -> None:
    """Adds the difference to the daily sums."""
    sums: dict[tuple[str, int, Any], list[int]] = defaultdict(lambda: [0] * (1 + MARKS))
    for sign, rows in ((-1, gone), (1, new)):
        for (path, anchor, day, marks), count in Counter((r[PATH], r[ANCHOR], r[DAY], r[MARK]) for r in rows).items():
            for place in places_above(path):
                entry = sums[place, anchor, day]
                entry[0] += sign * count
                for bit in range(MARKS):
                    entry[1 + bit] += sign * count * (marks >> bit & 1)
    changed = [(*key, *entry) for key, entry in sorted(sums.items()) if any(entry)]
    if changed:
        with connection.cursor() as cursor:
            cursor.execute(ADD, [list(column) for column in zip(*changed, strict=True)])
            if empty := [key for key, total in cursor.fetchall() if total == 0]:
                cursor.execute("DELETE FROM insights_daycount WHERE id = ANY(%s)", [empty])


def places_above(path: str) -> list[str]:
    """The places at whose sums a case at this tree path counts."""
    return [path[:end] for end in range(STEP, min(len(path), DEPTHS * STEP) + 1, STEP)]


FOLLOWERS = f"""
    INSERT INTO insights_touched (case_id)
    SELECT DISTINCT later.id FROM cases_case ended JOIN cases_case later
        ON later.reporter_phone_hash = ended.reporter_phone_hash AND later.category_id = ended.category_id
        AND later.submitted_at > ended.submitted_at
    WHERE ended.id = ANY(%s) AND ended.reporter_phone_hash <> '' AND later.reporter_phone_hash <> '' AND EXISTS (
        SELECT FROM cases_caseevent closed WHERE closed.case_id = ended.id AND closed.kind = 'closed'
            AND closed.at <= later.submitted_at AND closed.at > later.submitted_at - interval '{REPEAT_DAYS} days')
        AND NOT EXISTS (SELECT FROM insights_fact known WHERE known.case_id = later.id
            AND known.anchor = {Anchor.ACCEPTED:d} AND known.marks & {REPEATED} <> 0)
        AND EXISTS (SELECT FROM insights_fact known WHERE known.case_id = later.id
            AND known.anchor = {Anchor.ACCEPTED:d})
"""  # noqa: S608  numbers of our own
SUMS = ("total", *(f"mark{bit}" for bit in range(1, MARKS + 1)))
_TYPES = ("text", "smallint", "date", *("int" for _ in SUMS))
ADD = f"""
    INSERT INTO insights_daycount AS c (path, anchor, day, {", ".join(SUMS)})
    SELECT * FROM unnest({", ".join(f"%s::{type_}[]" for type_ in _TYPES)})
    ON CONFLICT (path, anchor, day) DO UPDATE SET {", ".join(f"{name} = c.{name} + EXCLUDED.{name}" for name in SUMS)}
    RETURNING id, total
"""  # noqa: S608  names from above
