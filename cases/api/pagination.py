"""Pages of cases and of whatever hangs on them; the same pages as everywhere in the API."""

from grids.api.pagination import KeysetPagination, Order, Place

__all__ = ["KeysetPagination", "Order", "Place"]
