"""Tokens that nobody can sign in with any more."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from knox.models import AuthToken


def forget_expired_tokens(at: datetime | None = None) -> int:
    """Deletes the tokens that have expired at a moment (None: now); how many there were."""
    return int(AuthToken.objects.filter(expiry__lt=at or timezone.now()).delete()[0])
