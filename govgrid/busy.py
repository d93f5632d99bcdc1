"""A row that somebody else holds is a conflict on every page, also where nobody thought of it: the admin's, for one."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from cases.errors import RETRY_AFTER_SECONDS, is_busy


class BusyMiddleware:
    """409 with Retry-After instead of 500 where the database gave up waiting for somebody else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Django asks this for what a view raised and nobody caught."""
        if not is_busy(exception):
            return None
        text = _("Somebody else is working on this just now; nothing was changed. Try again.")
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        return HttpResponse(text, status=409, headers=headers, content_type="text/plain; charset=utf-8")
