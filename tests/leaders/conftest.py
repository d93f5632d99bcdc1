"""What leaders see in a browser, over the cast's territory; figures are counted before they are looked at."""

from collections.abc import Callable

import pytest

from insights.services import drain
from tests.portal.conftest import browser as browser


@pytest.fixture
def counted() -> Callable[[], object]:
    """`counted()`: as the worker counts what has changed."""
    return drain
