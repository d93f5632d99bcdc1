"""Reports of faults tell what somebody needs to mend them, and nobody is in them: texts of exceptions, local variables,
forms and headers hold residents' words. Log lines are the matter of `govgrid.logs`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import Error as DatabaseError
from django.db import OperationalError
from django.http import HttpRequest
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import ConnectionError as RedisAway

HARMLESS = (
    AttributeError, NameError, ImportError, NotImplementedError, ImproperlyConfigured, OperationalError, RedisAway,
    BrokerError,
)  # fmt: skip
"""Their texts name parts of programs and servers. A KeyError's or ValueError's text may be a person's name."""
SHOWN_META = frozenset({
    "REQUEST_METHOD", "PATH_INFO", "CONTENT_TYPE", "CONTENT_LENGTH", "SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL",
    "HTTP_HOST", "HTTP_ACCEPT", "HTTP_ACCEPT_LANGUAGE", "HTTP_USER_AGENT", "HTTP_X_REQUEST_ID",
})  # fmt: skip
FACTS = ("sqlstate", "table_name", "column_name", "constraint_name")
"""What PostgreSQL says of an error beside its texts, which quote rows."""


def said_of(error: BaseException) -> str:
    """Kind of the error, with what of its text cannot be anybody's."""
    kind = type(error).__qualname__
    if isinstance(error, HARMLESS):
        return f"{kind}: {str(error).partition(chr(10))[0]}"
    if isinstance(error, OSError):
        return f"{kind}: {error.strerror or ''}".rstrip(": ")
    if isinstance(error, DatabaseError):
        diagnosed = getattr(error.__cause__, "diag", None)
        facts = [f"{name}={value}" for name in FACTS if (value := getattr(diagnosed, name, None))]
        return f"{kind}: {' '.join(facts)}".rstrip(": ")
    return kind


class DiscreetFilter(SafeExceptionReporterFilter):
    """What a report may show of settings, of a request and of local variables: names, and nobody's values."""

    # Django's own names, and those whose values are addresses with passwords in them
    hidden_settings = re.compile(
        f"{SafeExceptionReporterFilter.hidden_settings.pattern}|BROKER|REDIS|CACHES|DATABASES|EMAIL", re.IGNORECASE
    )

    def is_active(self, request: HttpRequest | None) -> bool:
        return not settings.DEBUG

    def get_safe_request_meta(self, request: HttpRequest) -> dict[str, Any]:
        meta: dict[str, Any] = super().get_safe_request_meta(request)
        return self._only(meta, SHOWN_META) if self.is_active(request) else meta

    def get_safe_cookies(self, request: HttpRequest) -> dict[str, Any]:
        cookies: dict[str, Any] = super().get_safe_cookies(request)
        return self._only(cookies, ()) if self.is_active(request) else cookies

    def get_post_parameters(self, request: HttpRequest | None) -> Any:
        if request is None or not self.is_active(request):
            return super().get_post_parameters(request)
        return self._only(request.POST, ())

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: FrameType) -> Any:
        if not self.is_active(request):
            return super().get_traceback_frame_variables(request, tb_frame)
        return [(name, type(value).__qualname__) for name, value in tb_frame.f_locals.items()]

    def _only(self, said: Any, names: Iterable[str]) -> dict[str, Any]:
        return {name: value if name in names else self.cleansed_substitute for name, value in said.items()}


class DiscreetReporter(ExceptionReporter):
    """The report of a fault that operators get by mail, or see where DEBUG is on: with DEBUG as Django's own."""

    def get_traceback_data(self) -> dict[str, Any]:
        data: dict[str, Any] = super().get_traceback_data()
        if settings.DEBUG:
            return data
        data.pop("unicode_hint", None)
        data.pop("template_info", None)
        data["exception_value"] = said_of(self.exc_value) if self.exc_value else ""
        data["exception_notes"] = ""
        data["user_str"] = ""
        if self.request is not None:
            hidden = self.filter.cleansed_substitute
            data["request_GET_items"] = [(name, hidden) for name in self.request.GET]
            data["request_insecure_uri"] = self.request.path
        data["request_FILES_items"] = ()
        for frame in data.get("frames", ()):
            for name in ("exc_cause", "exc_cause_explicit"):
                if isinstance(frame.get(name), BaseException):
                    frame[name] = said_of(frame[name])
        return data
