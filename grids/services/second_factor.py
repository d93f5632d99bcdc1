"""Taking a second factor away again; giving one is up to the person alone."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from grids.models import User


@transaction.atomic
def forget_second_factor(users: QuerySet[User]) -> int:
    """Takes away the telephones and back-up codes of these users; how many telephones."""
    pks = list(users.values_list("pk", flat=True))
    StaticDevice.objects.filter(user__in=pks).delete()
    devices = TOTPDevice.objects.filter(user__in=pks)
    count = devices.count()
    devices.delete()
    return count
