"""The front page: what this is, for whom, and where to go. Shows totals only, never a matter or a person."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from cases import demo
from cases.models import Case
from notifications.models import InboxItem

FIGURES_KEY = "front-figures"
FIGURES_SECONDS = 30
"""How old the totals may be: so that a page that anybody may ask for costs one count in half a minute."""
OWN_NAMES = {"zh-hans": "简体中文", "en": "English"}


@dataclass(frozen=True, slots=True)
class Figures:
    """What the page says of this moment."""

    open: int
    overdue: int
    demo: bool


@never_cache
@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """The front page, in the language that `?lang` names (remembered in a cookie), else in the browser's."""
    chosen = request.GET.get("lang", "")
    known = chosen in dict(settings.LANGUAGES)
    with translation.override(chosen if known else translation.get_language()):
        context = {"figures": figures(), "languages": OWN_NAMES.items(), "unread": unread_of(request.user)}
        response = render(request, "front.html", context)
    if known:
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, chosen, samesite="Lax", max_age=365 * 24 * 3600)
        response.headers["Content-Language"] = chosen
    return response


def unread_of(user: Any) -> int:
    """How many notices somebody has not read yet; none for who is not signed in."""
    return InboxItem.objects.visible_to(user).unread().count() if user.is_authenticated else 0


def figures() -> dict[str, Any] | None:
    """Totals, at most FIGURES_SECONDS old; None where the cache is away, as counting for each visitor costs too
    much."""
    try:
        kept: dict[str, Any] | None = cache.get(FIGURES_KEY)
        if kept is None:
            kept = asdict(count())
            cache.set(FIGURES_KEY, kept, FIGURES_SECONDS)
    except RedisError:
        return None
    return kept


def count() -> Figures:
    """The totals as they are now."""
    return Figures(
        open=Case.objects.open().count(), overdue=Case.objects.open().overdue().count(), demo=demo.is_loaded()
    )
