"""企业微信, 钉钉, 飞书, Bark, ntfy and others, as Apprise speaks them; only the schemes that a setting allows.

Apprise sends through `requests` and says only yes or no. Here its plugins get our own session instead, which keeps the
rules of `web` and remembers what the provider answered."""

from __future__ import annotations

import json
import sys
import threading
from contextlib import suppress
from functools import lru_cache
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

import requests
from django.conf import settings

from . import web
from .base import Outgoing, Refused, TryLater, Unreachable

BUSY_CODES = frozenset({45009, 45033, 130101, 660026, 9499, 11232, 11233, 99991400})
"""Codes by which 企业微信 (45009, 45033), 钉钉 (130101, 660026) and 飞书 (9499, 11232, 11233, 99991400) say with HTTP
200 that it was too much at once."""
DEAD_CODES = frozenset({93000, 300005, 19001})
"""… and that the robot is no more: 企业微信 93000, 钉钉 300005, 飞书 19001."""
AWAY_CODES = frozenset({-1})
"""… and that they are busy themselves."""
SECONDS_UNTIL_LESS = 60.0


class Plugin(Protocol):
    """What is used of a plugin of Apprise."""

    def notify(self, body: str, title: str, body_format: Any) -> bool: ...


class _Requests:
    """`requests` as the plugins see it: posting goes through the session of the thread that sends."""

    def __init__(self) -> None:
        self.of_thread = threading.local()

    def __getattr__(self, name: str) -> Any:
        if name in ("get", "post", "put", "patch", "delete", "request"):
            session = getattr(self.of_thread, "session", None)
            if session is None:
                raise requests.ConnectionError("no session")
            return getattr(session, name)
        return getattr(requests, name)


REQUESTS = _Requests()


@lru_cache(maxsize=1)
def _asset() -> Any:
    from apprise import AppriseAsset

    return AppriseAsset(
        app_id="govgrid", app_desc="govgrid", http_redirects=False, async_mode=False, secure_logging=True,
        storage_mode="memory",
    )  # fmt: skip


def plugin_of(address: str) -> Plugin:
    """The plugin that an address names. Raises ValueError where its scheme is not allowed or it is none; what was
    wrong is not said, for it would quote a token."""
    scheme = urlsplit(address).scheme
    if scheme not in settings.APPRISE_SCHEMES:
        raise ValueError(f"one of these would be right: {', '.join(settings.APPRISE_SCHEMES)}")
    from apprise import Apprise  # a second's work: not at every start

    found = None
    with suppress(Exception):
        found = Apprise.instantiate(_without_options(address), asset=_asset(), suppress_exceptions=True)
    if found is None:
        raise ValueError(f"an address as Apprise spells it would be right: {scheme}://…")
    module = sys.modules[type(found).__module__]
    if getattr(module, "requests", None) is not REQUESTS:
        if not hasattr(module, "requests"):
            raise ValueError(f"{scheme} cannot be sent safely")  # it has another way out than the one we watch
        module.requests = REQUESTS  # type: ignore[attr-defined]
    return cast(Plugin, found)


def _without_options(address: str) -> str:
    """Without what would loosen our rules, such as `verify=no`."""
    parts = urlsplit(address)
    loosening = ("verify=", "redirect=", "rto=", "cto=", "avatar_url=", "attach=", "config=")
    kept = "&".join(one for one in parts.query.split("&") if not one.lower().startswith(loosening))
    return parts._replace(query=kept).geturl()


def key_of(address: str) -> str:
    """The circuit of an address: its scheme, and its host where the person named one."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    named = f":{host}" if "." in host or host == "localhost" else ""  # elsewhere a token stands in its place
    return f"apprise:{parts.scheme}{named}"[:100]


class RobotSender:
    """To one provider that Apprise knows."""

    def __init__(self, key: str) -> None:
        self.key = key
        self._web = web.Web()

    def send(self, outgoing: Outgoing) -> str:
        """Nothing: these providers give no ids. As `Sender.send`."""
        try:
            plugin = plugin_of(outgoing.address)
        except ValueError as error:
            raise Refused(str(error)) from error
        message = outgoing.message
        body = f"{message.text}\n{message.url}" if message.url and message.url not in message.text else message.text
        REQUESTS.of_thread.session = self._web
        self._web.last = self._web.failed = None
        try:
            taken = plugin.notify(body=body, title=message.subject, body_format="text")
        except TypeError as error:  # what Apprise says of a message that it cannot build
            raise Refused("Apprise cannot build the message") from error
        finally:
            REQUESTS.of_thread.session = None
        self._judge(taken)
        return ""

    def _judge(self, taken: bool) -> None:
        if self._web.failed is not None:
            raise web.trouble(self._web.failed)
        if self._web.last is None:
            raise Refused("nothing was sent: Apprise found the message or the address wrong")
        web.judge(self._web.last, dead=(404, 410))
        _judge_code(self._web.last)
        if not taken:
            raise TryLater("Apprise says that it was not taken")

    def close(self) -> None:
        self._web.close()


def _judge_code(response: requests.Response) -> None:
    """Some providers refuse with HTTP 200 and a code in the body."""
    try:
        said = json.loads(response.content)
    except ValueError:
        return
    if not isinstance(said, dict):
        return
    code = next((said[name] for name in ("errcode", "code", "StatusCode") if isinstance(said.get(name), int)), 0)
    if code in (0, 200):
        return
    if code in BUSY_CODES:
        raise TryLater(f"code {code}: too much at once", after=SECONDS_UNTIL_LESS)
    if code in AWAY_CODES:
        raise Unreachable(f"code {code}")
    raise Refused(f"code {code}", dead=code in DEAD_CODES)
