"""Signing in and out, one's own tokens, and who one is."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate, logout
from django.contrib.auth.signals import user_logged_in
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from grids import tree
from grids.territory import territory_of

from .authentication import AddressThrottle, TokenAuthentication
from .serializers import (
    CredentialsSerializer,
    MeSerializer,
    NewTokenSerializer,
    TokenSerializer,
    grid_ref,
    unit_ref,
)


class NewTokenView(APIView):
    """A token for a user name and a password."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (AddressThrottle,)
    throttle_scope = "sign_in"

    def get_authenticate_header(self, request: Request) -> str:
        return str(TokenAuthentication().authenticate_header(request))

    @extend_schema(
        operation_id="auth_token_create",
        summary="Sign in",
        description="Answers a token, shown this once: `Authorization: Token …`. Whoever has as many tokens as one "
        "may have loses the oldest.",
        request=CredentialsSerializer,
        responses={201: NewTokenSerializer},
        auth=[],
        tags=["session"],
    )
    def post(self, request: Request) -> Response:
        credentials = CredentialsSerializer(data=request.data)
        credentials.is_valid(raise_exception=True)
        user = authenticate(request, **credentials.validated_data)
        if user is None:
            raise AuthenticationFailed(_("User name or password is wrong."))
        _make_room(user)
        row, token = AuthToken.objects.create(user)
        user_logged_in.send(sender=type(user), request=request, user=user)
        said = NewTokenSerializer({"token": token, "expires_at": row.expiry}).data
        return Response(said, status=201, headers={"Cache-Control": "no-store"})


def _make_room(user: Any) -> None:
    """Ends the oldest tokens, so that one more does not exceed the limit."""
    most = settings.REST_KNOX["TOKEN_LIMIT_PER_USER"]
    valid = AuthToken.objects.filter(user=user, expiry__gt=timezone.now()).order_by("-created", "digest")
    AuthToken.objects.filter(pk__in=list(valid.values_list("pk", flat=True)[most - 1 :])).delete()


class TokensView(APIView):
    """One's own tokens."""

    @extend_schema(
        operation_id="auth_tokens_list",
        summary="One's own tokens",
        responses=TokenSerializer(many=True),
        tags=["session"],
    )
    def get(self, request: Request) -> Response:
        tokens = AuthToken.objects.filter(user=request.user, expiry__gt=timezone.now()).order_by("-created")
        return Response(TokenSerializer(tokens, many=True, context={"request": request}).data)


class TokenView(APIView):
    """One of them."""

    @extend_schema(
        operation_id="auth_tokens_destroy", summary="Revoke a token", responses={204: None}, tags=["session"]
    )
    def delete(self, request: Request, token_id: str) -> Response:
        found, _rows = AuthToken.objects.filter(user=request.user, digest__startswith=token_id).delete()
        if not found:
            raise Http404
        return Response(status=204)


class LogoutView(APIView):
    """The end of the token or session that the request came with."""

    @extend_schema(
        operation_id="auth_logout", summary="Sign out", request=None, responses={204: None}, tags=["session"]
    )
    def post(self, request: Request) -> Response:
        if request.auth is not None:
            request.auth.delete()
        else:
            logout(request._request)
        return Response(status=204)


class MeView(APIView):
    """Who one is, today."""

    @extend_schema(operation_id="me", summary="Who one is", responses=MeSerializer, tags=["session"])
    def get(self, request: Request) -> Response:
        return Response(MeSerializer(describe(request.user)).data)


def describe(user: Any) -> dict[str, Any]:
    """The person, the posts of today, and the territory that they open."""
    territory = territory_of(user)
    return {
        "username": user.username,
        "name": user.name,
        "email": user.email,
        "phone": user.phone,
        "locale": user.locale,
        "everything": territory.everything,
        "territory": [slot.code for path in territory.paths if (slot := tree.by_path(path))],
        "posts": [
            {"role": s.role, "unit": unit_ref(s.unit_id, s.unit_path), "grid": grid_ref(s.path)}
            for s in territory.standings
        ],
    }
