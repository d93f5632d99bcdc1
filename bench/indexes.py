"""Takes indexes and foreign keys of the big tables down before a load and puts them back after it: building an index
once is cheaper than keeping it up, and a foreign key that is added checks all rows at one go.

What was taken down stands in a table until it is back, so that a load that was cut short can go on."""

from __future__ import annotations

from collections.abc import Callable

import psycopg

INDEXES = """
    SELECT format('DROP INDEX %%I', c.relname), pg_get_indexdef(c.oid)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = %(table)s::regclass AND NOT i.indisprimary
        AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('u', 'x'))
"""
CONSTRAINTS = """
    SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
        format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE conrelid = %(table)s::regclass AND contype = %(kind)s
"""
TRIGGERS = ("caseevent_outbox", "caseevent_counts")
"""What a loaded line would set off: nobody is told of it, and facts are made at one go where a bench needs them."""


def take_down(link: psycopg.Connection, tables: list[str]) -> None:
    """Drop all but primary keys, and stop what events set off; in one transaction with the note of how to bring it
    back."""
    statements: list[tuple[str, str]] = []
    with link.transaction():
        for table in tables:
            for query, kind in ((INDEXES, ""), (CONSTRAINTS, "u"), (CONSTRAINTS, "f")):
                statements += link.execute(query, {"table": table, "kind": kind}).fetchall()
        statements.sort(key=lambda pair: "FOREIGN KEY" in pair[1])
        for place, (_, create) in enumerate(statements):
            link.execute("INSERT INTO bench_rebuild VALUES (%s, %s)", [place, create])
        for drop, _ in reversed(statements):
            link.execute(drop)
        _switch(link, "DISABLE")


def put_back(link: psycopg.Connection, progress: Callable[[str], None]) -> None:
    """Build everything again, each statement with its note in one transaction."""
    link.execute("SET maintenance_work_mem = '1GB'; SET max_parallel_maintenance_workers = 2")
    for place, statement in link.execute("SELECT place, statement FROM bench_rebuild ORDER BY place").fetchall():
        progress(statement)
        with link.transaction():
            link.execute(statement)
            link.execute("DELETE FROM bench_rebuild WHERE place = %s", [place])
    with link.transaction():
        _switch(link, "ENABLE")


def _switch(link: psycopg.Connection, how: str) -> None:
    for trigger in TRIGGERS:
        link.execute(f"ALTER TABLE cases_caseevent {how} TRIGGER {trigger}")


def are_down(link: psycopg.Connection) -> bool:
    """Whether an earlier load left something to be put back."""
    return link.execute("SELECT 1 FROM bench_rebuild LIMIT 1").fetchone() is not None
