"""The pages as people meet them: a browser with cookies, signed in or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.portal.reading import SAID
from tests.stories import Stories


@pytest.fixture
def visitor() -> Client:
    """A resident's phone; forms are checked for their tokens as in production."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def browser(stories: Stories) -> Callable[[str], Client]:
    """`browser("county_dispatcher")`: somebody of the cast, signed in."""

    def signed_in(who: str) -> Client:
        client = Client()
        client.force_login(getattr(stories.cast, who))
        return client

    return signed_in


@pytest.fixture
def sent(stories: Stories, visitor: Client) -> Any:
    """What the visitor is answered to the form of the cast's intake point."""

    def send(**said: str) -> Any:
        return visitor.post(f"/s/{stories.cast.intake_point.token}", SAID | said)

    return send
