"""What is said, before a channel gives it a shape."""

from __future__ import annotations

from dataclasses import dataclass

MOST_LINES = 30
"""Cases that one message lists; the rest stands behind its link."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message in one language; `short` is one line."""

    subject: str
    text: str
    short: str
    url: str


def joined(*parts: str) -> str:
    """The parts that say something, a line each."""
    return "\n".join(part for part in parts if part)
