"""Addresses and credentials at rest: sealed with the keys that seal reporters, so that one rotation covers them, and
found again by a keyed hash."""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


@lru_cache(maxsize=2)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def seal_text(text: str) -> bytes:
    """Encrypted with the first of REPORTER_KEYS."""
    return _box(tuple(settings.REPORTER_KEYS)).encrypt(text.encode())


def unseal_text(sealed: bytes | memoryview) -> str:
    """What `seal_text` hid. Raises cryptography.fernet.InvalidToken where no key of REPORTER_KEYS fits."""
    return _box(tuple(settings.REPORTER_KEYS)).decrypt(bytes(sealed)).decode()


def text_hash(text: str) -> str:
    """Finds an exact text again without storing it. Says nothing of a reporter's phone: the key is used for another
    purpose there."""
    return hmac.new(settings.REPORTER_HASH_KEY.encode(), f"telling:{text}".encode(), hashlib.sha256).hexdigest()
