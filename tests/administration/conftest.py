"""Two administrators: one of the city, who has all powers, and one of a county, who has all permissions there."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from grids.models import User
from tests.cast import Cast


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client


@pytest.fixture
def admin(cast: Cast) -> Client:
    return signed_in(cast.administrator)


def staff(user: User) -> User:
    """The same person, let into the administration with all permissions: their territory stays what it is."""
    User.objects.filter(pk=user.pk).update(is_staff=True)
    user.user_permissions.set(Permission.objects.all())
    return User.objects.get(pk=user.pk)


@pytest.fixture
def county_admin(cast: Cast) -> Client:
    return signed_in(staff(cast.county_leader))
