"""The field app's shell: which files a phone keeps to open it without a network, and the service worker that keeps
them. Its version is made of what it keeps. Decision: docs/adr/0036-a-queue-that-page-and-worker-share.md."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from .words import words

SCRIPTS = ("npm/idb/build/umd.js", "portal/field/store.js", "portal/field/sending.js")
"""What page and worker share, in the order in which they are loaded."""
MODULES = tuple(
    f"portal/field/{name}.js"
    for name in (
        "app", "act", "around", "case", "draw", "guess", "map", "me", "moments", "patrol", "place", "queue", "refused",
        "report", "todo", "words", "work",
    )
)  # fmt: skip
OTHERS = (
    "portal/photos.js",
    "govgrid/tokens.css",
    "portal/pages.css",
    "portal/field/field.css",
    "govgrid/mark.svg",
    "portal/field/icon-192.png",
)
MAPS = ("npm/leaflet/dist/leaflet.js", "npm/leaflet/dist/leaflet.css")
"""Kept too, but only after everything else: the app is of use before them."""
ICONS = (
    "alarm", "arrow-repeat", "bell", "box-arrow-right", "camera", "check2", "check2-circle", "check2-square",
    "clock-history", "display", "exclamation-triangle", "file-earmark-text", "gear", "geo-alt", "hourglass-split",
    "list-check", "map", "mic", "pen", "people", "person", "person-lock", "person-walking", "plus-circle", "send",
    "tag", "telephone", "three-dots", "tools", "translate", "wifi-off",
)  # fmt: skip


def address(name: str) -> str:
    """Where a static file stands under its plain name. Modules name each other so, and what a phone keeps is replaced
    as a whole: no name needs a mark of its version."""
    return f"{settings.STATIC_URL}{name}"


def _found(name: str) -> bytes:
    path = finders.find(name)
    if not isinstance(path, str):
        raise FileNotFoundError(name)
    return Path(path).read_bytes()


@cache
def icons() -> dict[str, str]:
    """The drawings of Bootstrap Icons that the app shows, each as what stands inside its `svg`."""
    folder = Path(settings.BASE_DIR) / "node_modules/bootstrap-icons/icons"
    return {name: _inside((folder / f"{name}.svg").read_text()) for name in ICONS}


def _inside(drawn: str) -> str:
    return drawn[drawn.index(">") + 1 : drawn.rindex("</svg>")].strip()


def addresses() -> dict[str, Any]:
    """What the app's scripts ask, by name: they know no address of their own."""
    return {
        "api": "/api/v1/",
        "session": reverse("field-session"),
        "worker": reverse("service-worker"),
        "sign_in": f"{reverse('sign-in')}?next={reverse('field')}",
        "sign_out": reverse("sign-out"),
        "desk": reverse("case-list"),
        "inbox": reverse("inbox-page"),
        "telling": reverse("telling"),
        "icon": address("portal/field/icon-192.png"),
        "leaflet": address(MAPS[0]),
        "leaflet_css": address(MAPS[1]),
        "maps": [address(name) for name in MAPS],
        "language_cookie": settings.LANGUAGE_COOKIE_NAME,
        "tiles": settings.TILE_URL,
        "attribution": settings.TILE_ATTRIBUTION,
    }


def page(language: str) -> str:
    """The shell in a language: the same for everybody, nothing of anybody stands in it."""
    with translation.override(language):
        said = {
            "language": language,
            "config": addresses() | {"language": language},
            "words": words(),
            "icons": icons(),
            "scripts": [address(name) for name in SCRIPTS],
            "styles": [address(name) for name in OTHERS if name.endswith(".css")],
            "app": address(MODULES[0]),
        }
        return render_to_string("portal/field/shell.html", said)


def pages() -> dict[str, str]:
    """The addresses of the shell in each language."""
    return {code: reverse("field-shell", args=[code]) for code, _name in settings.LANGUAGES}


def worker() -> str:
    """The service worker's script, with what it keeps before it. Whatever changes there changes the script, and that is
    how a browser learns of it."""
    return f"{_head()}\n{_found('govgrid/worker.js').decode()}" if settings.DEBUG else _kept_worker()


@cache
def _kept_worker() -> str:
    return f"{_head()}\n{_found('govgrid/worker.js').decode()}"


def _head() -> str:
    names = (*SCRIPTS, *MODULES, *OTHERS)
    digest = hashlib.sha256()
    for name in (*names, *MAPS):
        digest.update(name.encode() + hashlib.sha256(_found(name)).digest())
    for code in sorted(pages()):
        digest.update(page(code).encode())
    shell = {
        "version": digest.hexdigest()[:16],
        "scripts": [address(name) for name in SCRIPTS],
        "files": [address(name) for name in names],
        "maps": [address(name) for name in MAPS],
        "pages": pages(),
        "language": settings.LANGUAGE_CODE if settings.LANGUAGE_CODE in pages() else "zh-hans",
        "start": reverse("field"),
    }
    return f"const SHELL = {json.dumps(shell)};\nself.FIELD = {json.dumps(addresses())};"
