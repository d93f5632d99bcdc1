"""Requests to addresses that somebody typed in: never to a private network unless a setting names it, no redirect
followed, certificates verified, nothing that takes for ever."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from contextlib import suppress
from email.utils import parsedate_to_datetime
from time import monotonic, time
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager

from .base import Refused, TryLater, Unreachable

TIMEOUT = (5.0, 10.0)
"""Seconds to connect, and between two bytes of an answer."""
WHOLE_SECONDS = 20.0
"""For reading an answer."""
MOST_BYTES = 64 * 1024
"""Of an answer that are read."""
LONGEST_WAIT_SECONDS = 86_400.0
NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
LATER = frozenset({401, 403, 407, 408, 409, 423, 425, 429, 500})
AWAY = frozenset({502, 503, 504, 520, 521, 522, 523, 524, 530})
"""Said of the provider, not of the message."""


class PrivateAddress(requests.exceptions.InvalidURL):
    """The host lies in a private network, and TELLING_PRIVATE_HOSTS does not name it."""


def is_private(address: str) -> bool:
    """Whether an IP address is anything but public. What carries an IPv4 address is judged by that."""
    found: Address = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if found in NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            found = inner
    return not found.is_global or found.is_multicast


def is_allowed(host: str, address: str = "") -> bool:
    """Whether TELLING_PRIVATE_HOSTS names a host, or a network that its address lies in."""
    for named in settings.TELLING_PRIVATE_HOSTS:
        if named == host:
            return True
        with suppress(ValueError):  # a name, or a host that is none
            if ipaddress.ip_address(address or host) in ipaddress.ip_network(named, strict=False):
                return True
    return False


def addresses_of(host: str, port: int) -> list[str]:
    """Where a host may be asked. Raises PrivateAddress where any of its addresses is private: a name that leads to
    both is not to be trusted; OSError where there is no such host."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(place[4][0]) for place in found))
    for address in addresses:
        if is_private(address) and not is_allowed(host, address):
            raise PrivateAddress(host)
    return addresses


def check_url(url: str) -> None:
    """Raises InvalidURL, a ValueError, where an address is none that we may ever ask: http is only for hosts that
    TELLING_PRIVATE_HOSTS names. To where a name leads is checked at each connection."""
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise requests.exceptions.InvalidURL("an https address would be right")
    if parts.scheme == "http" and not is_allowed(parts.hostname):
        raise requests.exceptions.InvalidURL("only https is encrypted")
    if _is_private_host(parts.hostname) and not is_allowed(parts.hostname):
        raise PrivateAddress(parts.hostname)


def _is_private_host(host: str) -> bool:
    try:
        return is_private(host)
    except ValueError:  # a name
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))


class _Checked:
    """Connects to the very address that was checked, so that a name cannot lead elsewhere a moment later."""

    _dns_host: str
    port: int

    def _new_conn(self) -> socket.socket:
        name, last = self._dns_host, None
        for address in addresses_of(name, self.port):
            try:
                self._dns_host = address
                return super()._new_conn()  # type: ignore[misc]
            except Exception as error:  # noqa: BLE001  # the next address may answer; the last error is raised
                last = error
            finally:
                self._dns_host = name  # which the certificate is checked against
        raise last or OSError("no address")


class _Http(_Checked, HTTPConnection):
    pass


class _Https(_Checked, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        pools: PoolManager = self.poolmanager
        pools.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}


class Web(requests.Session):
    """A session that keeps these rules whoever uses it. It knows no proxy and no .netrc: what a process inherits must
    not redirect messages."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.headers["User-Agent"] = "govgrid"
        for scheme in ("https://", "http://"):
            self.mount(scheme, _Adapter())
        self.last: requests.Response | None = None
        self.failed: Exception | None = None

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        """As in requests, but for what these rules say. `last` and `failed` keep how it went."""
        self.last = self.failed = None
        kwargs |= {"allow_redirects": False, "verify": True, "timeout": TIMEOUT, "stream": True}
        try:
            check_url(str(url))
            response = super().request(method, url, *args, **kwargs)
            _read(response)
        except Exception as error:
            self.failed = error
            raise
        self.last = response
        return response


def _read(response: requests.Response) -> None:
    """As much of the answer as anybody needs, within its time."""
    ends, body = monotonic() + WHOLE_SECONDS, b""
    while chunk := response.raw.read1(8192, decode_content=True):
        body += chunk
        if len(body) > MOST_BYTES or monotonic() > ends:
            response.raw.close()
            break
    else:
        response.raw.release_conn()
    response._content, response._content_consumed = body, True


def judge(response: requests.Response, *, dead: Iterable[int] = ()) -> None:
    """Raises what an answer's status means; nothing for 2xx. `dead` are those that say that the address is no more."""
    status = response.status_code
    if 200 <= status < 300:
        return
    said = f"HTTP {status}"
    if status in AWAY:
        raise Unreachable(said)
    if status in LATER:
        raise TryLater(said, after=wait_of(response))
    raise Refused(f"{said}: a redirect" if 300 <= status < 400 else said, dead=status in dead)


def wait_of(response: requests.Response) -> float | None:
    """What Retry-After asks for, in seconds (RFC 9110, 10.2.3); None where it says nothing that can be read."""
    said = response.headers.get("Retry-After", "")
    with suppress(ValueError, TypeError, OverflowError):
        seconds = float(said) if said.strip().isdigit() else parsedate_to_datetime(said).timestamp() - time()
        return min(max(0.0, seconds), LONGEST_WAIT_SECONDS)
    return None


def trouble(error: Exception) -> Exception:
    """What an exception of a request means for the message. What it said is left out: it quotes the address."""
    if _cause(error, PrivateAddress):
        return Refused("the host lies in a private network")
    if isinstance(error, requests.exceptions.SSLError):
        return Unreachable("its certificate is not valid")
    if isinstance(error, requests.exceptions.Timeout):
        return Unreachable("no answer in time")
    if isinstance(error, ValueError):
        return Refused("no address that can be asked")
    if _cause(error, socket.gaierror):
        return Unreachable("no such host")
    if _cause(error, ConnectionRefusedError):
        return Unreachable("connection refused")
    return Unreachable("the connection broke")


def _cause(error: BaseException | None, kind: type[BaseException]) -> BaseException | None:
    """The first exception of a kind among those that led to this one."""
    seen: set[int] = set()
    todo = [error]
    while todo:
        one = todo.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, kind):
            return one
        inner = [said for said in (*one.args, getattr(one, "reason", None)) if isinstance(said, BaseException)]
        todo += [one.__cause__, one.__context__, *inner]
    return None
