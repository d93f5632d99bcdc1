"""Who was told of what, as the tests of notifications ask it."""

from tests.notifications.conftest import told

__all__ = ["told"]
