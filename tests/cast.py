"""The fixed cast: a small real territory, its units, and one person for every standing a test can ask about.

Codes and names are 廊坊's, but for 北关村; cells and outlines are made up, as everywhere outside the statistics."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from django.db import connection

STARTED_ON = date(2020, 1, 1)
SIDE = 0.01
"""Side of a cell in degrees, about 1 km."""


def square(west: float, south: float, columns: int = 1, rows: int = 1) -> dict[str, Any]:
    """An outline of so many cells, as GeoJSON, from its south-western corner."""
    east, north = west + SIDE * columns, south + SIDE * rows
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


@dataclass(frozen=True, slots=True)
class Cast:
    """Grids, units and people by the part they play.

    `cell` and `next_cell` are squares side by side from 116.30 E 39.43 N, one cell wide and high; the
    village is both of them. `other_…` is the sibling: `other_village` lies in the same town, `far_village`
    in `other_town`.
    """

    city: Any
    county: Any
    other_county: Any
    town: Any
    other_town: Any
    village: Any
    other_village: Any
    far_village: Any
    cell: Any
    next_cell: Any

    city_authority: Any
    county_authority: Any
    other_county_authority: Any
    town_authority: Any
    other_town_authority: Any
    village_authority: Any
    other_village_authority: Any
    far_village_authority: Any
    city_urban_management: Any
    city_housing: Any
    city_water: Any
    urban_management: Any
    housing: Any
    water: Any

    worker: Any
    neighbour: Any
    village_head: Any
    town_dispatcher: Any
    county_dispatcher: Any
    city_dispatcher: Any
    county_officer: Any
    county_leader: Any
    city_leader: Any
    supervisor: Any
    administrator: Any
    stranger: Any

    intake_point: Any

    @property
    def inside(self) -> tuple[float, float]:
        """A place (longitude, latitude) in the middle of `cell`."""
        return 116.305, 39.435

    @property
    def outside(self) -> tuple[float, float]:
        """A place that no outline contains, nor any within 50 m."""
        return 110.0, 30.0


def build_grids() -> dict[str, Any]:
    """The territory, from the city down to two cells."""
    from grids.services import create_grid

    plan = [
        ("city", None, "city", "131000000000", "廊坊市", None),
        ("county", "city", "county", "131022000000", "固安县", None),
        ("other_county", "city", "county", "131023000000", "永清县", None),
        ("town", "county", "town", "131022100000", "固安镇", None),
        ("other_town", "county", "town", "131022101000", "宫村镇", None),
        ("village", "town", "village", "131022100200", "北关村村民委员会", square(116.30, 39.43, 2)),
        ("other_village", "town", "village", "131022100201", "南关村村民委员会", square(116.33, 39.43, 2)),
        (
            "far_village",
            "other_town",
            "village",
            "131022101201",
            "宫一村村民委员会",
            square(116.40, 39.43, 2),
        ),
        ("cell", "village", "cell", "131022100200001", "北关村第一网格", square(116.30, 39.43)),
        ("next_cell", "village", "cell", "131022100200002", "北关村第二网格", square(116.31, 39.43)),
    ]
    grids: dict[str, Any] = {}
    for key, parent, level, code, name, boundary in plan:
        grids[key] = create_grid(
            code=code,
            name=name,
            level=level,
            parent=grids[parent] if parent else None,
            boundary=boundary,
            synthetic=level == "cell",
        )
    for grid in grids.values():
        grid.refresh_from_db()
    return grids


def build_units(grids: dict[str, Any]) -> dict[str, Any]:
    """An authority for each grid down to the village, and departments of the county and the city."""
    from grids.models import Unit

    plan = [(f"{key}_authority", key, "authority", name) for key, name in AUTHORITIES.items()]
    plan += [
        ("city_urban_management", "city", "urban_management", "廊坊市城市管理局"),
        ("city_housing", "city", "housing", "廊坊市住房和城乡建设局"),
        ("city_water", "city", "water_utility", "廊坊市供水公司"),
        ("urban_management", "county", "urban_management", "固安县城市管理局"),
        ("housing", "county", "housing", "固安县住房和城乡建设局"),
        ("water", "county", "water_utility", "固安县供水公司"),
    ]
    return {key: Unit.objects.create(grid=grids[grid], kind=kind, name=name) for key, grid, kind, name in plan}


AUTHORITIES = {
    "city": "廊坊市社会治理中心",
    "county": "固安县社会治理中心",
    "other_county": "永清县社会治理中心",
    "town": "固安镇综治中心",
    "other_town": "宫村镇综治中心",
    "village": "北关村村委会",
    "other_village": "南关村村委会",
    "far_village": "宫一村村委会",
}

PEOPLE = {
    "worker": ("village_authority", "grid_worker", "cell", "王网格"),
    "neighbour": ("village_authority", "grid_worker", "next_cell", "李隔壁"),
    "village_head": ("village_authority", "village_head", None, "张主任"),
    "town_dispatcher": ("town_authority", "dispatcher", None, "赵镇调"),
    "county_dispatcher": ("county_authority", "dispatcher", None, "钱县调"),
    "city_dispatcher": ("city_authority", "dispatcher", None, "孙市调"),
    "county_officer": ("urban_management", "officer", None, "周城管"),
    "county_leader": ("county_authority", "leader", None, "吴县长"),
    "city_leader": ("city_authority", "leader", None, "郑市长"),
    "supervisor": ("city_authority", "supervisor", None, "冯督查"),
    "administrator": ("city_authority", "administrator", None, "陈管理"),
    "stranger": ("other_county_authority", "dispatcher", None, "褚外县"),
}


def build_people(grids: dict[str, Any], units: dict[str, Any]) -> dict[str, Any]:
    """One user each, by the part they play; the password is the user name twice."""
    from grids.models import Post, User

    people = {}
    for key, (unit, role, grid, name) in PEOPLE.items():
        admin = role == "administrator"
        user = User.objects.create_user(
            username=key,
            email=f"{key}@example.org",
            password=key * 2,
            name=name,
            is_staff=admin,
            is_superuser=admin,
        )
        Post.objects.create(
            user=user, unit=units[unit], role=role, grid=grids[grid] if grid else None, starts_on=STARTED_ON
        )
        people[key] = user
    return people


def build_cast() -> Cast:
    """All of it, in the current database: built by the services once in a process, and written again as it was for
    each further test, which takes a tenth of the time. The database's triggers see it each time."""
    if not _kept:
        empty = not any(_rows().values())
        cast = _build()
        if empty:
            _kept.append((cast, _rows()))
        return copy.deepcopy(cast)
    cast, rows = _kept[0]
    _write_again(rows)
    return copy.deepcopy(cast)


