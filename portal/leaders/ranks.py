"""The places or units below what a leader looks at, each with its figures and flags, those first that need looking
at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, cast

from django.db.models import Count, F
from django.db.models.functions import Substr
from django.utils import timezone

from grids import tree
from insights.figures import Figure, Row, ranking
from insights.measures import MEASURES
from insights.stock import STOCKS, cases_in_stock

from .asked import Asked
from .board import flag_in, held, told_of, words_of
from .flags import lines

COLUMNS = ("reported", "on_time", "satisfaction", "overdue")
"""What the table of places always shows, beside the chosen measure."""
MOST_ROWS = 150


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure in the table of places."""

    words: str
    told: str
    flag: str
    address: str


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the table; `shade` is one of five classes of colour, `chosen` the cell of the chosen measure."""

    code: str
    name: str
    address: str
    chosen: Cell
    cells: Sequence[Cell]
    shade: int


def rank(user: Any, asked: Asked) -> list[Place]:
    """The table of places or units below what is asked for."""
    by: Literal["grid", "unit"] = "unit" if asked.unit is None and asked.by == "unit" else "grid"
    counted = [name for name in (asked.measure, *COLUMNS) if MEASURES[name].kind != "stock"]
    lying = _stock_below(user, asked, by)
    rows = ranking(user, asked.scope, list(dict.fromkeys(counted)), by)
    if by == "unit":
        rows += _with_stock_alone(lying.keys() - {row.place_id for row in rows})
    nothing = {name: Figure(name, 0, 0, None) for name in counted} | {name: held(name, 0) for name in STOCKS}
    found = [(row, nothing | _rates(row) | lying.get(row.place_id, {})) for row in rows]
    found.sort(key=lambda pair: _order(asked.measure, pair[1]))
    shades = _shades([figures[asked.measure] for _row, figures in found])
    places = [_place(asked, by, row, figures, shade) for (row, figures), shade in zip(found, shades, strict=True)]
    return places[:MOST_ROWS]


def _rates(row: Row) -> dict[str, Figure]:
    """Its figures: no duration is ever asked for here."""
    return cast(dict[str, Figure], row.figures)


def _stock_below(user: Any, asked: Asked, by: str) -> dict[int, dict[str, Figure]]:
    """What lies there now, by the key of each place or unit below."""
    now = timezone.now()
    length = len(asked.grid.path) + tree.STEP
    key: Any = F("duty_unit") if by == "unit" else Substr("grid_path", 1, length)
    counts = {name: Count("pk", filter=condition(now)) for name, condition in STOCKS.items()}
    rows: Any = cases_in_stock(user, asked.scope, "open").order_by().values(place=key).annotate(**counts)
    found = {}
    for row in rows:
        place = tree.by_path(row["place"]) if by == "grid" else None
        pk = place.id if place else row["place"] if by == "unit" else None
        if pk is not None:
            found[pk] = {name: held(name, row[name]) for name in STOCKS}
    return found


def _with_stock_alone(keys: Iterable[int]) -> list[Row]:
    """Units that nothing fell to in the period, but that have cases: a place that does nothing must not vanish."""
    units = (tree.unit(key) for key in keys)
    return [Row(unit.id, unit.name, unit.kind, {}) for unit in units if unit is not None]


def _order(name: str, found: Mapping[str, Any]) -> tuple[int, Decimal, int]:
    """Flags first, then what is worst; what is too small to judge, and what has no figure, comes last."""
    figure, flag = found[name], flag_in(found, name)
    if figure.value is None:
        return 3, Decimal(0), 0
    sign = 1 if MEASURES[name].better == "more" else -1
    return 2 if flag == "small" else 1, sign * figure.value, -figure.denominator


def _shades(figures: Sequence[Figure]) -> list[int]:
    """One of five classes of equal width for each; -1 where there is no figure."""
    values = [float(figure.value) for figure in figures if figure.value is not None]
    low, high = min(values, default=0.0), max(values, default=0.0)
    width = (high - low) / 5 or 1.0
    return [-1 if f.value is None else min(4, int((float(f.value) - low) / width)) for f in figures]


def _place(asked: Asked, by: str, row: Any, found: Mapping[str, Any], shade: int) -> Place:
    code, place, inside = "", {}, True
    if by == "grid":
        slot = tree.by_id(row.place_id)
        code = slot.code if slot else ""
        place = {"place": code}
    else:
        unit = tree.unit(row.place_id)
        inside = unit is not None and unit.path.startswith(asked.seat.grid.path)
        place = {"place": asked.grid.code, "unit": row.place_id, "by": ""}
    own = asked.address(**place) if inside else ""
    cells = {name: _cell(asked, name, found, place if inside else None) for name in (asked.measure, *COLUMNS)}
    others = [cells[name] for name in COLUMNS if name != asked.measure]
    return Place(code, row.name, own, cells[asked.measure], others, shade)


def _cell(asked: Asked, name: str, found: Mapping[str, Any], place: dict[str, Any] | None) -> Cell:
    figure = found[name]
    address = asked.address("leaders-cases", **place, of=name, measure="") if place and figure.numerator else ""
    return Cell(words_of(figure), told_of(figure), flag_in(found, name), address)


def columns(asked: Asked) -> list[str]:
    """The heads of the table: the chosen measure, then the usual ones."""
    names = [asked.measure, *(name for name in COLUMNS if name != asked.measure)]
    return [str(MEASURES[name].label) for name in names]


def legend(asked: Asked) -> dict[str, Any]:
    """What the flags of the chosen measure mean: the lines in percent, and the smallest number that is judged."""
    limits = lines()
    return {
        "yellow": limits.yellow.get(asked.measure),
        "red": limits.red.get(asked.measure),
        "fewest": limits.fewest,
        "below": MEASURES[asked.measure].better == "more",
    }
