"""The reporter's name and phone: sealed at rest, found again by a keyed hash, masked wherever shown."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who spoke up. `phone` is E.164; both may be empty."""

    name: str = ""
    phone: str = ""

    def __repr__(self) -> str:  # a traceback or a log must not show what is inside
        return "Reporter(…)"

    @property
    def masked(self) -> Reporter:
        """As shown to whoever has not given a reason to see more."""
        name = self.name[:1] + "**" if self.name else ""
        phone = f"{self.phone[:-8]}****{self.phone[-4:]}" if len(self.phone) > 8 else "****" if self.phone else ""
        return Reporter(name, phone)


@lru_cache(maxsize=2)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _current_box() -> MultiFernet:
    return _box(tuple(settings.REPORTER_KEYS))


def seal(reporter: Reporter) -> bytes | None:
    """Encrypted with the first of REPORTER_KEYS; nothing where there is nothing to hide."""
    if not (reporter.name or reporter.phone):
        return None
    return _current_box().encrypt(json.dumps(asdict(reporter), ensure_ascii=False).encode())


def unseal(sealed: bytes | memoryview | None) -> Reporter:
    """What `seal` hid. Raises cryptography.fernet.InvalidToken where no key of REPORTER_KEYS fits."""
    if sealed is None:
        return Reporter()
    return Reporter(**json.loads(_current_box().decrypt(bytes(sealed))))


def reseal(sealed: bytes | memoryview) -> bytes:
    """The same content under the first key, for a rotation of keys."""
    return _current_box().rotate(bytes(sealed))


def phone_hash(phone: str) -> str:
    """Finds an exact phone again without storing it; empty for no phone."""
    if not phone:
        return ""
    return hmac.new(settings.REPORTER_HASH_KEY.encode(), phone.encode(), hashlib.sha256).hexdigest()
