"""A line of history as pages tell it: where it led to, and what somebody said."""

from __future__ import annotations

from typing import Any

from .models import CaseEvent

PAYLOAD_WORDS = ("wanted", "reason", "note", "comment", "text", "reply")
"""What a line of history says in somebody's own words."""
CODES = frozenset({"overdue"})
"""What the clock gives as its reason: a word for programs, and the line says the same."""


def led_to(event: CaseEvent) -> str:
    """The unit that a line of history leads to, or that it is about where another acted."""
    payload = event.payload
    named = payload.get("lead_name") or payload.get("to_name") or ", ".join(payload.get("co_handler_names", ()))
    about = payload.get("unit_name") if payload.get("unit") != event.actor_unit_id else ""
    return str(named or about or "")


def own_words(payload: dict[str, Any]) -> str:
    said = (str(payload[name]) for name in PAYLOAD_WORDS if payload.get(name))
    return " ".join(words for words in said if words not in CODES)
