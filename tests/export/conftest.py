"""The API's callers, as everywhere."""

from tests.api.conftest import dispatcher

__all__ = ["dispatcher"]
