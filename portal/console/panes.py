"""Which part of the desk a request wants: the whole page, or one pane that htmx puts in the place of another."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

LIST, PANE = "list", "pane"


def pane_of(request: HttpRequest) -> str:
    """The id of the element that the answer replaces; empty for a page of its own."""
    wanted = request.headers.get("HX-Target", "") if request.headers.get("HX-Request") == "true" else ""
    return wanted if wanted in (LIST, PANE) else ""


def way_back(request: HttpRequest) -> str:
    """The desk's address that a form came from; empty where it came from no desk."""
    back = request.POST.get("back", "")[:1000]
    desk = reverse("desk")
    same = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return back if same and (back == desk or back.startswith(f"{desk}?")) else ""
