"""What all tests of this folder have in common."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation

from tests.ledger.ledgers import ledgers

__all__ = ["ledgers"]


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    """Complaints are compared as the code has them, whatever the site speaks."""
    with translation.override("en"):
        yield
