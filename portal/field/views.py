"""The field app's few addresses of its own: its shell, who is signed in, and what makes it installable. What it reads
and sends goes through the API."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal.language import with_language

from . import shell


@never_cache
@require_safe
@with_language
def app(request: HttpRequest) -> HttpResponse:
    """The app, for who is signed in. Once it has been opened, the phone keeps it and asks here no more."""
    if not request.user.is_authenticated:
        return redirect(f"{reverse('sign-in')}?next={reverse('field')}")
    return HttpResponse(shell.page(_known(get_language())))


@require_safe
def shell_page(request: HttpRequest, language: str) -> HttpResponse:
    """The same for the worker to keep. Open: nothing of anybody stands in it."""
    if language not in dict(settings.LANGUAGES):
        raise Http404
    return HttpResponse(shell.page(language), headers={"Cache-Control": "no-cache"})


def _known(language: str | None) -> str:
    return language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


@never_cache
@require_safe
def session(request: HttpRequest) -> JsonResponse:
    """Who is signed in, and the token that forms of this session carry. The queue asks before it sends: what one wrote
    is never sent as another, whose session has another token."""
    user: Any = request.user
    if not user.is_authenticated:
        return JsonResponse({"user": None, "name": "", "token": "", "language": get_language()})
    said = {"user": user.pk, "name": user.name, "token": get_token(request), "language": get_language()}
    return JsonResponse(said)


@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """What a phone needs to install it."""
    icons = [
        {"src": shell.address(f"portal/field/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
        for size in (192, 512)
    ]
    maskable = {"src": shell.address("portal/field/icon-maskable-512.png"), "sizes": "512x512", "type": "image/png"}
    said = {
        "id": reverse("field"),
        "name": _("govgrid field work"),
        "short_name": _("Field work"),
        "lang": get_language(),
        "start_url": reverse("field"),
        "scope": "/",
        "display": "standalone",
        "background_color": "#f6f7f9",
        "theme_color": "#1257c9",
        "icons": [*icons, maskable | {"purpose": "maskable"}],
    }
    return JsonResponse(said, content_type="application/manifest+json", headers={"Cache-Control": "no-cache"})
