"""Checking in on a patrol (走访): who was where, when, and what they saw. What was seen may become a case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.actors import Actor
from cases.errors import BadInput, KeyReused, NotPermitted
from cases.models import Case, Patrol, PatrolPhoto
from grids import tree
from grids.locate import locate
from grids.models import IntakePoint
from grids.territory import Standing

from .attachments import MOST_FILES, all_cleaned, files_go_with_rows, put

LONGEST_AGO = timedelta(days=14)
"""How long a phone may have kept a check-in before it reached a network."""
AHEAD = timedelta(minutes=10)
"""By so much a phone's clock may go wrong; what is said to have happened later than that, is refused."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A check-in as the phone tells it. `key` is the phone's own; `lon` and `lat` are degrees in WGS-84; the place is
    the intake point's, else the grid, else where the position lies. `at` None means now."""

    key: UUID
    note: str = ""
    grid_id: int | None = None
    intake_point: IntakePoint | None = None
    lon: float | None = None
    lat: float | None = None
    at: datetime | None = None


def check_in(
    actor: Actor,
    visit: Visit,
    photos: Iterable[IO[bytes]] = (),
    *,
    at: datetime | None = None,
    saved: list[str] | None = None,
) -> Patrol:
    """Keeps a check-in with its photos. The same key again gives the one that is there. `at` None means now.

    Raises BadInput for a place that no grid of one's own contains, a moment in the future or too long ago, too many
    or unfit photos; NotPermitted for who serves no place; KeyReused where the key is somebody else's.
    """
    now = at or timezone.now()
    uploads = list(photos)
    if len(uploads) > MOST_FILES:
        raise BadInput(file=_("at most %d photos") % MOST_FILES)
    grid_id, standing = _place(actor, visit)
    row = Patrol(
        key=visit.key,
        user=actor.user,
        unit_id=standing.unit_id,
        grid_id=grid_id,
        intake_point=visit.intake_point,
        lon=visit.lon,
        lat=visit.lat,
        note=visit.note,
        at=_moment(visit.at, now),
        recorded_at=now,
    )
    return _write(row, uploads, saved)


def _write(row: Patrol, uploads: list[IO[bytes]], saved: list[str] | None) -> Patrol:
    clean = all_cleaned(uploads)
    with files_go_with_rows(saved) as names:
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            return _there_already(row)
        for one in clean:
            photo = PatrolPhoto(patrol=row, content_type=one.content_type, size=len(one.content))
            photo.file, photo.thumbnail = put(one, photo, names)
            photo.save()
    return row


def _there_already(row: Patrol) -> Patrol:
    kept = Patrol.objects.filter(key=row.key).first()
    if kept is None or kept.user_id != row.user_id:
        raise KeyReused(_("this key belongs to another check-in: use a new one")) from None
    return kept


def _place(actor: Actor, visit: Visit) -> tuple[int, Standing]:
    """The grid, and the post by which the actor serves it: the narrowest."""
    if (visit.lon is None) is not (visit.lat is None):
        raise BadInput(lon=_("give longitude and latitude, or neither"))
    if not any(standing.of_authority for standing in actor.territory.standings):
        raise NotPermitted(_("only who serves a grid can check in on a patrol"))
    grid_id = _grid(visit)
    slot = tree.by_id(grid_id) if grid_id else None
    over = [s for s in actor.territory.standings if slot is not None and s.covers(slot.path)]
    if slot is None or not over:
        raise BadInput(grid=_("this place is in no grid of yours: name the grid, the point, or your position"))
    return slot.id, max(over, key=lambda s: len(s.path))


def _grid(visit: Visit) -> int | None:
    if visit.intake_point is not None:
        return visit.intake_point.grid_id
    if visit.grid_id is not None:
        return visit.grid_id
    if visit.lon is None or visit.lat is None:
        return None
    located = locate(visit.lon, visit.lat)
    return located.grid_id if located else None


def _moment(said: datetime | None, now: datetime) -> datetime:
    if said is None or now < said <= now + AHEAD:
        return now
    if said > now:
        raise BadInput(at=_("lies in the future: check the clock of the phone"))
    if said < now - LONGEST_AGO:
        raise BadInput(at=_("at most %d days ago") % LONGEST_AGO.days)
    return said


def patrol_of(actor: Actor, key: UUID) -> Patrol:
    """One's own check-in of this key. Raises BadInput naming `patrol` where there is none."""
    found = Patrol.objects.filter(user=actor.user, key=key).first()
    if found is None:
        raise BadInput(patrol=_("no check-in of yours has this key: send it first"))
    return found


def make_case_of(patrol: Patrol, case: Case) -> None:
    """What was seen has become this case. A check-in leads to one case; the first stays."""
    Patrol.objects.filter(pk=patrol.pk, case__isnull=True).update(case=case)
