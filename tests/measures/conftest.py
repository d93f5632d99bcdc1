"""What tests of the figures begin with."""

from __future__ import annotations

import pytest

from tests.measures.looking import Looking
from tests.stories import Stories


@pytest.fixture
def looking(stories: Stories) -> Looking:
    return Looking(stories)
