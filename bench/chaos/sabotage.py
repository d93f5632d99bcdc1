"""A database that breaks promises on purpose: a run over it must fail, or the proof proves nothing.

The product cannot tell: what it wrote was written, and is gone behind its back."""

from __future__ import annotations

from collections.abc import Iterable

import psycopg

LOSSES = {
    "marks": ("cases_stepfiring", ""),
    "notices": ("notifications_inboxitem", "DELETE FROM notifications_delivery WHERE item_id = NEW.id;"),
}
"""What can be lost: marks that a step has fired, lines of people's inboxes. Where it lies, and what goes with it."""
ONE_IN = 4

LOSE = """
    CREATE FUNCTION chaos_lose_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        {first}
        DELETE FROM {table} WHERE id = NEW.id;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER chaos_loses_{name} AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (NEW.id % {one_in} = 0) EXECUTE FUNCTION chaos_lose_{name}();
"""


def sabotage(link: psycopg.Connection, names: Iterable[str]) -> None:
    """From now on the database loses one in ONE_IN of the rows that these names stand for."""
    for name in names:
        table, first = LOSSES[name]
        link.execute(LOSE.format(name=name, table=table, first=first, one_in=ONE_IN))
