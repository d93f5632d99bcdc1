"""The site of the administration: who comes in, in which language, and in whose name rows change."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.i18n import set_language
from unfold.sites import UnfoldAdminSite

from cases.errors import is_busy
from grids.acting import acting
from portal.throttling import seconds_to_wait

from . import second_factor

View = Callable[..., Any]
SAFE = ("GET", "HEAD", "OPTIONS")


class Site(UnfoldAdminSite):
    """Every view of the administration passes through `admin_view`."""

    index_title = gettext_lazy("Overview")

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Asks for the second factor first; what a request changes is recorded as the user's, in one transaction."""

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if not getattr(view, "before_second_factor", False):
                way = second_factor.missing(request)
                if way:
                    return HttpResponseRedirect(way)
            if request.method in SAFE:
                return view(request, *args, **kwargs)
            return _changing(request, view, *args, **kwargs)

        answer: View = super().admin_view(guarded, cacheable)
        return answer

    def extra_urls(self) -> list[URLPattern]:
        pages = [
            path(route, self.admin_view(second_factor.page(view, self)), name=name)
            for route, name, view in second_factor.PAGES
        ]
        return [path("language/", set_language, name="language"), *pages]

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Counted by address, as signing in elsewhere is."""
        if request.method == "POST" and (wait := seconds_to_wait(request, "sign_in")) is not None:
            minutes = -(-wait // 60)
            said = _("Too many attempts from your network: try again in %(minutes)d min.") % {"minutes": minutes}
            messages.error(request, said)
            return HttpResponseRedirect(request.get_full_path())
        answer: HttpResponse = super().login(request, extra_context)
        return answer

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        answer: HttpResponse = super().logout(request, extra_context)
        return answer

    def i18n_javascript(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        answer: HttpResponse = super().i18n_javascript(request, extra_context)
        return answer

    logout.before_second_factor = True  # type: ignore[attr-defined]  # whoever has only one key may still leave
    i18n_javascript.before_second_factor = True  # type: ignore[attr-defined]  # words, on those pages too


def _changing(request: HttpRequest, view: View, *args: Any, **kwargs: Any) -> Any:
    try:
        with acting(request.user, "admin"):
            return view(request, *args, **kwargs)
    except OperationalError as error:
        if not is_busy(error):
            raise
        messages.error(request, _("Somebody else is working on this just now; nothing was changed. Try again."))
        return HttpResponseRedirect(request.get_full_path())
