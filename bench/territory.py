"""Where the loaded cases lie: 廊坊's real divisions, with made-up cells, units and people in all roles."""

from __future__ import annotations

import csv
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import transaction

from bench.locate import outlines
from cases.models import Category
from cases.services.publishing import publish, read_promises
from grids.calendars import fill_calendar
from grids.choices import Level, Role, UnitKind
from grids.kinds import kind_of
from grids.models import Grid, IntakePoint, Post, Unit, User

ROOT = Path(__file__).resolve().parent.parent
DIVISIONS = ROOT / "grids" / "data" / "langfang_divisions.csv"
CATEGORIES = ROOT / "cases" / "data" / "categories.csv"
POLICY = ROOT / "cases" / "data" / "policy.toml"
CELLS_IN_A_VILLAGE = 2
STARTED_ON = date(2020, 1, 1)
AUTHORITY_NAMES = {"city": "社会治理中心", "county": "社会治理中心", "town": "综治中心", "village": "村委会"}


@dataclass(frozen=True, slots=True)
class Division:
    """A row of the file, or a made-up cell."""

    level: str
    code: str
    name: str
    parent: str


@transaction.atomic
def build(*, whole: bool, until_year: int) -> None:
    """Fill an empty database with reference data. `whole` is all of the city; else a corner of it, for small runs."""
    _write_grids(list(_divisions(whole=whole)))
    city = Grid.objects.get(depth=1)
    fill_calendar(city, range(until_year - 3, until_year + 1))
    _write_units()
    _write_people()
    points = Grid.objects.filter(level=Level.TOWN)
    IntakePoint.objects.bulk_create(IntakePoint(grid=grid, name=f"{grid.name}说事点") for grid in points)
    call_command("load_categories", str(CATEGORIES), verbosity=0, stdout=sys.stderr)
    promises = read_promises(POLICY.read_text(encoding="utf-8"))
    publish(promises, at=datetime.combine(STARTED_ON, time.min, UTC))
    if not Category.objects.exists():
        raise RuntimeError(f"no category came out of {CATEGORIES.name}")


def _divisions(*, whole: bool) -> Iterator[Division]:
    """Parents before children; of a corner the first two counties, three towns of each, ten villages of each."""
    most = {"county": 2, "town": 3, "village": 10}
    children: Counter[tuple[str, str]] = Counter()
    known = {""}
    with DIVISIONS.open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: (Level(row["level"]).rank, row["code"]))
    for row in rows:
        place = (row["level"], row["parent_code"])
        if place[1] not in known or (not whole and children[place] >= most.get(row["level"], 1)):
            continue
        children[place] += 1
        known.add(row["code"])
        yield Division(row["level"], row["code"], row["name"], row["parent_code"])
    for row in rows:
        if row["level"] == "village" and row["code"] in known:
            for number in range(1, CELLS_IN_A_VILLAGE + 1):
                name = f"{row['name'][:60]}第{number}网格"
                yield Division("cell", f"{row['code']}{number:03d}", name, row["code"])


def _write_grids(divisions: list[Division]) -> None:
    placed: dict[str, Grid] = {}
    children: Counter[str] = Counter()
    cells = sum(division.level == "cell" for division in divisions)
    shapes = iter(outlines(cells)[:cells])
    for division in divisions:
        parent = placed.get(division.parent)
        children[division.parent] += 1
        depth = parent.depth + 1 if parent else 1
        grid = Grid(
            path=Grid._get_path(parent.path if parent else "", depth, children[division.parent]),
            depth=depth,
            code=division.code,
            name=division.name,
            level=division.level,
            kind=kind_of(division.name, division.level),
            skips_levels=bool(parent and Level(division.level).rank - Level(parent.level).rank > 1),
        )
        if division.level == "cell":
            grid.boundary, grid.synthetic = next(shapes)[3], True
        placed[division.code] = grid
    for code, grid in placed.items():
        grid.numchild = children[code]
    Grid.objects.bulk_create(placed.values(), batch_size=1000)


def _write_units() -> None:
    units = []
    departments = [kind for kind in UnitKind if kind != UnitKind.AUTHORITY]
    for grid in Grid.objects.exclude(level=Level.CELL):
        name = f"{grid.name}{AUTHORITY_NAMES[grid.level]}"
        units.append(Unit(grid=grid, kind=UnitKind.AUTHORITY, name=name))
        if grid.level in (Level.CITY, Level.COUNTY):
            units += [Unit(grid=grid, kind=kind, name=f"{grid.name}{kind.label}") for kind in departments]
    Unit.objects.bulk_create(units, batch_size=1000)


ROLES: dict[str, tuple[str, ...]] = {
    Level.CITY: (Role.DISPATCHER, Role.LEADER, Role.SUPERVISOR, Role.ADMINISTRATOR),
    Level.COUNTY: (Role.DISPATCHER, Role.LEADER, Role.SUPERVISOR),
    Level.TOWN: (Role.DISPATCHER, Role.LEADER),
    Level.VILLAGE: (Role.VILLAGE_HEAD,),
}
"""Who serves in the authority of a grid; a department has officers, a cell its worker."""


def _write_people() -> None:
    """Nobody can sign in with a password; whoever measures gives tokens."""
    cells = defaultdict(list)
    for cell in Grid.objects.filter(level=Level.CELL):
        cells[cell.path[: -Grid.steplen]].append(cell)
    plan: list[tuple[Unit, str, Grid | None]] = []
    for unit in Unit.objects.select_related("grid").order_by("id"):
        if unit.kind != UnitKind.AUTHORITY:
            plan.append((unit, Role.OFFICER, None))
            continue
        plan += [(unit, role, None) for role in ROLES[unit.grid.level]]
        plan += [(unit, Role.GRID_WORKER, cell) for cell in cells[unit.grid.path]]
    users = User.objects.bulk_create([_person(n, role) for n, (_, role, _) in enumerate(plan)], batch_size=1000)
    posts = [
        Post(user=user, unit=unit, role=role, grid=cell, starts_on=STARTED_ON)
        for user, (unit, role, cell) in zip(users, plan, strict=True)
    ]
    Post.objects.bulk_create(posts, batch_size=1000)


def _person(number: int, role: str) -> User:
    fields: dict[str, Any] = {"email": f"{role}{number}@example.org", "name": f"{role} {number}", "password": "!"}
    return User(username=f"{role}{number}", is_superuser=role == Role.ADMINISTRATOR, **fields)
