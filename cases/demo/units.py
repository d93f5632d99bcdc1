"""The demo's bodies: authorities and departments of the city and all counties, town offices, social forces, and
places to speak up."""

from __future__ import annotations

import random
from dataclasses import dataclass

from grids.choices import Level, UnitKind
from grids.models import Grid, IntakePoint, Unit

from .outlines import point_in
from .territory import CITY, TOWNS, Ground, short_name

K = UnitKind

DEPARTMENTS: dict[str, str] = {
    K.URBAN_MANAGEMENT: "城市管理局",
    K.HOUSING: "住房和城乡建设局",
    K.WATER_UTILITY: "供水公司",
    K.POWER_UTILITY: "供电公司",
    K.HEATING_UTILITY: "供热公司",
    K.GAS_UTILITY: "燃气公司",
    K.TRANSPORT: "交通运输局",
    K.POLICE: "公安局",
    K.MARKET_REGULATION: "市场监督管理局",
    K.HEALTH: "卫生健康局",
    K.EDUCATION: "教育局",
    K.HUMAN_RESOURCES: "人力资源和社会保障局",
    K.CIVIL_AFFAIRS: "民政局",
    K.ECOLOGY: "生态环境局",
    K.AGRICULTURE: "农业农村局",
    K.EMERGENCY: "应急管理局",
    K.NATURAL_RESOURCES: "自然资源和规划局",
    K.JUSTICE: "司法局",
    K.CULTURE_TOURISM: "文化和旅游局",
    K.TAXATION: "税务局",
    K.TECH_INDUSTRY: "科学技术和工业信息化局",
    K.PETITION: "信访局",
    K.MEDIATION: "人民调解中心",
    K.COUNSELLING: "心理服务中心",
}
"""What the city and each county have, as `name of the grid + this`."""

TOWN_OFFICES: dict[str, str] = {
    K.URBAN_MANAGEMENT: "综合行政执法队",
    K.HOUSING: "村镇建设办公室",
    K.POLICE: "派出所",
    K.CIVIL_AFFAIRS: "民政所",
    K.AGRICULTURE: "农业综合服务中心",
    K.MARKET_REGULATION: "市场监督管理所",
    K.HEALTH: "卫生院",
    K.JUSTICE: "司法所",
    K.SERVICE_STATION: "便民服务站",
    K.VOLUNTEERS: "志愿服务队",
    K.MEDIATION: "人民调解室",
    K.LAWYERS: "律师服务团",
    K.COUNSELLING: "心理服务站",
}
"""What the towns have that the demo plays in; the last five are social forces (社会力量)."""

AUTHORITIES = {Level.CITY: "社会治理中心", Level.COUNTY: "社会治理中心", Level.TOWN: "综治中心"}

POINTS = [
    (IntakePoint.Kind.POINT, "说事点"),
    (IntakePoint.Kind.ROOM, "说事室"),
    (IntakePoint.Kind.BOX, "说事箱"),
]
POINTS_IN_TOWN = 2


@dataclass(frozen=True, slots=True)
class Bodies:
    """The units of the demo, found by grid and kind, and the intake points."""

    by_place: dict[tuple[str, str], Unit]
    points: list[IntakePoint]

    def of(self, grid_code: str, kind: str = K.AUTHORITY) -> Unit:
        """The unit of this kind in the grid with this code. Raises KeyError where there is none."""
        return self.by_place[grid_code, kind]


def found(ground: Ground, rng: random.Random) -> Bodies:
    """Creates units and intake points in the current transaction."""
    units = [*_authorities(ground), *_departments(ground), *_town_offices(ground)]
    Unit.objects.bulk_create(units)
    points = _points(ground, rng)
    IntakePoint.objects.bulk_create(points)
    return Bodies({(unit.grid.code, unit.kind): unit for unit in units}, points)


def _authorities(ground: Ground) -> list[Unit]:
    named = [
        (grid, f"{grid.name}{AUTHORITIES[Level(grid.level)]}")
        for grid in ground.grids.values()
        if Level(grid.level) in AUTHORITIES
    ]
    named += [(village, village_committee(village)) for village in ground.villages]
    return [Unit(grid=grid, kind=K.AUTHORITY, name=name) for grid, name in named]


def village_committee(village: Grid) -> str:
    """As its own sign says: 牛驼一村村委会, 站前社区居委会."""
    return f"{short_name(village)}{'村委会' if village.name.endswith('村民委员会') else '居委会'}"


def _departments(ground: Ground) -> list[Unit]:
    hosts = [ground.grids[CITY], *ground.children(CITY, Level.COUNTY)]
    return [
        Unit(grid=grid, kind=kind, name=f"{grid.name}{suffix}")
        for grid in hosts
        for kind, suffix in DEPARTMENTS.items()
    ]


def _town_offices(ground: Ground) -> list[Unit]:
    return [
        Unit(grid=ground.grids[code], kind=kind, name=f"{ground.grids[code].name}{suffix}")
        for code in TOWNS
        for kind, suffix in TOWN_OFFICES.items()
    ]


def _points(ground: Ground, rng: random.Random) -> list[IntakePoint]:
    villages = [village for code in TOWNS for village in ground.children(code, Level.VILLAGE)[:POINTS_IN_TOWN]]
    points = []
    for number, village in enumerate(villages):
        kind, word = POINTS[number % len(POINTS)]
        points.append(_point(ground, village, kind, f"{short_name(village)}{word}", rng))
    town, county = ground.grids[TOWNS[0]], ground.grids[TOWNS[2]]
    points.append(_point(ground, town, IntakePoint.Kind.STATION, f"{town.name}便民服务大厅", rng))
    points.append(_point(ground, county, IntakePoint.Kind.RECEPTION, f"{county.name}领导接待日", rng))
    return points


def _point(ground: Ground, grid: Grid, kind: str, name: str, rng: random.Random) -> IntakePoint:
    lon, lat = point_in(ground.outlines[grid.code], rng)
    return IntakePoint(grid=grid, kind=kind, name=name, lon=lon, lat=lat)
