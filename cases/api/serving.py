"""A file on its way out: never run where it is shown, and no longer in a cache than its address works."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _

from cases.errors import FilesAway

from .file_addresses import Opened

PRESIGNED_SECONDS = 60
"""How long the bucket's own address works: the browser follows it at once."""
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}


def served(found: Opened) -> HttpResponseBase:
    """The content; or, where files lie in a bucket that browsers reach, the way there, which works for a minute.

    Raises Http404 where the storage has no such file, FilesAway where it does not answer.
    """
    try:
        if not settings.FILES_THROUGH_SITE:
            return _way_to_bucket(found)
        content: Any = default_storage.open(found.name)
    except FileNotFoundError:
        raise Http404 from None
    except Exception as error:  # each storage has its own
        raise FilesAway(_("Files cannot be read just now. Try again in a while.")) from error
    kind = _content_type(found)
    return FileResponse(
        content,
        as_attachment=not kind.startswith("image/"),
        filename=_file_name(found),
        content_type=kind,
        headers=HEADERS | {"Cache-Control": f"private, max-age={settings.FILE_ADDRESS_SECONDS}"},
    )


def _way_to_bucket(found: Opened) -> HttpResponseRedirect:
    kind = _content_type(found)
    shown = "inline" if kind.startswith("image/") else "attachment"
    storage: Any = default_storage
    said = {
        "ResponseContentType": kind,
        "ResponseContentDisposition": f'{shown}; filename="{_file_name(found)}"',
        "ResponseCacheControl": f"private, max-age={PRESIGNED_SECONDS}",
    }
    address = storage.url(found.name, parameters=said, expire=PRESIGNED_SECONDS)
    return HttpResponseRedirect(address, headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})


def _content_type(found: Opened) -> str:
    return "image/jpeg" if found.small else found.attachment.content_type


def _file_name(found: Opened) -> str:
    """By the case's number: what it was called on somebody's phone is not kept."""
    return f"{found.attachment.case.number}-{found.attachment.pk}.{found.name.rpartition('.')[2]}"
