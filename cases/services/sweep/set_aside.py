"""Deadlines whose step could not be fired: they stand still with their error until somebody has looked at the cause and
has them tried again. Nothing tries again by itself: it would fail each time, and hide that it does."""

from __future__ import annotations

import logging

from django.db import DatabaseError, transaction
from django.db.models import Q, QuerySet

from cases.choices import DeadlineState
from cases.models import Case, Deadline
from cases.services.clocks import fired_steps, pauses_of, schedule

from .claims import Claimed

logger = logging.getLogger(__name__)

SET_ASIDE = Q(state=DeadlineState.RUNNING, fire_at__isnull=True) & ~Q(error="")
"""A deadline that was set aside and still matters: its case has not moved on."""


def set_aside(claimed: Claimed, error: Exception) -> None:
    """The deadline stands still with its error, and the log raises the alarm."""
    said = _said(error)
    trace = None if isinstance(error, DatabaseError) else error
    logger.error("deadline %s of case %s is set aside: %s", claimed.id, claimed.case_id, said, exc_info=trace)
    Deadline.objects.filter(pk=claimed.id).update(fire_at=None, fire_step=None, error=said)


def _said(error: Exception) -> str:
    """What went wrong, without the row that PostgreSQL quotes: it may hold what a resident wrote."""
    diag = getattr(error.__cause__, "diag", None)
    what = diag.message_primary if diag and diag.message_primary else str(error)
    return f"{type(error).__name__}: {what}"[:2000]


def retry_set_aside(deadlines: QuerySet[Deadline] | None = None) -> int:
    """Puts deadlines that were set aside back in line, all of them where None: their next step is worked out anew, and
    the next sweep fires it if it is due. How many."""
    rows = Deadline.objects.all() if deadlines is None else deadlines
    keys = list(rows.filter(SET_ASIDE).order_by("pk").values_list("pk", "case_id"))
    return sum(_retry(pk, case_id) for pk, case_id in keys)


def _retry(pk: int, case_id: int) -> bool:
    with transaction.atomic():
        case = Case.objects.select_for_update(of=("self",)).get(pk=case_id)
        deadline = Deadline.objects.filter(SET_ASIDE, pk=pk).first()
        if deadline is None:  # somebody was here first
            return False
        deadline.case = case
        schedule(deadline, fired=fired_steps(deadline), pauses=pauses_of(deadline))
        deadline.save(update_fields=["fire_at", "fire_step", "error"])
        return True
