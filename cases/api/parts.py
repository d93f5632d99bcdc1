"""A case with everything that hangs on it, read in one statement: parts of a file come along as JSON, and become the
objects that they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Model, OuterRef, QuerySet

from cases.models import Adjustment, Assignment, Attachment, Case, CaseEvent, Deadline, Rating
from grids.models import User
from grids.statements import Rows, Statement

from .offers import VERDICTS

M = TypeVar("M", bound=Model)

NEWEST = 100
"""Lines of history in a file; all of them are at `events/`."""

CASE = tuple(field.attname for field in Case._meta.concrete_fields)
NAMES = ("logged_by__name", "accepted_by__name", "merged_into__number")
SHARES = Rows(Assignment, "dispatched_by__name", VERDICTS)
CLOCKS = Rows(Deadline)
LEDGER = Rows(Adjustment)
EVENTS = Rows(CaseEvent, "actor__name", without=("quiet", "prev_hash", "hash", "recorded_at"))
ATTACHMENTS = Rows(Attachment, "uploaded_by__name")
RATINGS = Rows(Rating, "revisited_by__name")


@dataclass(frozen=True, slots=True)
class Parts:
    """What hangs on a case, whoever looks. The rows know their case, their people and their ledgers."""

    shares: list[Assignment]
    clocks: list[Deadline]
    events: list[CaseEvent]
    attachments: list[Attachment]
    ratings: list[Rating]


def _with_parts(cases: QuerySet[Case]) -> QuerySet[Case, tuple[Any, ...]]:
    here = OuterRef("pk")
    return cases.values_list(
        *CASE,
        *NAMES,
        SHARES.asked(Assignment.objects.filter(case=here).order_by("pk")),
        CLOCKS.asked(Deadline.objects.filter(case=here).order_by("pk")),
        LEDGER.asked(Adjustment.objects.filter(deadline__case=here).order_by("pk")),
        EVENTS.asked(CaseEvent.objects.filter(case=here).order_by("-seq")[:NEWEST]),
        ATTACHMENTS.asked(Attachment.objects.filter(case=here).order_by("pk")),
        RATINGS.asked(Rating.objects.filter(case=here).order_by("pk")),
    )


def _everything(number: str) -> QuerySet[Case, tuple[Any, ...]]:
    return _with_parts(Case.objects.filter(number=number))


EVERYTHING = Statement(_everything, number=str)


def case_with_parts(number: str) -> tuple[Case, Parts] | None:
    """The case of this number with its parts; None where there is none. Whether somebody may see it is asked by the
    caller, before anything is shown."""
    found = EVERYTHING.rows(number=number)
    return _read(found[0]) if found else None


def cases_with_parts(cases: QuerySet[Case]) -> list[tuple[Case, Parts]]:
    """The same for several cases, in one statement and in their order; the caller has narrowed them to what may be
    seen."""
    return [_read(row) for row in Statement(lambda: _with_parts(cases)).rows()]


def _read(found: tuple[Any, ...]) -> tuple[Case, Parts]:
    row, texts = found[: len(CASE)], found[len(CASE) + len(NAMES) :]
    logged_by, accepted_by, merged_into = found[len(CASE) : len(CASE) + len(NAMES)]
    case = Case.from_db("default", CASE, row)
    _know(case, "logged_by", User, name=logged_by)
    _know(case, "accepted_by", User, name=accepted_by)
    _know(case, "merged_into", Case, number=merged_into)
    return case, _parts(case, *texts)


def _parts(case: Case, shares: str, clocks: str, ledger: str, events: str, attachments: str, ratings: str) -> Parts:
    parts = Parts(
        shares=[_share(*found) for found in SHARES.read(shares)],
        clocks=[clock for clock, _ in CLOCKS.read(clocks)],
        events=[_by(event, "actor", *name) for event, name in reversed(EVENTS.read(events))],
        attachments=[_by(attachment, "uploaded_by", *name) for attachment, name in ATTACHMENTS.read(attachments)],
        ratings=[_by(rating, "revisited_by", *name) for rating, name in RATINGS.read(ratings)],
    )
    for row in (*parts.shares, *parts.clocks, *parts.events, *parts.attachments):
        row.case = case  # type: ignore[attr-defined]  # all of them have one
    _give_ledgers(parts.clocks, [entry for entry, _ in LEDGER.read(ledger)])
    return parts


def _share(share: Assignment, said: Sequence[Any]) -> Assignment:
    name, share.verdicts = said  # type: ignore[attr-defined]  # as `with_verdicts` has it
    return _by(share, "dispatched_by", name)


def _by(row: M, person: str, name: str | None) -> M:
    _know(row, person, User, name=name)
    return row


def _know(row: Model, reference: str, model: type[Model], **column: Any) -> None:
    """What the row refers to, with the one column that was read along: nobody asks for it again."""
    field: Any = row._meta.get_field(reference)
    pk = getattr(row, field.attname)
    known = None if pk is None else model.from_db("default", ("id", *column), (pk, *column.values()))
    field.set_cached_value(row, known)


def _give_ledgers(clocks: Iterable[Deadline], entries: list[Adjustment]) -> None:
    """As if they had been prefetched."""
    for clock in clocks:
        own: Any = Adjustment.objects.none()
        own._result_cache = [entry for entry in entries if entry.deadline_id == clock.pk]
        own._prefetch_done = True
        clock._prefetched_objects_cache = {"adjustments": own}  # type: ignore[attr-defined]  # Django's own place
