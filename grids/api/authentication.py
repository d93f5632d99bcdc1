"""Signing in to the API with a token, and how many requests an address may make."""

from __future__ import annotations

import ipaddress
import logging
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox.auth import TokenAuthentication as KnoxAuthentication
from redis.exceptions import RedisError
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.throttling import ScopedRateThrottle

logger = logging.getLogger(__name__)


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
    """So many requests of a scope from one address; of IPv6, from one network of 64 bits, as one house has it."""

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
        try:
            return bool(super().allow_request(request, view))
        except RedisError:
            # Whoever has something to say is heard, also while the counter is away
            logger.warning("requests are not counted: the cache does not answer", exc_info=True)
            return True
