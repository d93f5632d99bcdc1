"""Who wants to be told at once, day and night: tests of the ways that lead to people are not tests of their hours."""

from __future__ import annotations

from datetime import time

from grids.models import User
from notifications.models import Preference, TellingHours

from .cast import Cast


def tell_at_once(cast: Cast) -> None:
    """The city never sleeps, and nobody gathers news."""
    TellingHours.objects.update_or_create(grid=cast.city, defaults={"wakes_at": time(0), "sleeps_at": time(0)})
    people = User.objects.exclude(telling__isnull=False)
    Preference.objects.bulk_create(Preference(user=user, digest_minutes=0) for user in people)
