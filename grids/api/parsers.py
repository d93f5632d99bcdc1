"""What a request may bring: bodies of bounded size, read only after their size is known."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser, MultiPartParser

JSON_BYTES = 256 * 1024
UPLOAD_BYTES = 10 * 2**20 + 64 * 1024
"""One file of 10 MB and what stands around it."""
FILES_BYTES = 9 * 10 * 2**20 + 256 * 1024
"""Nine of them, with a form."""


class TooLarge(APIException):
    """The body is larger than anything that this address takes."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_detail = gettext_lazy("The request is too large.")
    default_code = "too_large"


def _check_size(context: Mapping[str, Any] | None, most: int) -> None:
    request = (context or {}).get("request")
    try:
        size = int(request.META.get("CONTENT_LENGTH") or 0) if request is not None else 0
    except ValueError:
        size = 0
    if size > most:
        raise TooLarge(_("The request has %(size)d bytes; %(most)d are allowed.") % {"size": size, "most": most})


class BoundedJSONParser(JSONParser):
    """JSON of at most 256 kB that is not nested beyond reason."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        _check_size(parser_context, JSON_BYTES)
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError(_("The JSON is nested too deeply.")) from None


class FilesParser(MultiPartParser):
    """A form with several files, as many as a side of a case may have."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        _check_size(parser_context, FILES_BYTES)
        return super().parse(stream, media_type, parser_context)


class UploadParser(MultiPartParser):
    """A form with one file of at most 10 MB."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        _check_size(parser_context, UPLOAD_BYTES)
        return super().parse(stream, media_type, parser_context)
