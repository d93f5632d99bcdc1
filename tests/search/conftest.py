"""The API's callers, for searches."""

from tests.api.conftest import dispatcher

__all__ = ["dispatcher"]
