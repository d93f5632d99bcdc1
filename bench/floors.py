"""What the database alone could do: the same rows written, or the same statement read, by pgbench over as many
connections."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from govgrid.embedded_servers import PostgresServer

TPS = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)
WRITTEN = ("cases_case", "cases_deadline", "cases_caseevent", "cases_idempotencykey")
"""The tables that an intake writes by itself; triggers write the outbox."""


def measure(url: str, scripts: list[str], *, concurrency: int, seconds: float) -> float:
    """Transactions a second of these scripts, chosen at random. Raises RuntimeError where pgbench fails."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, script in enumerate(scripts):
            path = Path(folder) / f"{number}.sql"
            path.write_text(script, encoding="utf-8")
            paths.append(str(path))
        done = subprocess.run(
            [
                str(PostgresServer.binaries / "pgbench"), "-n", "-c", str(concurrency), "-j", "2",
                "-T", str(max(1, round(seconds))), *(word for path in paths for word in ("-f", path)), url,
            ],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    found = TPS.search(done.stdout)
    if done.returncode or found is None:
        raise RuntimeError(f"pgbench: {done.stderr.strip()[-2000:]}")
    return float(found[1])


def intake_script(url: str, case_id: int) -> str:
    """A transaction that writes the rows of this case again under a new key, as plainly as SQL can."""
    with psycopg.connect(url) as link:
        number = _one(link, "SELECT number FROM cases_case WHERE id = %s", case_id)
        parts = [
            "BEGIN;",
            "SELECT nextval('cases_case_id_seq') AS case_id \\gset",
            *(_insert(link, table, "id" if table == "cases_case" else "case_id", case_id) for table in WRITTEN[:-1]),
            _insert(link, WRITTEN[-1], "id", _one(link, f"SELECT max(id) FROM {WRITTEN[-1]}")),
            "COMMIT;",
        ]
    return "\n".join(parts).replace(f"'{number}'", "'floor-' || :case_id") + "\n"


def _one(link: psycopg.Connection, query: str, *values: Any) -> Any:
    row = link.execute(query, values).fetchone()
    return row[0] if row else None


def _insert(link: psycopg.Connection, table: str, column: str, value: Any) -> str:
    """INSERTs of the table's rows with this value, with keys drawn anew."""
    with link.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        query = sql.SQL("SELECT * FROM {} WHERE {} = %s").format(sql.Identifier(table), sql.Identifier(column))
        rows = cursor.execute(query, [value]).fetchall()
    if not rows:
        raise RuntimeError(f"the intake wrote nothing into {table}")
    types = dict(link.execute(COLUMN_TYPES, [table]).fetchall())
    return "\n".join(_statement(link, table, row, types) for row in rows)


COLUMN_TYPES = """
    SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
"""


def _statement(link: psycopg.Connection, table: str, row: dict[str, Any], types: dict[str, str]) -> str:
    drawn = {"case_id": ":case_id"}
    if table == "cases_case":
        drawn["id"] = ":case_id"
    elif table == "cases_idempotencykey":
        drawn["key"] = "gen_random_uuid()::text"
    values = [
        drawn.get(name) or f"{sql.Literal(_plain(value, types[name])).as_string(link)}::{types[name]}"
        for name, value in row.items()
        if name != "id" or name in drawn
    ]
    names = [name for name in row if name != "id" or name in drawn]
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(values)});"


def _plain(value: Any, type_: str) -> Any:
    """JSON as its text: pgbench knows text only."""
    if type_ == "jsonb" and value is not None:
        return json.dumps(value, ensure_ascii=False)
    return value
