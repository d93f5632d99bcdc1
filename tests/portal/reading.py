"""What tests of pages read: the text of an answer, the newest case, and what the resident of these tests types."""

from __future__ import annotations

import re
from typing import Any

from cases.models import Case

SAID = {"text": "北关村东头的路灯三天不亮了", "name": "何大年", "phone": "138 1234 5678"}


def text_of(response: Any) -> str:
    return str(response.content.decode())


def listed(page: str) -> set[str]:
    """The numbers of the rows of a list."""
    return set(re.findall(r'<li data-number="([0-9-]{10,})"', page))


def newest() -> Case:
    return Case.objects.latest("pk")
