"""Files come over the API: the same callers as there."""

from tests.api.conftest import dispatcher, nobody

__all__ = ["dispatcher", "nobody"]
