"""A screen for everybody in a station: it goes back to its start after a minute, and keeps nothing of anybody.

`?kiosk=1` at the address of an intake point makes a browser such a screen, `?kiosk=0` an ordinary one again."""

from __future__ import annotations

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from .language import MAX_AGE, SIZE

COOKIE = "kiosk"
SECONDS = 60
"""Without a touch, after which the screen goes back to its start."""
TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")


def start_of(request: HttpRequest) -> str:
    """Where this screen begins anew; empty for an ordinary browser."""
    token = request.COOKIES.get(COOKIE, "")
    return f"{reverse('speak-up', args=[token])}?kiosk=1" if TOKEN.fullmatch(token) else ""


def begun(request: HttpRequest, token: str, *forget: str) -> HttpResponse | None:
    """What `?kiosk` is answered at the address of an intake point: the same without it, and without whatever the
    last visitor chose or sent. None where it was not said. `forget` are further cookies, each with the path `/` or its
    own after a colon."""
    said = request.GET.get("kiosk", "")
    if request.method != "GET" or said not in ("0", "1"):
        return None
    response = HttpResponseRedirect(request.path)
    if said == "1":
        response.set_cookie(COOKIE, token, max_age=MAX_AGE, httponly=True, samesite="Lax")
    else:
        response.delete_cookie(COOKIE)
    for name in (settings.LANGUAGE_COOKIE_NAME, SIZE, *forget):
        cookie, _colon, path = name.partition(":")
        response.delete_cookie(cookie, path=path or "/")
    return response
