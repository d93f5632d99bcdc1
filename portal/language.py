"""What a visitor chooses for all pages: the language by `?lang=en`, large type by `?size=large`; kept in a cookie.

An address leads back to itself without the choice; a page that answered a form sends its form again with the choice."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.utils import translation

View = Callable[..., HttpResponseBase]
MAX_AGE = 365 * 24 * 3600
SIZE = "size"
SIZES = ("normal", "large")


def with_language(view: View) -> View:
    """Remembers what `lang` and `size` name, before the view is asked; what is unknown is ignored."""

    @wraps(view)
    def switched(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        chosen = _chosen(request)
        if not chosen:
            return view(request, *args, **kwargs)
        if request.method == "GET":
            rest = request.GET.copy()
            for name in ("lang", SIZE):
                rest.pop(name, None)
            query = f"?{rest.urlencode()}" if rest else ""
            # The path begins with one slash here: none of our addresses begins with two
            return _remembering(HttpResponseRedirect(request.path + query), chosen)
        request.COOKIES |= chosen
        translation.activate(chosen.get(settings.LANGUAGE_COOKIE_NAME, translation.get_language() or ""))
        return _remembering(view(request, *args, **kwargs), chosen)

    return switched


def _chosen(request: HttpRequest) -> dict[str, str]:
    """Cookies by name for what a GET names, or a POST that only repeats a look-up."""
    if request.method == "GET":
        said = request.GET
    elif request.method == "POST" and request.content_type == "application/x-www-form-urlencoded":
        said = request.POST
    else:  # files are not read before their size is known
        return {}
    chosen = {}
    if said.get("lang", "") in dict(settings.LANGUAGES):
        chosen[settings.LANGUAGE_COOKIE_NAME] = said["lang"]
    if said.get(SIZE, "") in SIZES:
        chosen[SIZE] = said[SIZE]
    return chosen


def _remembering(response: HttpResponseBase, chosen: dict[str, str]) -> HttpResponseBase:
    for name, value in chosen.items():
        response.set_cookie(name, value, samesite="Lax", max_age=MAX_AGE)
    return response
