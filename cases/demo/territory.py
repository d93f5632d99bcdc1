"""The demo's ground: 廊坊's real divisions and county outlines; made-up outlines and cells in a few towns."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from grids import divisions
from grids.boundaries import load_boundaries, read_features
from grids.choices import Level
from grids.divisions import Columns, Division
from grids.models import Grid
from grids.services import load_divisions

from .outlines import divide, feature

DATA = Path(divisions.__file__).parent / "data"
DIVISIONS = DATA / "langfang_divisions.csv"
COUNTIES = DATA / "langfang_counties.geojson"
CITY = "131000000000"
TOWNS = ("131022103000", "131081105000", "131003001000", "131082109000")
"""The towns that the demo plays in: 牛驼镇 (固安县), 胜芳镇 (霸州市), 银河北路街道 (广阳区), 燕郊镇 (三河市)."""
VILLAGES = 12
"""In each of them so many villages, the first of the list, have cells, an authority and people."""
CELL_KIND = "示意网格"
NUMERALS = "一二三四五六"


@dataclass
class Ground:
    """What was laid: every grid by its code, and the outlines by the code of their grid."""

    grids: dict[str, Grid]
    outlines: dict[str, BaseGeometry]
    _below: dict[tuple[str, str], list[Grid]] = field(default_factory=dict)

    @property
    def first_cell(self) -> Grid:
        """The first cell of the first town's first village."""
        village = self.children(TOWNS[0], Level.VILLAGE)[0]
        return self.children(village.code, Level.CELL)[0]

    def children(self, code: str, level: Level) -> list[Grid]:
        """The grids of a level in the grid of this code, in the order of their codes."""
        if (code, level) not in self._below:
            path = self.grids[code].path
            below = [g for g in self.grids.values() if g.level == level and g.path.startswith(path)]
            self._below[code, level] = sorted(below, key=lambda grid: grid.code)
        return self._below[code, level]

    @cached_property
    def villages(self) -> list[Grid]:
        """The villages that the demo plays in."""
        return [village for town in TOWNS for village in self.children(town, Level.VILLAGE)[:VILLAGES]]


def rows() -> list[Division]:
    """The divisions that the project ships."""
    encoding, _lines = divisions.measure(DIVISIONS)
    read = divisions.read(DIVISIONS, encoding, Columns())
    return [row for row in read if isinstance(row, Division)]


def lay(rng: random.Random) -> Ground:
    """Loads divisions, outlines and cells into the current transaction."""
    load_divisions(rows())
    features = read_features(COUNTIES)
    ground = _ground({f["properties"]["code"]: shape(f["geometry"]) for f in features})
    features += _divide(ground, [g for g in ground.grids.values() if g.level == Level.COUNTY], Level.TOWN, rng)
    features += _divide(ground, [ground.grids[code] for code in TOWNS], Level.VILLAGE, rng)
    cells = [cell for village in ground.villages for cell in _cells(ground, village, rng)]
    load_divisions([division for division, _outline in cells])
    features += [feature(division.code, outline) for division, outline in cells]
    load_boundaries(features)
    _mark_synthetic(ground, [feature["properties"]["code"] for feature in features])
    return _ground(ground.outlines | {division.code: outline for division, outline in cells})


def _ground(outlines: dict[str, BaseGeometry]) -> Ground:
    city = Grid.objects.get(code=CITY)
    return Ground({grid.code: grid for grid in Grid.objects.below(city.path)}, dict(outlines))


def _divide(ground: Ground, parents: Iterable[Grid], level: Level, rng: random.Random) -> list[dict[str, Any]]:
    features = []
    for parent in sorted(parents, key=lambda grid: grid.code):
        if (area := ground.outlines.get(parent.code)) is None:
            continue  # the development zone has no outline, and so have its parts
        children = ground.children(parent.code, level)
        for child, outline in zip(children, divide(area, len(children), rng), strict=True):
            ground.outlines[child.code] = outline
            features.append(feature(child.code, outline))
    return features


def _cells(ground: Ground, village: Grid, rng: random.Random) -> list[tuple[Division, BaseGeometry]]:
    outlines = divide(ground.outlines[village.code], rng.randint(2, len(NUMERALS)), rng)
    return [
        (
            Division(
                file="demo",
                line=number,
                level=Level.CELL.value,
                code=f"{village.code}{number:03d}",
                name=f"{short_name(village)}第{NUMERALS[number - 1]}网格",
                parent_code=village.code,
                synthetic=True,
            ),
            outline,
        )
        for number, outline in enumerate(outlines, 1)
    ]


def _mark_synthetic(ground: Ground, codes: list[str]) -> None:
    made_up = Grid.objects.filter(code__in=codes).exclude(level=Level.COUNTY)
    made_up.update(synthetic=True)
    made_up.filter(level=Level.CELL).update(kind=CELL_KIND)


def short_name(village: Grid) -> str:
    """As people say it: 牛驼一村 for 牛驼一村村民委员会, 站前社区 for 站前社区居民委员会."""
    for ending in ("村民委员会", "居民委员会", "街道委员会", "委员会"):
        if village.name.endswith(ending):
            stem = village.name.removesuffix(ending)
            return stem if stem.endswith(("村", "社区", "街")) or ending != "村民委员会" else f"{stem}村"
    return village.name


__all__ = ["CITY", "TOWNS", "Ground", "lay", "rows", "short_name"]
