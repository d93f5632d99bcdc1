"""When two grids become one, their cases follow: place, unit and clocks now name what still stands."""

from __future__ import annotations

from cases.actors import IMPORT, Actor
from cases.choices import EventKind
from cases.models import Assignment, Case, Deadline
from grids.services import Merger

from .change import Change, locking, moment_for

DONE = ("signed_at", "reported_in_at", "reported_at", "contribution", "waived_at")
UNIT_FIELDS = ("duty_unit_id", "lead_unit_id", "dispatching_unit_id")


def follow(merger: Merger) -> None:
    """Cases of the dissolved grid lie in the other one now; what its authority owed, the other one's owes.

    Open cases say so in their history; of closed ones the place moves and the history stays as it is.
    """
    heirs = {old: new for old, new in merger.authorities.items() if new and new != old}
    moving = Case.objects.filter(grid=merger.source)
    touched = moving.open() | Case.objects.open().filter(unit_ids__overlap=list(heirs))
    touched |= Case.objects.open().filter(duty_unit__in=heirs)
    for case in locking(Case.objects.filter(pk__in=touched.values("pk"))).order_by("pk"):
        _relocate(case, merger, heirs)
    moving.update(grid=merger.target, grid_path=merger.target.path)
    for old, new in heirs.items():
        Deadline.objects.filter(unit=old, state__in=("running", "paused")).update(unit=new)


def _relocate(case: Case, merger: Merger, heirs: dict[int, int]) -> None:
    actor = Actor.person(merger.by) if merger.by else IMPORT
    change = Change(case, actor, max(moment_for(case, None), merger.at))
    was = {"grid": case.grid_id, "name": merger.source.name}
    if case.grid_id == merger.source.pk:
        case.grid, case.grid_path = merger.target, merger.target.path
    for name in UNIT_FIELDS:
        setattr(case, name, heirs.get(getattr(case, name), getattr(case, name)))
    _inherit_shares(change, heirs)
    change.record(
        EventKind.RELOCATED,
        was=was,
        now={"grid": merger.target.pk, "name": merger.target.name},
        units={str(old): new for old, new in heirs.items()},
    )
    change.write()


def _inherit_shares(change: Change, heirs: dict[int, int]) -> None:
    running = change.running_shares()
    holders = {share.unit_id for share in running}
    for share in running:
        heir = heirs.get(share.unit_id)
        if heir is None:
            continue
        if heir in holders:
            change.end_share(share, "merged")
        else:
            _pass_on(change, share, heir)


def _pass_on(change: Change, share: Assignment, heir: int) -> None:
    """The heir goes on where the dissolved unit stood: what it had done is done, and its clocks run on."""
    clocks = change.clocks.of_share(share)
    for deadline in clocks:
        deadline.assignment = None  # so that they do not end with the share
    change.end_share(share, "merged")
    done = {name: getattr(share, name) for name in DONE}
    new = change.give_share(heir, Assignment.Part(share.part), **done)
    for deadline in clocks:
        deadline.assignment = new
    Deadline.objects.filter(pk__in=[deadline.pk for deadline in clocks]).update(assignment=new)
