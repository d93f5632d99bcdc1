"""What a request says about itself: which version it has read (If-Match), and under which key it may be repeated
(Idempotency-Key)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from cases.errors import BadInput, Stale
from cases.models import Case
from cases.services.idempotency import Keep, Reply, fingerprint_of, once, once_written

KEY = re.compile(r"[\x21-\x7e]{1,80}")
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="1 to 80 printable ASCII characters, such as a UUID. The same request under the same key acts once and "
    "is answered alike, with `Idempotent-Replayed: true`; another request under it is refused with 422.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description='The version that you have read, as its ETag (`"7"`). Where the case has changed since: 412.',
)


def etag(case: Case) -> str:
    """A case's version as an entity tag."""
    return f'"{case.version}"'


def version_from(request: Request, case: Case) -> int | None:
    """The version that the request has read, by If-Match; None where it does not matter.

    Raises BadInput for what is no entity tag, Stale for a tag that no version of a case ever had.
    """
    header = request.headers.get("If-Match", "").strip()
    if header in ("", "*"):
        return None
    tags = [tag.removeprefix("W/").strip('"') for tag in parse_etags(header)]
    if not tags:
        raise BadInput(**{"If-Match": _('the ETag of the case, in quotes: "7"')})
    versions = [int(tag) for tag in tags if tag.isascii() and tag.isdigit() and len(tag) < 10]
    if not versions:
        raise Stale(_("the case has changed since you read it: it is at version %d now") % case.version)
    return case.version if case.version in versions else versions[0]


def answer_once(request: Request, scope: str, act: Callable[[], Reply]) -> Response:
    """The reply of `act`, or the one that the request's key has already."""
    return _response(once(scope, *_key(request), act))


def answer_written_once(request: Request, scope: str, act: Callable[[Keep], Reply]) -> Response:
    """The same for an act that only adds rows."""
    return _response(once_written(scope, *_key(request), act))


def _key(request: Request) -> tuple[str, str]:
    """The request's key and fingerprint; both empty where it has none."""
    key = request.headers.get("Idempotency-Key", "")
    if key and not KEY.fullmatch(key):
        raise BadInput(**{"Idempotency-Key": _("1 to 80 printable ASCII characters without spaces")})
    return key, fingerprint_of(_parts(request)) if key else ""


def _response(reply: Reply) -> Response:
    response = Response(reply.body, status=reply.status)
    if isinstance(reply.body, dict) and "version" in reply.body:
        response["ETag"] = f'"{reply.body["version"]}"'
    if reply.replayed:
        response["Idempotent-Replayed"] = "true"
    return response


def user_scope(request: Request) -> str:
    """Whose keys these are."""
    return f"user:{request.user.pk}"


def as_json(data: Any) -> Any:
    """A serializer's data as it will be sent, so that a repeated reply is the same to the letter."""
    return json.loads(json.dumps(data, cls=JSONEncoder))


def _parts(request: Request) -> list[bytes]:
    data: Any = request.data
    if isinstance(data, QueryDict):  # a form may say a name several times
        data = {name: values if len(values) > 1 else values[0] for name, values in data.lists() if values}
    said = {name: _plain(value) for name, value in data.items()} if hasattr(data, "items") else data
    body = json.dumps(said, sort_keys=True, cls=JSONEncoder).encode()
    return [str(request.method).encode(), request.path.encode(), body]


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if not isinstance(value, UploadedFile):
        return value
    digest = hashlib.sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return digest.hexdigest()