def _build() -> Cast:
    from grids.models import IntakePoint

    grids = build_grids()
    units = build_units(grids)
    people = build_people(grids, units)
    point = IntakePoint.objects.create(grid=grids["village"], name="北关村说事点", lon=116.302, lat=39.432)
    return Cast(**grids, **units, **people, intake_point=point)


TABLES = ("grids_grid", "grids_unit", "grids_user", "grids_post", "grids_intakepoint")
_kept: list[tuple[Cast, dict[str, str]]] = []


def _rows() -> dict[str, str]:
    """What stands in each table now, as JSON."""
    with connection.cursor() as cursor:
        found = {}
        for table in TABLES:
            cursor.execute(f"SELECT json_agg(r)::text FROM {table} r")  # noqa: S608  names from above
            (found[table],) = cursor.fetchone()
        return found


def _write_again(kept: dict[str, str]) -> None:
    with connection.cursor() as cursor:
        for table, rows in kept.items():
            again = f"INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, %s)"  # noqa: S608  as above
            cursor.execute(again, [rows])


@pytest.fixture
def cast(db: None) -> Cast:
    """The cast in a transaction of the test's own; with `transactional_db` asked for before it, committed."""
    return build_cast()


@pytest.fixture
def committed_cast(transactional_db: None) -> Cast:
    """The cast where other connections and processes see it."""
    return build_cast()
