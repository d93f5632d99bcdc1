"""How many places a second find their grid: a hundred thousand look-ups against four thousand outlines,
the way an import of a ledger asks for them, in batches."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np

POLYGONS = 4000
LOOKUPS = 100_000
WEST, SOUTH, EAST, NORTH = 116.1, 38.5, 117.2, 40.1
CORNERS = 24
"""Corners of an outline: cells follow roads, and have more than four."""


def outlines(count: int, seed: int = 7) -> list[tuple[int, str, str, dict[str, Any]]]:
    """So many cells side by side over an area like 廊坊's, with crooked borders that neighbours share, and
    above each 25 of them a village, which a look-up has to pass over."""
    side = math.ceil(math.sqrt(count))
    random = np.random.default_rng(seed)
    per_edge = CORNERS // 4
    steps = side * per_edge + 1
    # One lattice of shaken points: an outline is a walk along it, so that borders fit together
    shake = random.uniform(-0.3, 0.3, (steps, steps, 2)) / per_edge
    width, height = (EAST - WEST) / side, (NORTH - SOUTH) / side

    def corner(column: int, row: int) -> list[float]:
        east, north = shake[column, row]
        return [WEST + (column / per_edge + east) * width, SOUTH + (row / per_edge + north) * height]

    def walk(column: int, row: int, cells: int) -> dict[str, Any]:
        west, south, edge = column * per_edge, row * per_edge, cells * per_edge
        ring = [corner(west + i, south) for i in range(edge)]
        ring += [corner(west + edge, south + i) for i in range(edge)]
        ring += [corner(west + edge - i, south + edge) for i in range(edge)]
        ring += [corner(west, south + edge - i) for i in range(edge)]
        return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}

    cells = [(c, r) for r in range(side) for c in range(side)][:count]
    rows = [(n + 1, f"{131022100200 + n:015d}", "cell", walk(c, r, 1)) for n, (c, r) in enumerate(cells)]
    blocks = [(c, r) for c, r in cells if c % 5 == r % 5 == 0 and c + 5 <= side and r + 5 <= side]
    first = len(rows) + 1
    return rows + [(first + n, f"{131022100200 + n:012d}", "village", walk(c, r, 5)) for n, (c, r) in enumerate(blocks)]


def run(polygons: int = POLYGONS, lookups: int = LOOKUPS, batch: int = 5000) -> dict[str, Any]:
    """Measure, and give one JSON-able answer. `polygons` is the number of cells; the villages come on top."""
    from grids import locate

    rows = outlines(polygons)
    built_at = time.perf_counter()
    index = locate.Outlines(rows)
    build_s = time.perf_counter() - built_at
    random = np.random.default_rng(11)
    lons = random.uniform(WEST, EAST, lookups)
    lats = random.uniform(SOUTH, NORTH, lookups)
    index.containing(lons[:batch], lats[:batch])
    found, started = 0, time.perf_counter()
    for start in range(0, lookups, batch):
        end = start + batch
        found += int(np.count_nonzero(index.containing(lons[start:end], lats[start:end]) >= 0))
    seconds = time.perf_counter() - started
    return {
        "throughput_per_s": round(lookups / seconds),
        "polygons": len(rows),
        "lookups": lookups,
        "batch": batch,
        "found": found,
        "build_s": round(build_s, 3),
    }
