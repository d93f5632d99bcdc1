"""What can be wrong with a request to a case, said once: wrong state, wrong person, wrong version, bad input."""

from __future__ import annotations

from typing import ClassVar

from django.db import OperationalError
from psycopg import errors as postgres

BUSY = (
    postgres.LockNotAvailable,
    postgres.DeadlockDetected,
    postgres.SerializationFailure,
    postgres.QueryCanceled,  # a statement that waited for somebody longer than any may take
)
RETRY_AFTER_SECONDS = 1


def is_busy(error: BaseException) -> bool:
    """Whether the database gave up because somebody else holds what is wanted: nothing was changed, and trying again
    is right."""
    return isinstance(error, OperationalError) and isinstance(error.__cause__, BUSY)


class CaseError(Exception):
    """`status` is the HTTP status it becomes, `code` a stable word, `detail` a sentence for people,
    `fields` maps an input's name to what would be right."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad_input"

    def __init__(self, detail: object = "", fields: dict[str, object] | None = None) -> None:
        super().__init__(detail)
        self.detail = str(detail)
        self.fields = {name: str(text) for name, text in (fields or {}).items()}


class BadInput(CaseError):
    """An input that cannot be used; `fields` says which and what would be right."""

    def __init__(self, **fields: object) -> None:
        super().__init__("; ".join(f"{name}: {text}" for name, text in fields.items()), fields)


class IllegalMove(CaseError):
    """The case's state does not allow this action."""

    status = 409
    code = "illegal_move"


class NotPermitted(CaseError):
    """The state allows it, but not to this person."""

    status = 403
    code = "not_permitted"


class Stale(CaseError):
    """Somebody else changed the case since it was read."""

    status = 412
    code = "stale"


class KeyReused(CaseError):
    """An idempotency key came again with another request."""

    status = 422
    code = "idempotency_key_reused"


class FilesAway(CaseError):
    """The storage of files does not answer. Not the visitor's fault: again in a while."""

    status = 503
    code = "files_away"
