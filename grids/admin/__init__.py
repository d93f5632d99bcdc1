"""Territory, units, people and calendars for administrators. Everybody sees what `visible_to` gives them, in lists,
choices and searches alike; what has a history goes through the services that write it."""

from . import calendars, grids, people, records, users
from .visible import ReadOnly, VisibleAdmin

__all__ = ["ReadOnly", "VisibleAdmin", "calendars", "grids", "people", "records", "users"]
