"""What went wrong with a form, in words and by field: the same refusals as the API's, told to people."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db import OperationalError
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from cases.errors import RETRY_AFTER_SECONDS, CaseError, KeyReused, Stale, is_busy

REFUSALS = (CaseError, ValidationError, OperationalError)
"""What `refusal_of` makes words of."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """`status` is the HTTP status, `sentence` what concerns the whole, `fields` the texts by field, `retry_after` the
    seconds after which the same may succeed."""

    status: int
    sentence: str = ""
    fields: dict[str, list[str]] = field(default_factory=dict)
    retry_after: int | None = None

    def on(self, response: HttpResponse) -> HttpResponse:
        """The page that shows it, which also says when to come again."""
        if self.retry_after is not None:
            response["Retry-After"] = str(self.retry_after)
        return response


def refusal_of(error: Exception) -> Refusal:
    """The words for an exception. Raises it again where it is a fault and no refusal."""
    if isinstance(error, ValidationError):
        fields = dict(_flat(error.detail))
        return Refusal(400, _join(fields.pop("", [])) or _("Something is not right yet; see below."), fields)
    if isinstance(error, Stale):
        return Refusal(
            error.status, _("Somebody changed this matter in the meantime. Look at it again; what you typed is kept.")
        )
    if isinstance(error, KeyReused):
        return Refusal(
            error.status, _("This form was sent already, with other words. If you mean a new one, send it once more.")
        )
    if isinstance(error, CaseError):
        fields = {name: [text] for name, text in error.fields.items()}
        return Refusal(error.status, "" if fields else error.detail, fields)
    if is_busy(error):
        sentence = _("Somebody else is working on this just now; what you typed is kept. Try again.")
        return Refusal(409, sentence, retry_after=RETRY_AFTER_SECONDS)
    raise error


def _flat(detail: Any, path: str = "") -> list[tuple[str, list[str]]]:
    if not isinstance(detail, dict):
        return [(path.removesuffix("non_field_errors").rstrip("."), [str(text) for text in detail])]
    return [found for name, inner in detail.items() for found in _flat(inner, f"{path}.{name}" if path else str(name))]


def _join(texts: list[str]) -> str:
    return " ".join(texts)
