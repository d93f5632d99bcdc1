"""Pages that anybody may ask are counted by address, in the same counters as the API's open addresses."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from django.http import HttpRequest

from grids.api.authentication import AddressThrottle


def seconds_to_wait(request: HttpRequest, scope: str) -> int | None:
    """Counts this request in a scope of `DEFAULT_THROTTLE_RATES`. None: it may go on; else after so many seconds."""
    throttle = AddressThrottle()
    said: Any = request
    if throttle.allow_request(said, SimpleNamespace(throttle_scope=scope)):
        return None
    return max(1, round(throttle.wait() or 60))
