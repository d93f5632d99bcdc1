"""Leaders' pages whole, as a browser asks them: the board, the cases behind a figure, the map's spots, the wall."""

from __future__ import annotations

import time
from typing import Any

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.databases import say
from bench.measures import leaders_of
from bench.web import percentiles
from grids.choices import Level
from insights import services
from insights.models import Fact

PAGES = {
    "board": "/leaders/?place={code}&period=month",
    "cases": "/leaders/cases/?place={code}&period=month&of=on_time&part=denominator",
    "spots": "/leaders/spots/?place={code}&box=115.5,38,118,40.5&zoom=9",
    "outlines": "/leaders/outlines/?place={code}",
    "wall": "/leaders/wall/board/?place={code}",
}
AT_LEAST = 10
"""So often each is asked, however long it takes."""


def run(seconds: int) -> dict[str, Any]:
    """Percentiles and statements of each page by the level of who asks, `seconds` for each; in process, through all of
    Django. Makes the facts first where there are none."""
    call_command("collectstatic", interactive=False, verbosity=0)  # pages name their files by what these contain
    if not Fact.objects.exists():
        say("Making all facts …")
        for _done in services.rebuild():
            pass
    found: dict[str, Any] = {}
    for level in (Level.CITY, Level.COUNTY, Level.TOWN):
        say(f"Asking as a {level.value} …")
        pages = PAGES if level != Level.TOWN else {name: page for name, page in PAGES.items() if name != "wall"}
        found[level.value] = {name: _asked(level, page, seconds) for name, page in pages.items()}
    return {"pages": found}


def _asked(level: Level, page: str, seconds: int) -> dict[str, Any]:
    asks = []
    for user, grid in leaders_of(level):
        client = Client(SERVER_NAME="localhost")
        client.force_login(user)
        asks.append((client, page.format(code=grid.code)))
    for client, address in asks:  # warm
        _get(client, address)
    client, address = asks[0]
    with CaptureQueriesContext(connection) as captured:
        _get(client, address)
    queries = len(captured)  # the next request forgets them
    took, until = [], time.monotonic() + seconds
    while time.monotonic() < until or len(took) < AT_LEAST:
        client, address = asks[len(took) % len(asks)]
        began = time.perf_counter()
        _get(client, address)
        took.append(time.perf_counter() - began)
    return percentiles(took) | {"queries": queries}


def _get(client: Client, address: str) -> None:
    answer = client.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address}: {answer.status_code}")
