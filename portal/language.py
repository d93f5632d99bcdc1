"""The switch between languages: `?lang=en` is remembered in a cookie, and leads back to the clean address."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect

View = Callable[..., HttpResponseBase]
MAX_AGE = 365 * 24 * 3600


def with_language(view: View) -> View:
    """Remembers the language that `lang` names, before the view is asked; an unknown one is ignored."""

    @wraps(view)
    def switched(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        chosen = request.GET.get("lang", "")
        if request.method != "GET" or chosen not in dict(settings.LANGUAGES):
            return view(request, *args, **kwargs)
        rest = request.GET.copy()
        del rest["lang"]
        query = f"?{rest.urlencode()}" if rest else ""
        # The path begins with one slash here: none of our addresses begins with two
        response: HttpResponse = HttpResponseRedirect(request.path + query)
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, chosen, samesite="Lax", max_age=MAX_AGE)
        return response

    return switched
