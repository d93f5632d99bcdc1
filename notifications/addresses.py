"""Addresses of every channel: how they are spelled, what is wrong with one, and how much of one others may see."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from cases.reporter import Reporter
from grids.phones import normalise_phone

from .channels import robots, web
from .choices import Channel
from .sealing import text_hash

LONGEST = 2000


def normalise(channel: str, address: str) -> str:
    """An address as its channel spells it. Raises ValueError or ValidationError that says what would be right."""
    address = address.strip()
    if not address or len(address) > LONGEST:
        raise ValueError(_("between 1 and %(most)d characters") % {"most": LONGEST})
    if channel == Channel.EMAIL:
        validate_email(address)
        return address
    if channel == Channel.SMS:
        return normalise_phone(address)
    if channel == Channel.WEB_PUSH:
        return _subscription(address)
    robots.plugin_of(address)
    _check_host(address)
    return address


def _check_host(address: str) -> None:
    host = urlsplit(address).hostname or ""
    if "." in host or host == "localhost" or ":" in host:
        _check_url(f"https://[{host}]/" if ":" in host else f"https://{host}/")


def _check_url(url: str) -> None:
    try:
        web.check_url(url)
    except web.PrivateAddress:
        raise ValueError(_("a host that is in no private network")) from None
    except ValueError:
        raise ValueError(_("an https address")) from None


def _subscription(address: str) -> str:
    """What a browser gives (PushSubscription.toJSON), in one spelling."""
    try:
        said = json.loads(address)
        endpoint, keys = str(said["endpoint"]), said["keys"]
        p256dh, auth = str(keys["p256dh"]), str(keys["auth"])
        right = len(_decoded(p256dh)) == 65 and len(_decoded(auth)) == 16
    except (ValueError, KeyError, TypeError, binascii.Error):
        right = False
    if not right:
        raise ValueError(_("a subscription as the browser gives it: endpoint, keys.p256dh, keys.auth"))
    _check_url(endpoint)
    return json.dumps({"endpoint": endpoint, "keys": {"p256dh": p256dh, "auth": auth}}, sort_keys=True)


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def identity_of(channel: str, address: str) -> str:
    """What makes an address the same as another: of a subscription its endpoint, whose keys may be renewed."""
    same: Any = json.loads(address)["endpoint"] if channel == Channel.WEB_PUSH else address
    return text_hash(f"{channel} {str(same).lower() if channel == Channel.EMAIL else same}")


def masked(channel: str, address: str) -> str:
    """As whoever operates the platform sees it: enough to tell one's own apart, too little to write to."""
    if channel == Channel.EMAIL:
        name, _at, host = address.rpartition("@")
        return f"{name[:1]}***@{host}"[:80]
    if channel == Channel.SMS:
        return Reporter(phone=address).masked.phone
    tail = text_hash(address)[:4]
    if channel == Channel.WEB_PUSH:
        return f"{urlsplit(json.loads(address)['endpoint']).hostname} …{tail}"[-80:]
    return f"{robots.key_of(address).removeprefix('apprise:')} …{tail}"[-80:]


def said_of(error: Exception) -> str:
    """What would be right, in a sentence."""
    return " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
