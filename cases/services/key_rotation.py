"""What is sealed under the newest key: so that an old key can be taken out of the settings, and what was sealed with it
stays readable. Apps above this one, which seal with the same keys, say so with `register_box`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import transaction
from django.db.models import Model

from cases.models import Case
from cases.reporter import reseal

BATCH = 500


@dataclass(frozen=True, slots=True)
class Box:
    """A column of sealed values. `named` is how a row is called where no key opens it."""

    model: type[Model]
    column: str
    named: Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Resealed:
    """What became of a batch; `last` is the key of its last row, `lost` are names of rows that no key opens."""

    seen: int
    resealed: int
    last: int
    lost: tuple[str, ...]


_boxes: list[Box] = [Box(Case, "reporter_sealed", lambda case: str(case.number))]


def register_box(model: type[Model], column: str) -> None:
    """From now on a rotation covers this column too. Said when an app is ready."""
    label = model._meta.label
    if not any(box.model is model and box.column == column for box in _boxes):
        _boxes.append(Box(model, column, lambda row: f"{label} {row.pk}"))


def count_sealed() -> int:
    """How many values there are."""
    return sum(_rows(box).count() for box in _boxes)


def rotate_reporter_keys(*, batch: int = BATCH) -> Iterator[Resealed]:
    """Seals with the first of REPORTER_KEYS what another one sealed, column by column, a transaction a batch.

    What the first key opens is left alone: a run that was stopped is simply started again.
    """
    first = Fernet(settings.REPORTER_KEYS[0])
    for box in list(_boxes):
        last = 0
        while (done := _rotate_batch(box, first, last, batch)) is not None:
            yield done
            last = done.last


def _rows(box: Box) -> Any:
    return box.model._default_manager.filter(**{f"{box.column}__isnull": False})


def _rotate_batch(box: Box, first: Fernet, after: int, batch: int) -> Resealed | None:
    with transaction.atomic():
        # Locked: whoever erases a reporter at this moment must not see them come back
        known = _rows(box).filter(pk__gt=after).select_for_update(of=("self",))
        rows = list(known.only(*{box.column, *_NAMES.get(box.model, ())}).order_by("pk")[:batch])
        if not rows:
            return None
        changed, lost = [], []
        for row in rows:
            try:
                sealed = bytes(getattr(row, box.column) or b"")
                if not _opens(first, sealed):
                    setattr(row, box.column, reseal(sealed))
                    changed.append(row)
            except InvalidToken:
                lost.append(box.named(row))
        box.model._default_manager.bulk_update(changed, [box.column])
    return Resealed(len(rows), len(changed), rows[-1].pk, tuple(lost))


_NAMES: dict[type[Model], tuple[str, ...]] = {Case: ("number",)}
"""Columns that naming a row needs."""


def _opens(key: Fernet, sealed: bytes) -> bool:
    try:
        key.decrypt(sealed)
    except InvalidToken:
        return False
    return True
