"""A case comes in: from a resident without an account, or logged by somebody who serves there."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from cases import categories, policies
from cases.actors import Actor, ActorKind
from cases.calendars import calendar_of
from cases.choices import Channel, EventKind, Status, Urgency
from cases.errors import BadInput
from cases.models import Case
from cases.reporter import Reporter, phone_hash, seal
from cases.workflow import SUBMIT, standing_for
from grids import tree
from grids.choices import Level
from grids.coordinates import to_wgs84
from grids.locate import find_grid
from grids.models import IntakePoint
from grids.territory import Standing

from .change import Change
from .inserts import insert, send

CODE_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that is misread on paper
CODE_LENGTH = 10  # 31^10: about 50 bits, and guesses are throttled
NEXT_ID = "SELECT nextval(pg_get_serial_sequence('cases_case', 'id')), statement_timestamp()"


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody says is wrong. `lon` and `lat` are degrees in the datum that `coordinate_source` names;
    `grid_id` is a grid chosen by hand; `source` and `source_number` name the row of a ledger it came from, `at_source`
    is what else of that row the first line of history keeps."""

    title: str
    text: str
    channel: str = Channel.APP
    category_id: int | None = None
    urgency: str = ""
    lon: float | None = None
    lat: float | None = None
    coordinate_source: str = ""
    address: str = ""
    intake_point: IntakePoint | None = None
    grid_id: int | None = None
    reporter: Reporter = field(default_factory=Reporter)
    anonymous: bool = False
    secret: bool = False
    source: str = ""
    source_number: str = ""
    at_source: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Intake:
    """A case about to come in: its number, clocks and first lines of history are settled, nothing is written."""

    case: Case
    rows: tuple[Model, ...]

    def write(self, *beside: Model) -> Case:
        """Writes the case, all at once; and what else is to stand or fall with it, such as the reply that is kept."""
        insert(*self.rows, *beside)
        return self.case


def submit(report: Report, actor: Actor, *, at: datetime | None = None, clock_from: datetime | None = None) -> Case:
    """Takes the case in: number, look-up code, grid, whose turn it is, first clock, first line of history.

    A post holder who logs a case in their own territory has thereby accepted it. `at` None means now, by the database's
    clock, which comes with the number. `clock_from` is a later moment at which the first clock starts, under the policy
    of then: a matter that comes out of an old ledger has not been on this desk before; a line of history says so.
    Raises BadInput where no grid can be found, or the category or grid does not exist.
    """
    return draw_up(report, actor, at=at, clock_from=clock_from).write()


def draw_up(report: Report, actor: Actor, *, at: datetime | None = None, clock_from: datetime | None = None) -> Intake:
    """What `submit` writes. Locks and changes nothing but the sequence of numbers."""
    case = _new_case(report, actor, at, clock_from)
    standing = _logging_post(case, actor)
    change = Change(case, actor, case.submitted_at, standing)
    _settle(change, report, clock_from, accepted=standing is not None)
    change.clocks.summarise()
    return Intake(case, (case, *change.clocks.opened, *change.events))


def _new_case(report: Report, actor: Actor, at: datetime | None, clock_from: datetime | None) -> Case:
    lon, lat = _wgs84(report)
    grid_id, found_by = _place(report, actor, lon, lat)
    node = tree.by_id(grid_id)
    if node is None:
        raise BadInput(grid=_("no such grid"))
    category = categories.book().by_id.get(report.category_id) if report.category_id else None
    if report.category_id and (category is None or not category.active):
        raise BadInput(category=_("no such category is in use"))
    pk, now = _next_id()
    moment = at or now
    case = Case(
        pk=pk,
        title=report.title.strip() or report.text.strip()[:40],
        text=report.text,
        channel=report.channel,
        category_id=report.category_id,
        urgency=report.urgency or (category.urgency if category else Urgency.ORDINARY),
        status=Status.SUBMITTED,
        grid_id=node.id,
        grid_path=node.path,
        found_by=found_by,
        lon=lon,
        lat=lat,
        coordinate_source=report.coordinate_source,
        address=report.address,
        intake_point=report.intake_point,
        reporter_sealed=seal(report.reporter),
        reporter_phone_hash=phone_hash(report.reporter.phone),
        anonymous=report.anonymous,
        secret=report.secret,
        logged_by=actor.user,
        lookup_code="".join(secrets.choice(CODE_ALPHABET) for _i in range(CODE_LENGTH)),
        policy_id=policies.book().in_force(node.path, clock_from or moment).id,
        submitted_at=moment,
        updated_at=moment,
        source=report.source,
        source_number=report.source_number,
    )
    authority = tree.authority_upward(node.path, from_level=Level.VILLAGE)
    case.duty_unit_id = authority.id if authority else None
    case.level = authority.level if authority else Level.CITY
    case.number = number_of(case)
    return case


