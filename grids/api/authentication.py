"""Signing in to the API with a token, and how many requests an address may make."""

from __future__ import annotations

import ipaddress
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox.auth import TokenAuthentication as KnoxAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.throttling import ScopedRateThrottle

from grids.counters import take


class TokenAuthentication(KnoxAuthentication):
    """Knox's, which refuses bytes that are no text instead of failing on them."""

    def authenticate_credentials(self, token: bytes) -> tuple[Any, Any]:
        if not token.isalnum():
            raise AuthenticationFailed(_("This token is not valid."))
        result: tuple[Any, Any] = super().authenticate_credentials(token)
        return result


class TokenScheme(KnoxTokenScheme):
    """The same, in the description of the API."""

    target_class = "grids.api.authentication.TokenAuthentication"
    name = "token"


class AddressThrottle(ScopedRateThrottle):
    """So many requests of a scope from one address, whoever is signed in there; of IPv6, from one network of 64 bits,
    as one house has it."""

    def get_ident(self, request: Request) -> str:
        address = super().get_ident(request) or ""
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return address
        if parsed.version == 4:
            return address
        return str(ipaddress.ip_network((parsed, 64), strict=False))

    def allow_request(self, request: Request, view: Any) -> bool:
        self.scope = view.throttle_scope
        most, seconds = self.parse_rate(self.get_rate())
        if most is None or seconds is None:  # a scope without a rate is not counted
            return True
        self.seconds_to_wait = take(f"{self.scope}:{self.get_ident(request)}", most, seconds)
        return self.seconds_to_wait is None

    def wait(self) -> float | None:
        return self.seconds_to_wait
