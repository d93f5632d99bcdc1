"""A new key comes in front, everything is sealed with it, and the old one can go."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet, InvalidToken
from django.core.management import CommandError, call_command
from django.utils import translation

from cases.models import Case
from cases.reporter import Reporter, unseal
from cases.services.key_rotation import rotate_reporter_keys
from tests.stories import Stories

PERSON = Reporter("何大年", "+8613812345678")


def people() -> list[Reporter]:
    return [unseal(case.reporter_sealed) for case in Case.objects.order_by("pk")]


def rotate() -> str:
    out = StringIO()
    with translation.override("en"):
        call_command("rotate_reporter_keys", verbosity=0, stdout=out, stderr=out)
    return out.getvalue()


def test_after_a_rotation_the_old_key_can_go(stories: Stories, settings: Any) -> None:
    for _number in range(3):
        stories.submit()
    stories.submit(reporter=Reporter())
    old, new = settings.REPORTER_KEYS[0], Fernet.generate_key().decode()
    settings.REPORTER_KEYS = [new, old]
    assert rotate().split()[0] == "3"
    settings.REPORTER_KEYS = [new]
    assert people() == [PERSON] * 3 + [Reporter()]


def test_a_rotation_that_was_stopped_goes_on_where_it_was(stories: Stories, settings: Any) -> None:
    for _number in range(4):
        stories.submit()
    settings.REPORTER_KEYS = [Fernet.generate_key().decode(), *settings.REPORTER_KEYS]
    first = next(rotate_reporter_keys(batch=2))
    assert (first.seen, first.resealed) == (2, 2)
    stories.submit()
    assert people() == [PERSON] * 5  # half is under the new key, half under the old one, one came in meanwhile
    rest = list(rotate_reporter_keys(batch=2))
    assert [(batch.seen, batch.resealed) for batch in rest] == [(2, 0), (2, 2), (1, 0)]
    settings.REPORTER_KEYS = settings.REPORTER_KEYS[:1]
    assert people() == [PERSON] * 5


def test_what_no_key_opens_is_named_by_its_case_and_left_as_it_is(stories: Stories, settings: Any) -> None:
    lost = stories.submit()
    settings.REPORTER_KEYS = [Fernet.generate_key().decode()]
    stories.submit()
    out = StringIO()
    with translation.override("en"), pytest.raises(CommandError, match="1 sealed values cannot be read"):
        call_command("rotate_reporter_keys", verbosity=0, stdout=StringIO(), stderr=out)
    assert lost.number in out.getvalue() and PERSON.name not in out.getvalue()
    with pytest.raises(InvalidToken):
        people()
