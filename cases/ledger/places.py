"""Where a row of a ledger belongs: its own grid, that of its point, or the one that the whole ledger is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from cases.errors import BadInput
from grids import tree
from grids.coordinates import to_wgs84
from grids.locate import locate
from grids.models import Grid
from grids.tree import GridSlot


@dataclass(frozen=True, slots=True)
class Place:
    """The grid's tree path; `chosen_grid_id` is None where the point finds it."""

    path: str
    chosen_grid_id: int | None
    lon: float | None = None
    lat: float | None = None
    datum: str = ""


def grid_of(code: str) -> GridSlot:
    """The grid of a code, with or without its last zeroes; of a dissolved one, the grid that it was merged into.

    Raises BadInput where there is none.
    """
    code = code.ljust(12, "0") if code.isdigit() and len(code) < 12 else code
    slot = tree.by_code(code)
    if slot is not None:
        return slot
    row = Grid.objects.filter(code=code).select_related("merged_into").first()
    while row is not None and row.merged_into_id is not None:
        row = row.merged_into
    slot = tree.by_id(row.pk) if row is not None else None
    if slot is None:
        raise BadInput(grid=_("“%(code)s” is no grid here: load_divisions loads what is missing") % {"code": code})
    return slot


@dataclass(slots=True)
class PlaceFinder:
    """Finds places within one city. `default` is the grid of rows that say nothing more."""

    default: GridSlot | None = None

    def find(self, said: Mapping[str, str]) -> Place:
        """`said` may hold grid (a code), lon, lat and datum. Raises BadInput where they name no place here."""
        point = self._point(said)
        if said.get("grid"):
            slot = grid_of(said["grid"])
            return self._within(Place(slot.path, slot.id, *point))
        lon, lat, datum = point
        if lon is not None and lat is not None:
            found = locate(*to_wgs84(lon, lat, datum))
            around = tree.by_id(found.grid_id) if found else None
            if around is not None:
                return self._within(Place(around.path, None, *point))
        if self.default is None:
            raise BadInput(grid=_("the row names none, and no point in one: name a grid for the ledger with --grid"))
        return Place(self.default.path, self.default.id, *point)

    def _within(self, place: Place) -> Place:
        if self.default is not None and place.path[: tree.STEP] != self.default.path[: tree.STEP]:
            raise BadInput(grid=_("lies in another city than %(name)s") % {"name": self.default.name})
        return place

    @staticmethod
    def _point(said: Mapping[str, str]) -> tuple[float | None, float | None, str]:
        words = said.get("lon", ""), said.get("lat", "")
        if not any(words):
            return None, None, ""
        try:
            lon, lat = (float(word) for word in words)
            to_wgs84(lon, lat, said.get("datum", ""))
        except ValueError:
            raise BadInput(lon=_("lon and lat: degrees would be right, as 116.7038 and 39.5186")) from None
        except ValidationError as error:
            raise BadInput(**{name: " ".join(texts) for name, texts in error.message_dict.items()}) from None
        return lon, lat, said["datum"]
