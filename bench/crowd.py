"""Many open cases in little time: a few are brought into being by the services, the rest are their likes, made by
set-based SQL. Their histories begin empty, so that whatever is added to them verifies."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import psycopg

from bench.databases import say

TEMPLATES = 90
STATUSES = ("submitted", "accepted", "handling")
"""What the templates are in, by turns; each of these has one running clock, so that cases are deadlines."""


def found(url: str, cases: int) -> None:
    """Fills an empty bench database with territory, promises and templates."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    from bench import load, territory

    say("Building schema and territory …")
    call_command("migrate", interactive=False, verbosity=0)
    territory.build(whole=cases >= load.WHOLE_CITY_FROM, until_year=timezone.now().year + 1)
    say("Bringing templates into being …")
    _bring_templates(timezone.now() - timedelta(hours=1))


def _bring_templates(at: datetime) -> None:
    """Cases of the services' own making, whose clocks are then stopped so that no sweep finds them."""
    from cases.models import Deadline
    from grids.choices import Level, Role
    from grids.models import Grid, Post

    dice = random.Random(8)
    cells = {cell.path: cell for cell in Grid.objects.filter(level=Level.CELL)}
    heads = Post.objects.filter(role=Role.VILLAGE_HEAD, unit__grid__level=Level.VILLAGE).select_related("user", "unit")
    below: dict[str, Any] = {}
    for path, cell in cells.items():
        below.setdefault(path[: -Grid.steplen], cell)
    posts = [post for post in heads.select_related("unit__grid") if post.unit.grid.path in below]
    for number in range(TEMPLATES):
        post = dice.choice(posts)
        _bring(below[post.unit.grid.path], post, STATUSES[number % len(STATUSES)], at)
    Deadline.objects.update(fire_at=None, fire_step=None)


def _bring(cell: Any, post: Any, status: str, at: datetime) -> None:
    from cases.actors import RESIDENT, Actor
    from cases.services import ACTIONS, Report, submit

    ring = cell.boundary["coordinates"][0][:-1]
    lon, lat = (sum(corner[axis] for corner in ring) / len(ring) for axis in (0, 1))
    place: dict[str, Any] = {"lon": lon, "lat": lat, "coordinate_source": "wgs84"}
    case = submit(Report(title="路灯不亮", text="村东头的路灯三天不亮了", **place), RESIDENT, at=at)
    head = Actor.person(post.user)
    if status != "submitted":
        case = ACTIONS["accept"](case, head, at=at)
    if status == "handling":
        case = ACTIONS["dispatch"](case, head, lead=post.unit, at=at)
        ACTIONS["sign"](case, head, at=at)


