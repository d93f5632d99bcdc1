"""The pair of keys by which push services know that a message is ours (VAPID, RFC 8292)."""

from __future__ import annotations

from py_vapid import Vapid02, b64urlencode


def make_push_key() -> str:
    """A new private key, as WEB_PUSH_PRIVATE_KEY has it; the public one follows from it."""
    pair = Vapid02()
    pair.generate_keys()
    number = pair.private_key.private_numbers().private_value
    return str(b64urlencode(number.to_bytes(32, "big")))
