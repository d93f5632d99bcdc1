"""The link in a resident's short message: it opens the matter for some weeks without the look-up code, which a message
never carries. Decision: docs/adr/0033-a-residents-link.md."""

from __future__ import annotations

import hmac
from base64 import b32encode
from datetime import date, datetime, timedelta
from hashlib import sha256
from urllib.parse import urlencode

from django.conf import settings
from django.utils import timezone

from cases.models import Case

FIRST_DAY = date(2020, 1, 1)
SIGNED = 12
"""Characters of the signature, of five bits each: as hard to guess as a look-up code. No sign among them is lost where
a telephone looks for links in a text."""
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def open_link(case: Case, told_at: datetime) -> str:
    """The address that a message of this moment carries; the same whenever it is asked for."""
    ends = timezone.localdate(told_at) + timedelta(days=settings.RESIDENT_LINK_DAYS)
    said = f"{_short(case.pk)}-{_short((ends - FIRST_DAY).days)}"
    token = f"{said}-{_signature(said, settings.SECRET_KEY)}"
    return f"{settings.SITE_URL}/t/{token}"


def number_link(case: Case) -> str:
    """The page that asks for the code, with the number filled in."""
    return f"{settings.SITE_URL}/t/?{urlencode({'number': case.number})}"


def case_of_link(token: str, *, at: datetime | None = None) -> Case | None:
    """The case that a link opens; None where it is not ours, its days are over, or the case asks for secrecy.
    `at` None means now."""
    said, _dash, signature = token.rpartition("-")
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    if not any(hmac.compare_digest(_signature(said, key).encode(), signature.encode()) for key in keys):
        return None
    pk, days = (int(part, 36) for part in said.split("-"))
    if timezone.localdate(at) > FIRST_DAY + timedelta(days=days):
        return None
    return Case.objects.filter(pk=pk, secret=False).first()


def _signature(said: str, key: str) -> str:
    digest = hmac.new(sha256(b"notifications.links" + key.encode()).digest(), said.encode(), sha256).digest()
    return b32encode(digest).decode()[:SIGNED].lower()


def _short(number: int) -> str:
    text = ""
    while number:
        number, rest = divmod(number, 36)
        text = DIGITS[rest] + text
    return text or "0"


def inbox_link() -> str:
    """One's own inbox."""
    return f"{settings.SITE_URL}/inbox/"