class Crowd:
    """The likes of the templates, and which of their deadlines are due."""

    def __init__(self, url: str) -> None:
        self.link = psycopg.connect(url, autocommit=True)
        self.templates = self._one("SELECT count(*) FROM cases_case")
        self.size = 0
        self._picked = 0

    def _one(self, query: str, *values: Any) -> Any:
        row = self.link.execute(query, values).fetchone()  # type: ignore[arg-type]  # our own words, not a literal
        return row[0] if row else None

    def grow(self, size: int) -> None:
        """Until there are so many."""
        say(f"Making {size} open deadlines …")
        with self.link.transaction():
            self._without_checks()
            self.link.execute("SELECT setval('cases_case_id_seq', %s)", [self.templates + size])
            first, last = self.size + 1, size
            self._clone("cases_case", "id", CASE, first, last)
            self._clone("cases_assignment", "case_id", {}, first, last)
            self._clone("cases_deadline", "case_id", DEADLINE, first, last)
        self.size = size
        for table in ("cases_case", "cases_assignment", "cases_deadline"):
            self.link.execute(f"VACUUM (ANALYZE) {table}")

    def _without_checks(self) -> None:
        """What is copied from sound rows is sound; who may not say so waits for the checks."""
        may = self._one("SELECT usesuper FROM pg_user WHERE usename = current_user")
        if may:
            self.link.execute("SET LOCAL session_replication_role = replica")

    def _clone(self, table: str, key: str, values: dict[str, str], first: int, last: int) -> None:
        """Rows of the templates again, once for each number; `key` leads to the case."""
        said = values | {key: f"{self.templates} + n"}
        rows = self.link.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY ordinal_position",
            [table],
        ).fetchall()
        names = [name for (name,) in rows if name != "id" or name in said]
        copied = ", ".join(said.get(name, f"t.{name}") for name in names)
        query = (
            f"INSERT INTO {table} ({', '.join(names)}) SELECT {copied}"
            f" FROM generate_series(%s::int, %s::int) n JOIN {table} t ON t.{key} = 1 + n %% {self.templates}"
            f" WHERE {RUNNING.get(table, 'true')}"
        )
        self.link.execute(query, [first, last])  # type: ignore[arg-type]  # of our own names, not a literal

    def fall_due(self, name: str, count: int, moments: str, action: str = "flag") -> None:
        """So many deadlines that have not been picked yet fall due together under a name: all steps before this one
        have fired. `moments` is SQL over `place`, from 0."""
        if not self._one("SELECT to_regclass('bench_due') IS NOT NULL"):
            self.link.execute("CREATE TABLE bench_due (name text, place int, deadline_id bigint PRIMARY KEY)")
        with self.link.transaction():
            self.link.execute(PICK, [name, self._picked, count])
            self.link.execute(EARLIER, {"name": name, "action": action})
            self.link.execute(DUE.replace("MOMENT", moments), {"name": name, "action": action})
            self.link.execute(REPEAT, [name])
        self._picked += count
        self.link.execute("ANALYZE bench_due")
        self._tidy()

    def set_moments(self, name: str, moments: str) -> None:
        """Those picked under a name fall due at other moments."""
        self.link.execute(
            f"UPDATE cases_deadline t SET fire_at = {moments}, due_at = {moments}"
            " FROM bench_due b WHERE b.deadline_id = t.id AND b.name = %s",
            [name],
        )
        self._tidy()

    def _tidy(self) -> None:
        for table in ("cases_case", "cases_deadline", "cases_stepfiring"):
            self.link.execute(f"VACUUM (ANALYZE) {table}")


COLUMNS = "SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY ordinal_position"
CASE = {
    "number": "'B-' || n",
    "lookup_code": "'B' || n",
    "version": "0",
    "last_hash": "''",
    "submitted_at": "t.submitted_at - n * interval '1 second'",
}
DEADLINE = {
    "due_at": "t.due_at + interval '60 days' + n * interval '1 millisecond'",
    "fire_at": "t.due_at + interval '30 days' + n * interval '1 millisecond'",
    "fire_step_id": "(SELECT min(s.id) FROM cases_step s JOIN cases_allowance a USING (ladder_id)"
    " WHERE a.id = t.allowance_id)",
}
RUNNING = {"cases_deadline": "t.state = 'running'", "cases_assignment": "t.ended_at IS NULL"}
PICK = """
    INSERT INTO bench_due SELECT %s, row_number() OVER () - 1, id FROM (
        SELECT id FROM cases_deadline WHERE fire_at IS NOT NULL OR id IN (SELECT deadline_id FROM bench_due)
        ORDER BY md5(id::text) OFFSET %s LIMIT %s
    ) chosen
"""
STEPS = "JOIN cases_allowance a ON a.id = d.allowance_id JOIN cases_step s ON s.ladder_id = a.ladder_id"
EARLIER = f"""
    INSERT INTO cases_stepfiring (deadline_id, step_id, due_at, fired_at)
    SELECT d.id, s.id, now() - interval '1 day', now() - interval '1 day'
    FROM bench_due b JOIN cases_deadline d ON d.id = b.deadline_id {STEPS}
    WHERE b.name = %(name)s
        AND s.id < (SELECT min(o.id) FROM cases_step o WHERE o.ladder_id = a.ladder_id AND o.action = %(action)s)
"""
DUE = f"""
    UPDATE cases_deadline t SET fire_at = MOMENT, due_at = MOMENT, fire_step_id = step, flagged_at = NULL
    FROM (
        SELECT b.place, d.id, min(s.id) AS step FROM bench_due b JOIN cases_deadline d ON d.id = b.deadline_id {STEPS}
        WHERE b.name = %(name)s AND s.action = %(action)s GROUP BY 1, 2
    ) chosen WHERE t.id = chosen.id
"""
REPEAT = """
    UPDATE cases_case c SET due_at = d.due_at FROM bench_due b JOIN cases_deadline d ON d.id = b.deadline_id
    WHERE b.name = %s AND c.id = d.case_id
"""
