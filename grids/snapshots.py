"""Reference data kept in the process and thrown away when any process changed it: triggers write a new token
(`Revision`) with each change, and a snapshot whose token is no longer current is built anew."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar
from uuid import UUID

from django.conf import settings

T = TypeVar("T")

_tokens: dict[str, UUID] = {}
_round = 0
_read_at = float("-inf")
_lock = threading.Lock()


def current_round() -> int:
    """A number that grows whenever a token has changed; the tokens are read again at most every
    SNAPSHOT_CHECK_SECONDS."""
    global _tokens, _read_at, _round
    now = time.monotonic()
    if now - _read_at >= settings.SNAPSHOT_CHECK_SECONDS:
        from .models import Revision  # here: an import that finds its module costs more than all the rest

        tokens = dict(Revision.objects.values_list("family", "token"))
        with _lock:
            if tokens != _tokens:
                _tokens, _round = tokens, _round + 1
            _read_at = now
    return _round


def reread() -> None:
    """Read the tokens at the next use, however fresh they are: for a process that has just changed rows itself."""
    global _read_at
    with _lock:
        _read_at = float("-inf")


class Snapshot(Generic[T]):
    """A value built from reference rows of some families, shared by the threads of the process."""

    def __init__(self, families: tuple[str, ...], build: Callable[[], T]) -> None:
        self._families = families
        self._build = build
        self._kept: tuple[int, tuple[UUID | None, ...], T] | None = None
        self._building = threading.Lock()

    def get(self) -> T:
        # Round and tokens are read before the rows, so that a change in between is seen as a change next time.
        number, kept = current_round(), self._kept
        if kept is not None and kept[0] == number:
            return kept[2]
        tokens = tuple(_tokens.get(family) for family in self._families)
        with self._building:
            kept = self._kept
            value = self._build() if kept is None or kept[1] != tokens else kept[2]
            self._kept = (number, tokens, value)
        return value
