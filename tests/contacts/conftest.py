"""Receivers of this machine, for ways that are proven there."""

from tests.channels.conftest import sink
from tests.notifications.conftest import receiver

__all__ = ["receiver", "sink"]
