"""Closed cases looked at again (回头看): a random sample of each unit's cases of a quarter, drawn so that anybody can
draw it again, and what was found; what is not as reported is reopened."""

from __future__ import annotations

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from math import ceil
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.actors import Actor, ActorKind
from cases.calendars import calendar_of
from cases.choices import EventKind, Finding, Status
from cases.errors import BadInput, IllegalMove, NotPermitted
from cases.models import Case, LookBack, LookBackItem
from grids.models import Grid

from .change import changing
from .voice import start_again

MOST_SEED = 40


@dataclass(slots=True)
class Drawn:
    """Samples drawn now, and those that had been drawn for the same unit and quarter before."""

    new: list[LookBack] = field(default_factory=list)
    before: list[LookBack] = field(default_factory=list)


@transaction.atomic
def draw_look_back(
    grid: Grid,
    year: int,
    quarter: int,
    percent: float,
    seed: str = "",
    *,
    by: Any = None,
    at: datetime | None = None,
) -> Drawn:
    """For each unit of the grid's subtree that led cases closed in the quarter (the city's time): those `percent` of
    them, rounded up, whose SHA-256 of "seed:number" is smallest. Without a seed, a random one is kept.

    Raises BadInput for a quarter that is not over, and for a percentage that is none.
    """
    at = at or timezone.now()
    begins, ends = _quarter(grid, year, quarter)
    if at < ends:
        raise BadInput(quarter=_("a quarter that is over: %d/%d still runs") % (year, quarter))
    if not 0 < percent <= 100:
        raise BadInput(percent=_("more than 0 and at most 100"))
    if len(seed) > MOST_SEED:
        raise BadInput(seed=_("at most %d characters") % MOST_SEED)
    seed = seed or secrets.token_hex(8)
    drawn = Drawn()
    for unit_id, numbers in _closed(grid, begins, ends).items():
        key = {"unit_id": unit_id, "year": year, "quarter": quarter}
        said = {"grid": grid, "seed": seed, "percent": percent, "population": len(numbers)}
        look_back, is_new = LookBack.objects.get_or_create(**key, defaults=said | {"drawn_by": by, "drawn_at": at})
        (drawn.new if is_new else drawn.before).append(look_back)
        if is_new:
            LookBackItem.objects.bulk_create(
                LookBackItem(look_back=look_back, case_id=numbers[number], position=position)
                for position, number in enumerate(sample(numbers, percent, seed), 1)
            )
    return drawn


def sample(numbers: Iterable[str], percent: float, seed: str) -> list[str]:
    """The numbers drawn, in the order of their hashes: at least one where there are any."""
    ordered = sorted(numbers, key=lambda number: hashlib.sha256(f"{seed}:{number}".encode()).digest())
    return ordered[: ceil(Fraction(str(percent)) * len(ordered) / 100)]


def _quarter(grid: Grid, year: int, quarter: int) -> tuple[datetime, datetime]:
    if not 1 <= quarter <= 4:
        raise BadInput(quarter=_("1 to 4"))
    if not 2000 <= year <= 2999:
        raise BadInput(year=_("2000 to 2999"))
    zone = calendar_of(grid.path).zone
    begins = datetime(year, 3 * quarter - 2, 1, tzinfo=zone)
    return begins, (begins + timedelta(days=100)).replace(day=1)


def _closed(grid: Grid, begins: datetime, ends: datetime) -> dict[int, dict[str, int]]:
    """By the unit that led them at the end: the closed cases' numbers and keys."""
    cases = Case.objects.filter(
        status=Status.CLOSED,
        closed_at__gte=begins,
        closed_at__lt=ends,
        lead_unit__grid__path__startswith=grid.path,
    )
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for unit_id, number, pk in cases.order_by("lead_unit_id", "pk").values_list("lead_unit_id", "number", "pk"):
        found[unit_id][number] = pk
    return found


def look_back(
    case: Case | int,
    actor: Actor,
    *,
    finding: str,
    note: str = "",
    item_id: int | None = None,
    at: datetime | None = None,
    version: int | None = None,
) -> Case:
    """What was found in a closed case that a sample holds. One that is not as reported is reopened, with a new clock;
    `note` then says why. `item_id` None means the oldest that waits.

    Raises IllegalMove where the case is in no sample that still waits, NotPermitted where that is not the actor's.
    """
    with changing(case, "look_back", actor, at=at, version=version) as change:
        item = _waiting(change.case, actor, item_id)
        unsound = finding == Finding.UNSOUND
        if unsound and not note:
            raise BadInput(note=_("say what is not as reported: the unit reads it"))
        item.finding, item.note = finding, note
        item.checked_by, item.checked_at = actor.user, change.at
        item.save()
        change.record(
            EventKind.LOOKED_BACK,
            look_back=item.look_back_id,
            unit=item.look_back.unit_id,
            finding=finding,
            note=note,
        )
        if unsound:
            start_again(change, note)
    return change.case


def check_look_back(
    item: LookBackItem, actor: Actor, finding: str, note: str = "", *, at: datetime | None = None
) -> LookBackItem:
    """`look_back` on the case of just this item. Raises as that; IllegalMove also where it has been checked."""
    look_back(item.case_id, actor, finding=finding, note=note, item_id=item.pk, at=at)
    item.refresh_from_db()
    return item


def _waiting(case: Case, actor: Actor, item_id: int | None) -> LookBackItem:
    """The oldest item on the case that nobody has checked, or just this one."""
    items = LookBackItem.objects.filter(case=case, finding="").select_related("look_back")
    if item_id is not None:
        items = items.filter(pk=item_id)
    if not items.exists():
        raise IllegalMove(_("the case is in no sample that waits to be looked at"))
    if actor.kind is ActorKind.PERSON:
        items = items.filter(look_back__in=LookBack.objects.visible_to(actor.user))
    item = items.order_by("pk").first()
    if item is None:
        raise NotPermitted(_("the sample that holds this case is not yours to check"))
    return item
