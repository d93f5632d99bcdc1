"""What a page may load and run: only files of this site, no script or style written into the page itself.
The administration has a policy of its own, the API's documentation none.
Decision: docs/adr/0034-pages-run-nothing-inline.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from govgrid.administration.content_policy import HEADER


def policy() -> str:
    """The policy of all pages, by the settings that name other hosts."""
    bucket = {} if settings.FILES_THROUGH_SITE else settings.STORAGES["default"].get("OPTIONS", {})
    return _policy(settings.TILE_URL, bucket.get("endpoint_url") or "", bucket.get("bucket_name") or "", bool(bucket))


@lru_cache(maxsize=4)
def _policy(tile_url: str, endpoint: str, bucket: str, through_bucket: bool) -> str:
    pictures = ["'self'", "data:", "blob:", *_tile_hosts(tile_url)]
    if through_bucket:  # whoever opens a photo is led there
        pictures += _bucket_hosts(endpoint, bucket)
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src {' '.join(pictures)}",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "worker-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _tile_hosts(tile_url: str) -> Iterator[str]:
    """The host of map tiles. Where servers take turns (`t{s}.example.org`), all hosts below the same name."""
    parts = urlsplit(tile_url)
    first, _dot, rest = parts.netloc.partition(".")
    if parts.netloc:
        yield f"{parts.scheme}://{'*.' + rest if '{s}' in first else parts.netloc}"


def _bucket_hosts(endpoint: str, bucket: str) -> list[str]:
    if not endpoint:
        return ["https://*.amazonaws.com", "https://*.amazonaws.com.cn"]
    parts = urlsplit(endpoint)
    return [f"{parts.scheme}://{parts.netloc}", f"{parts.scheme}://{bucket}.{parts.netloc}"]


class ContentPolicy:
    """Middleware: the policy for whatever is a page of ours and has none yet."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if HEADER not in answer and _is_page(request.resolver_match):
            answer[HEADER] = policy()
        return answer


def _is_page(match: Any) -> bool:
    return match is not None and "admin" not in match.app_names and not match.route.startswith("api/")
