"""Signing in to the API with a token, and how many requests an address may make."""

from __future__ import annotations

import ipaddress
import json
from datetime import date
from typing import Any

from django.db.models import OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox.auth import TokenAuthentication as KnoxAuthentication
from knox.crypto import hash_token
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.throttling import ScopedRateThrottle

from grids.counters import take
from grids.models import Post, User
from grids.statements import Statement, as_json
from grids.territory import STANDING, remember

TOKEN_COLUMNS = tuple(field.attname for field in AuthToken._meta.concrete_fields)
USER_COLUMNS = tuple(field.attname for field in User._meta.concrete_fields)


def _who(digest: str, today: date) -> QuerySet[AuthToken, tuple[Any, ...]]:
    posts = Post.objects.held_in_statement(OuterRef("user"), today)
    whose = [f"user__{name}" for name in USER_COLUMNS]
    return AuthToken.objects.filter(digest=digest).values_list(*TOKEN_COLUMNS, *whose, as_json(posts, *STANDING))


WHO = Statement(_who, digest=str, today=date)
"""A token with its person and the posts that they hold, by what the token hashes to."""


class TokenAuthentication(KnoxAuthentication):
    """Knox's tokens, found in one statement with all that says how far their person sees."""

    def authenticate_credentials(self, token: bytes) -> tuple[Any, Any]:
        # What is secret is hashed before anything is compared: how long the search takes tells nothing of it
        rows = WHO.rows(digest=hash_token(token.decode()), today=timezone.localdate()) if token.isalnum() else []
        if not rows:
            raise AuthenticationFailed(_("This token is not valid."))
        return self._known(*rows[0])

    def _known(self, *row: Any) -> tuple[Any, Any]:
        own = len(TOKEN_COLUMNS)
        auth = AuthToken.from_db("default", TOKEN_COLUMNS, row[:own])
        user = auth.user = User.from_db("default", USER_COLUMNS, row[own:-1])
        if auth.expiry is not None and auth.expiry < timezone.now():
            raise AuthenticationFailed(_("This token is not valid."))
        self.validate_user(auth)
        remember(user, json.loads(row[-1]))
        return user, auth


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
