"""When and of what a person wants to be told: read for planning, and changed by the person alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from cases.errors import BadInput
from notifications.models import Preference
from notifications.timing import Wishes

FIELDS = (
    "quiet_from", "quiet_to", "undisturbed_until", "digest_minutes", "account_least", "morning_list", "round_ups",
)  # fmt: skip
USUAL = Wishes()


def set_preference(user: Any, **fields: Any) -> Preference:
    """Changes what is named and leaves the rest. Raises BadInput for a field that is not there, a value that cannot be,
    and for quiet hours with one end."""
    if unknown := set(fields) - set(FIELDS):
        raise BadInput(**{name: _("choose one of: %s") % ", ".join(FIELDS) for name in sorted(unknown)})
    with transaction.atomic():
        Preference.objects.get_or_create(user=user)
        preference = Preference.objects.select_for_update().get(user=user)
        for name, value in fields.items():
            setattr(preference, name, value)
        _check(preference)
        preference.save()
    return preference


def _check(preference: Preference) -> None:
    try:
        preference.clean_fields(exclude=["user"])
    except ValidationError as error:
        raise BadInput(**{name: " ".join(said) for name, said in error.message_dict.items()}) from error
    if (preference.quiet_from is None) != (preference.quiet_to is None):
        missing = "quiet_to" if preference.quiet_to is None else "quiet_from"
        raise BadInput(**{missing: _("quiet hours have a beginning and an end, or neither")})


def wishes_of(user_ids: Collection[int]) -> Mapping[int, Wishes]:
    """What each of these people wants, the defaults for who has said nothing. One query."""
    columns = ("user_id", "quiet_from", "quiet_to", "undisturbed_until", "digest_minutes")
    rows = Preference.objects.filter(user__in=user_ids).values_list(*columns)
    said = {user: (quiet_from, quiet_to, until, minutes) for user, quiet_from, quiet_to, until, minutes in rows}
    return {user: Wishes(*said[user]) if user in said else USUAL for user in user_ids}
