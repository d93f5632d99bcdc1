"""The databases that benches work on: their own, beside the platform's, never the one with somebody's cases.

Names are chosen before Django reads its settings, so nothing here imports it."""

from __future__ import annotations

import os
import sys
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from govgrid import embedded

REDIS_DATABASE = 63
"""The last one of the embedded Valkey: counters of throttling must not meet the platform's."""
MARKER = "bench_marker"
"""The table by which a bench knows a database as its own."""


class NotOurs(SystemExit):
    """The named database holds something that no bench has made."""


def name_for(cases: int) -> str:
    """The database with so many cases."""
    return f"govgrid_bench_{cases}"


def with_database(url: str, name: str) -> str:
    """The same PostgreSQL with another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def with_redis_database(url: str, number: int) -> str:
    """The same Redis with another database."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        query = parse_qs(parts.query) | {"db": [str(number)]}
        # urlunsplit would drop the empty authority of a socket's address
        return f"unix://{parts.netloc}{parts.path}?{urlencode(query, doseq=True)}"
    return urlunsplit(parts._replace(path=f"/{number}"))


def choose(cases: int, given: str | None = None, *, name: str = "") -> str:
    """Name the bench database in the environment, for this process and those that it starts; its address.

    Starts the embedded servers where none are named. `given` is an address to use instead of one beside the
    platform's database; `name` another name than that of the data set."""
    embedded_redis = not os.environ.get("REDIS_URL")
    embedded.ensure()
    os.environ["DATABASE_URL"] = given or with_database(os.environ["DATABASE_URL"], name or name_for(cases))
    if embedded_redis:
        os.environ["REDIS_URL"] = with_redis_database(os.environ["REDIS_URL"], REDIS_DATABASE)
    # Residents come from many addresses, named by a proxy in front: each is counted, none reaches its limit
    os.environ["NUM_PROXIES"] = "1"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "govgrid.settings")
    return os.environ["DATABASE_URL"]


def create(url: str, *, fresh: bool) -> None:
    """Make the database where it is missing; with `fresh` anew. Raises NotOurs for one that is not a bench's."""
    name = urlsplit(url).path.lstrip("/")
    with psycopg.connect(with_database(url, "postgres"), autocommit=True) as link:
        if _exists(link, name):
            _check_ours(url, name)
            if not fresh:
                return
            link.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        link.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    with psycopg.connect(url) as link:
        link.execute(
            f"CREATE TABLE {MARKER} (cases int, version int, until timestamptz, loaded_s float, loaded_at timestamptz)"
        )
        link.execute("CREATE TABLE bench_chunk (number int PRIMARY KEY)")
        link.execute("CREATE TABLE bench_rebuild (place int PRIMARY KEY, statement text)")


def exists(url: str) -> bool:
    """Whether a database of this address is there and was made by a bench."""
    name = urlsplit(url).path.lstrip("/")
    with psycopg.connect(with_database(url, "postgres"), autocommit=True) as link:
        if not _exists(link, name):
            return False
    _check_ours(url, name)
    return True


def _exists(link: psycopg.Connection, name: str) -> bool:
    return link.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _check_ours(url: str, name: str) -> None:
    with psycopg.connect(url) as link:
        row = link.execute("SELECT to_regclass(%s)", [MARKER]).fetchone()
        tables = link.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    if row and row[0] is None and tables and tables[0]:
        raise NotOurs(f"The database {name} holds something else: name another one with --database.")


def say(text: str) -> None:
    """Tell whoever waits; standard output is for the one answer."""
    print(text, file=sys.stderr, flush=True)
