"""Pages that anybody may ask are counted by address, in the same counters as the API's open addresses."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from grids.api.authentication import AddressThrottle


def seconds_to_wait(request: HttpRequest, scope: str) -> int | None:
    """Counts this request in a scope of `DEFAULT_THROTTLE_RATES`. None: it may go on; else after so many seconds."""
    throttle = AddressThrottle()
    said: Any = request
    if throttle.allow_request(said, SimpleNamespace(throttle_scope=scope)):
        return None
    return max(1, round(throttle.wait() or 60))


def network_of(request: HttpRequest) -> str:
    """Under what a visitor's network is counted."""
    said: Any = request
    return AddressThrottle().get_ident(said)


def wait_words(seconds: int, *, kept: bool = True) -> str:
    """When to come again; `kept` tells whether the form comes back with what was typed."""
    minutes = -(-seconds // 60)
    if not kept:
        return _("Too much came from your network in the last hour. Try again in %(minutes)d min.") % {
            "minutes": minutes
        }
    return _(
        "Too much came from your network in the last hour. What you typed is kept; try again in %(minutes)d min."
    ) % {"minutes": minutes}


def too_many(response: HttpResponse, seconds: int) -> HttpResponse:
    """The answer with the moment from which on it is worth to come again."""
    response["Retry-After"] = str(seconds)
    return response