def _wgs84(report: Report) -> tuple[float | None, float | None]:
    if report.lon is None or report.lat is None:
        if report.lon is not report.lat:
            raise BadInput(lon=_("give longitude and latitude, or neither"))
        return None, None
    if not report.coordinate_source:
        raise BadInput(coordinate_source=_("name the datum of the coordinates: wgs84, gcj02 or bd09"))
    return to_wgs84(report.lon, report.lat, report.coordinate_source)


def _place(report: Report, actor: Actor, lon: float | None, lat: float | None) -> tuple[int, str]:
    if report.grid_id is not None:
        if tree.by_id(report.grid_id) is None:
            raise BadInput(grid=_("no such grid"))
        return report.grid_id, "chosen"
    found = find_grid(
        point=None if lon is None or lat is None else (lon, lat),
        intake_point=report.intake_point,
        standings=actor.territory.standings,
    )
    if found is None:
        raise BadInput(lon=_("no grid lies here: give a point inside the city, an intake point, or a grid"))
    return found.grid_id, found.found_by


def _logging_post(case: Case, actor: Actor) -> Standing | None:
    """The post by which the logger has accepted the case by logging it."""
    if actor.kind is not ActorKind.PERSON:
        return None
    return standing_for(case, SUBMIT, actor)


def _settle(change: Change, report: Report, clock_from: datetime | None, *, accepted: bool) -> None:
    case = change.case
    said: dict[str, Any] = {"number": case.number, "channel": case.channel}
    said |= {"grid": case.grid_id, "found_by": case.found_by}
    if report.source:
        said |= {
            "source": report.source,
            "source_number": report.source_number,
            "at_source": report.at_source,
        }
    said |= {"grid": case.grid_id, "place": tree.name_path(case.grid_id), "category": case.category_id}
    change.record(EventKind.SUBMITTED, **said)
    if accepted:
        case.accepted_at, case.accepted_by = change.at, change.actor.user
        if change.standing is not None:
            change.hand_to(change.standing.unit_id)
        change.record(EventKind.ACCEPTED, by_logging=True)
    if clock_from is not None:
        change.go_on_at(clock_from)
        change.record(EventKind.NOTED, note=_("taken over from “%s”: the first clock starts now") % report.source)
    change.enter(Status.ACCEPTED if accepted else Status.SUBMITTED)


def _next_id() -> tuple[int, datetime]:
    """The case's key before it is written: the number and the first line's hash contain it. And what time it is: hosts'
    clocks differ, so the database's decides.

    A sequence never waits: two intakes at one moment do not queue for a number. The price is a gap where an
    intake fails; docs/adr tells why that is right.
    """
    pk, now = send(NEXT_ID).fetchone()
    return int(pk), now


def number_of(case: Case) -> str:
    """City prefix, local date, running number: `1310-20261122-000042`."""
    prefix = tree.city_of(case.grid_id).code[:4]
    zone = calendar_of(case.grid_path).zone
    return f"{prefix}-{case.submitted_at.astimezone(zone):%Y%m%d}-{case.pk:06d}"
