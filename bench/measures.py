"""What the figures cost: all of them made anew, the changed ones counted again, and a leader's page asked of them."""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from bench.databases import say
from bench.web import percentiles
from grids.choices import Level, Role, UnitKind
from grids.models import Grid, User
from insights import services
from insights.figures import Filters, Scope, cases_behind, figures, ranking, series
from insights.models import DayCount, Fact
from insights.stock import stock

TOUCHED = 5000
"""Cases that are counted again."""
SHOWN = ("response", "closure", "on_time", "satisfaction", "low_level", "reported", "closed", "climbing", "rated")
RANKED = ("closure", "on_time", "satisfaction", "reported")
PEOPLE = 5
WEEKS = timedelta(days=28)


def run(seconds: int, *, rebuild: bool) -> dict[str, Any]:
    """Seconds and memory of a rebuild from nothing (only where there are no facts, unless `rebuild`), cases counted a
    second, and percentiles of a leader's page by level, `seconds` for each."""
    said: dict[str, Any] = {}
    if rebuild or not Fact.objects.exists():
        said["rebuild"] = _rebuilt()
    said["check"] = _timed(_check)
    said["counted_per_s"] = _counted()
    said["pages"] = {level.value: _page(level, seconds) for level in (Level.CITY, Level.COUNTY, Level.TOWN)}
    said["alone"] = {name: _measured(call, seconds / 4) for name, call in _others().items()}
    return said


def _timed(work: Callable[[], Any]) -> dict[str, Any]:
    began = time.monotonic()
    found = work()
    return {"seconds": round(time.monotonic() - began, 1)} | found


def _rebuilt() -> dict[str, Any]:
    say("Making all facts anew …")
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE insights_fact, insights_daycount, insights_touched")

    def work() -> dict[str, Any]:
        done = services.Counted()
        for done in services.rebuild():
            if done.cases % 100_000 == 0:
                say(f"  {done.cases}")
        return {"facts": done.added}

    said = _timed(work)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) insights_fact, insights_daycount")
        cursor.execute("SELECT pg_total_relation_size('insights_fact'), pg_total_relation_size('insights_daycount')")
        of_facts, of_sums = cursor.fetchone()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return said | {"sums": DayCount.objects.count(), "bytes": of_facts + of_sums, "peak_mb": peak}


def _check() -> dict[str, Any]:
    say("Comparing with a recount …")
    return {"differences": sum(1 for _difference in services.check())}


def _counted() -> dict[str, float]:
    """Cases a second whose facts stay as they are, and such of which all facts change: they get another urgency, and
    their own again."""
    say("Counting again …")
    dice = random.Random(9)
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM cases_case")
        (last,) = cursor.fetchone()
        keys = dice.sample(range(1, last + 1), min(TOUCHED, last))
        cursor.execute("TRUNCATE insights_touched")
    found = {"unchanged": _touched(keys)}
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_case SET urgency = 'x' || urgency WHERE id = ANY(%s)", [keys])
        found["changed"] = _touched(keys)
        cursor.execute("UPDATE cases_case SET urgency = substr(urgency, 2) WHERE id = ANY(%s)", [keys])
    _touched(keys)
    return found


def _touched(keys: list[int]) -> float:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO insights_touched (case_id) SELECT unnest(%s::bigint[])", [keys])
    began = time.monotonic()
    services.drain()
    return round(len(keys) / (time.monotonic() - began), 1)


Call = Callable[[], Any]


def _page(level: Level, seconds: float) -> dict[str, Any]:
    """A leader's page: five figures and more, the same of the period before, a line of four weeks, the ranking, the
    stock; of each call by itself, and of all of them together."""
    say(f"Asking a page of a {level.value} …")
    people = leaders_of(level)
    took: dict[str, list[float]] = {}
    until, turn = time.monotonic() + seconds, 0
    while time.monotonic() < until or turn < 10:
        user, grid = people[turn % len(people)]
        turn += 1
        took.setdefault("page", []).append(0)
        for name, call in _calls(user, grid).items():
            began = time.perf_counter()
            call()
            spent = time.perf_counter() - began
            took.setdefault(name, []).append(spent)
            took["page"][-1] += spent
    return {name: percentiles(some) for name, some in took.items()}


def _calls(user: User, grid: Grid) -> dict[str, Call]:
    today = timezone.localdate()
    now = Scope(grid, None, today - WEEKS + timedelta(days=1), today)
    before = Scope(grid, None, now.starts - WEEKS, now.starts - timedelta(days=1))
    return {
        "figures": lambda: figures(user, now, SHOWN),
        "before": lambda: figures(user, before, SHOWN),
        "series": lambda: series(user, now, "low_level", "day"),
        "ranking": lambda: ranking(user, now, RANKED),
        "stock": lambda: stock(user, now),
    }


def _others() -> dict[str, Call]:
    """What a page asks now and then, of the whole city."""
    ((user, grid), *_rest) = leaders_of(Level.CITY)
    today = timezone.localdate()
    month, year = (Scope(grid, None, today - timedelta(days=days), today) for days in (27, 364))
    hotline = Scope(grid, None, month.starts, today, Filters(channel="hotline"))
    return {
        "all measures of four weeks": lambda: figures(user, month),
        "rates of a year": lambda: figures(user, year, SHOWN),
        "figures of a channel": lambda: figures(user, hotline, SHOWN),
        "ranking of units": lambda: ranking(user, month, RANKED, by="unit"),
        "first 50 cases behind": lambda: list(cases_behind(user, month, "on_time", "missing").order_by("-pk")[:50]),
        "stock a month ago": lambda: stock(user, month, timezone.now() - timedelta(days=30)),
    }


def _measured(call: Call, seconds: float) -> dict[str, Any]:
    took: list[float] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until or len(took) < 5:
        began = time.perf_counter()
        call()
        took.append(time.perf_counter() - began)
    return percentiles(took)


def leaders_of(level: Level) -> list[tuple[User, Grid]]:
    """Some who lead or dispatch for places of this level, with their place."""
    found = []
    role = Role.LEADER if level is not Level.TOWN else Role.DISPATCHER
    for grid in Grid.objects.filter(level=level, dissolved_at=None)[:PEOPLE]:
        posts = {"posts__unit__grid": grid, "posts__unit__kind": UnitKind.AUTHORITY}
        user = User.objects.filter(**posts, posts__role=role).first() or User.objects.filter(**posts).first()
        if user is not None:
            found.append((user, grid))
    return found
