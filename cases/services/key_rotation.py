"""Reporters' data under the newest key: so that an old key can be taken out of the settings, and what was sealed with
it stays readable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import transaction

from cases.models import Case
from cases.reporter import reseal

BATCH = 500


@dataclass(frozen=True, slots=True)
class Resealed:
    """What became of a batch; `last` is the key of its last case, `lost` are numbers of cases that no key opens."""

    seen: int
    resealed: int
    last: int
    lost: tuple[str, ...]


def rotate_reporter_keys(*, batch: int = BATCH) -> Iterator[Resealed]:
    """Seals with the first of REPORTER_KEYS what another one sealed, a transaction a batch.

    What the first key opens is left alone: a run that was stopped is simply started again.
    """
    first, last = Fernet(settings.REPORTER_KEYS[0]), 0
    while (done := _rotate_batch(first, last, batch)) is not None:
        yield done
        last = done.last


def _rotate_batch(first: Fernet, after: int, batch: int) -> Resealed | None:
    with transaction.atomic():
        # Locked: whoever erases a reporter at this moment must not see them come back
        known = Case.objects.filter(pk__gt=after, reporter_sealed__isnull=False)
        rows = list(known.select_for_update(of=("self",)).only("number", "reporter_sealed").order_by("pk")[:batch])
        if not rows:
            return None
        changed, lost = [], []
        for case in rows:
            try:
                sealed = bytes(case.reporter_sealed or b"")
                if not _opens(first, sealed):
                    case.reporter_sealed = reseal(sealed)
                    changed.append(case)
            except InvalidToken:
                lost.append(case.number)
        Case.objects.bulk_update(changed, ["reporter_sealed"])
    return Resealed(len(rows), len(changed), rows[-1].pk, tuple(lost))


def _opens(key: Fernet, sealed: bytes) -> bool:
    try:
        key.decrypt(sealed)
    except InvalidToken:
        return False
    return True
