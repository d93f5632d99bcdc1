"""How many questions of the bell the web answers in a second: every open page of the desk asks one now and then, and
most of the answers say that nothing has changed."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from bench import measure
from bench.databases import say

LINES_EACH = 5000
"""What a year leaves in an inbox; a tenth of it unread."""
SECONDS_BETWEEN = 22.5
"""How often a page asks, on average."""

FILL = """
    INSERT INTO notifications_inboxitem (user_id, event_id, reason, created_at, read_at)
    SELECT u.id, e.id, 'duty', now(), CASE WHEN e.id %% 10 > 0 THEN now() END
    FROM unnest(%s::bigint[]) AS u (id) CROSS JOIN (SELECT id FROM cases_caseevent ORDER BY id LIMIT %s) e
"""


def run(url: str, options: argparse.Namespace) -> dict[str, Any]:
    """The figures, over a data set as `load` makes it: throughput, and for how many open pages that is enough."""
    from bench.load import load

    load(url, options.cases)
    from bench import scenarios, web

    machine = measure.hardware(url)
    with _sessions() as people:
        users, cookies = zip(*people, strict=True)
        with psycopg.connect(url, autocommit=True) as link:
            link.execute(FILL, [list(users), LINES_EACH])
            link.execute("VACUUM (ANALYZE) notifications_inboxitem")
        requests = [_asking(cookie) for cookie in cookies]
        _answer, statements = scenarios.ask_here(requests[0])
        say("Measuring bell …")
        with web.serving(options.workers) as port:
            said = web.send(port, requests, concurrency=options.concurrency, seconds=options.seconds)
    return {
        "bench": "bell",
        **said,
        "pages": int(said["throughput_per_s"] * SECONDS_BETWEEN),
        "queries": len(measure.own_queries(statements)),
        "lines_each": LINES_EACH,
        "workers": options.workers,
        "hardware": machine,
    }


def _asking(cookie: str) -> dict[str, Any]:
    headers = {"Cookie": f"sessionid={cookie}", "Accept": "application/json"}
    return {"label": "page", "method": "GET", "path": "/inbox/bell/", "headers": headers}


@contextmanager
def _sessions() -> Iterator[list[tuple[int, str]]]:
    """People with a session each."""
    from bench.scenarios import signed_in

    with signed_in() as people:
        yield [(user.pk, session_of(user)) for users in people.values() for user, _token in users]


def session_of(user: Any) -> str:
    """The key of a session of this person's own, made now."""
    from django.contrib.auth import login
    from django.contrib.sessions.backends.db import SessionStore
    from django.http import HttpRequest

    request = HttpRequest()
    request.session = SessionStore()
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session.save()
    return str(request.session.session_key)
