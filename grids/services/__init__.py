"""Doing something to the territory: one verb each, in one transaction, with its line in the history."""

from .divisions import load_divisions
from .grids import create_grid, move_grid, rename_grid
from .mergers import Merger, followers, merge_grids

__all__ = ["Merger", "create_grid", "followers", "load_divisions", "merge_grids", "move_grid", "rename_grid"]
