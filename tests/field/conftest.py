"""The field app's callers: the API as the phone asks it."""

from tests.api.conftest import calls, lights

__all__ = ["calls", "lights"]
