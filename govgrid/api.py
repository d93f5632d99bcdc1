"""What the API has beside its apps: an answer for addresses that lead nowhere, and refusals in its description."""

from __future__ import annotations

from typing import Any, NoReturn

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext
from django.views.defaults import server_error as page_server_error
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from govgrid.problems import MEDIA_TYPE


@extend_schema(exclude=True)
class NoSuchAddress(APIView):
    """404 as problem details, where Django would answer a page."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        raise Http404


def server_error(request: HttpRequest) -> HttpResponse:
    """500: a problem for programs, a page for people."""
    if not request.path.startswith("/api/"):
        return page_server_error(request)
    body = {
        "type": "urn:govgrid:problem:fault",
        "title": "Internal Server Error",
        "status": 500,
        "detail": gettext("Something is wrong on our side; it has been recorded."),
    }
    return JsonResponse(body, status=500, content_type=MEDIA_TYPE)


PROBLEM = {
    "type": "object",
    "description": "What was wrong, and what would be right (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri", "examples": ["urn:govgrid:problem:invalid"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "For people, in the language asked for."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message", "code"],
                "properties": {
                    "field": {"type": "string", "description": "Name of the field; empty: the whole."},
                    "message": {"type": "string"},
                    "code": {"type": "string"},
                },
            },
        },
    },
}


def describe_refusals(result: dict[str, Any], **_context: Any) -> dict[str, Any]:
    """Every operation may answer a problem; said once for each, by reference."""
    result["components"].setdefault("schemas", {})["Problem"] = PROBLEM
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for operations in result["paths"].values():
        for operation in operations.values():
            if isinstance(operation, dict) and "responses" in operation:
                operation["responses"]["default"] = {"description": "A refusal.", "content": content}
    return result
