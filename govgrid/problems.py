"""Every refusal of the API as problem details (RFC 9457): what was wrong, with which field, and how to go on.

Refusals of the domain carry their own status, so that this module need not know them one by one."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.core.exceptions import ValidationError as ModelError
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.fields import get_error_detail
from rest_framework.response import Response
from rest_framework.views import set_rollback

from cases.errors import RETRY_AFTER_SECONDS, CaseError, is_busy

MEDIA_TYPE = "application/problem+json"
AWAY_SECONDS = 30
"""After how long it is worth to ask for something that does not answer."""


def problem_details(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an exception of a view into an `application/problem+json` response.

    Returns None for what is no refusal but a fault, which then is logged and answered with 500."""
    response = respond(error)
    if response is not None:
        set_rollback()
    return response


def respond(error: Exception) -> Response | None:
    """The response to a refusal, or None for a fault."""
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif isinstance(error, ModelError):
        error = exceptions.ValidationError(get_error_detail(error))
    if isinstance(error, CaseError):
        found = [named(field, str(text), error.code) for field, text in error.fields.items()]
        headers = {"Retry-After": str(AWAY_SECONDS)} if error.status == HTTPStatus.SERVICE_UNAVAILABLE else None
        return problem(error.status, error.code, str(error.detail), found, headers)
    if is_busy(error):
        text = _("Somebody else is working on this just now; nothing was changed. Try again.")
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        return problem(HTTPStatus.CONFLICT, "busy", text, headers=headers)
    if isinstance(error, SuspiciousOperation):  # a form with too many fields, a file name with a path in it
        return problem(HTTPStatus.BAD_REQUEST, "malformed", _("The request is not well-formed."))
    if isinstance(error, exceptions.ValidationError):
        text = _("Some fields are not right; see the errors.")
        return problem(error.status_code, "invalid", text, field_errors(error.detail))
    if isinstance(error, exceptions.APIException):
        return problem(error.status_code, code_of(error), str(error.detail), headers=headers_of(error))
    return None


def problem(
    status: int,
    code: str,
    detail: str,
    errors: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """One problem: HTTP status, a code for programs, a text for people, and the fields concerned."""
    body: dict[str, Any] = {
        "type": f"urn:govgrid:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
    }
    if errors:
        body["errors"] = errors
    return Response(body, status=status, headers=headers, content_type=MEDIA_TYPE)


def field_errors(detail: Any, path: str = "") -> list[dict[str, str]]:
    """Flatten a serializer's errors to field, message and code; nested names are joined by dots."""
    pairs: Iterable[tuple[Any, Any]]
    if isinstance(detail, dict):
        pairs = detail.items()
    elif isinstance(detail, list):
        pairs = [(at if isinstance(item, dict | list) else "", item) for at, item in enumerate(detail)]
    else:
        return [named(path, str(detail), getattr(detail, "code", "invalid"))]
    return [
        found
        for name, item in pairs
        for found in field_errors(item, ".".join(part for part in (path, str(name)) if part))
    ]


def named(field: str, message: str, code: str) -> dict[str, str]:
    """One entry of `errors`; what concerns the whole has an empty field."""
    return {"field": field.removesuffix("non_field_errors").rstrip("."), "message": message, "code": code}


def code_of(error: exceptions.APIException) -> str:
    """The code of a refusal by the framework."""
    codes = error.get_codes()
    return codes if isinstance(codes, str) else error.default_code


def headers_of(error: exceptions.APIException) -> dict[str, str]:
    """What the client needs to know to come again: how to sign in, or when."""
    headers = {}
    if sign_in := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = sign_in
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = f"{wait:.0f}"
    return headers
