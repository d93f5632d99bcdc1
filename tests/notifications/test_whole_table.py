"""The whole table: each kind of event reaches whom it should, for the right reason and at the right pace, and nobody
else of all roles in all territories: own, child, sibling and parent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.utils import timezone

from cases.actors import Actor
from cases.choices import EventKind
from cases.models import Case, CaseEvent
from grids.choices import Role
from grids.models import Post, User
from notifications.roster import recipients
from notifications.timing import pace_of
from tests.cast import STARTED_ON, Cast
from tests.stories import Stories

UNITS = {
    "V": "village_authority", "V2": "other_village_authority", "V3": "far_village_authority", "T": "town_authority",
    "T2": "other_town_authority", "C": "county_authority", "C2": "other_county_authority", "CITY": "city_authority",
    "LEAD": "urban_management", "CO": "housing", "WATER": "water", "W": "city_water", "H": "city_housing",
}  # fmt: skip
DESK = ("dispatcher", "village_head", "officer")


@dataclass(frozen=True)
class Row:
    """What happens, by whom, and who is told: `UNIT+` is a desk and who serves where the case lies, `UNIT` a desk,
    `UNIT.role` a person; then the reason and the pace."""

    kind: str
    by: str
    told: str
    said: dict[str, Any] = field(default_factory=dict)
    fresh: bool = False


def fresh(kind: str, by: str, told: str, **said: Any) -> Row:
    """On a case that came in at the village a moment ago, logged for the resident by the town's administrator."""
    return Row(kind, by, told, said, fresh=True)


def handled(kind: str, by: str, told: str, **said: Any) -> Row:
    """On a case that the county has accepted and dispatched to a lead and a co-handler, who are at work."""
    return Row(kind, by, told, said)


LOGGED = "T.administrator logged_by later"
ACCEPTED = "C.administrator accepted_by later"
ROWS = (
    fresh("submitted", "", "V+ duty soon"),
    fresh("accepted", "V.village_head", LOGGED),
    fresh("accepted", "T.dispatcher", f"V former later, {LOGGED}"),
    fresh("rejected", "V.village_head", LOGGED),
    fresh("rejected", "T.dispatcher", f"V+ duty later, {LOGGED}"),
    fresh("merged", "C.dispatcher", f"V+ duty later, {LOGGED}"),
    fresh("solved_on_spot", "V.grid_worker", f"V duty later, {LOGGED}"),
    fresh("dispatched", "C.dispatcher", "LEAD+ lead soon, CO+ co_handler soon", lead="LEAD", co_handlers=["CO"]),
    fresh("reminded", "", "V+ owes soon", unit="V"),
    fresh("flagged", "", "V+ owes soon, T above later", unit="V"),
    fresh("escalated", "", "T+ duty soon, V former later, T.leader leader later", to_unit="T"),
    fresh("role_notified", "", "V.leader role soon", unit="V", role="leader"),
    fresh("withdrawn", "", f"V+ duty later, {LOGGED}"),
    fresh("noted", "V.grid_worker", ""),
    handled("merged", "C.dispatcher", f"LEAD+ duty later, CO+ co_handler later, {LOGGED}"),
    handled("unmerged", "C.dispatcher", f"LEAD+ duty soon, CO+ co_handler soon, {LOGGED}"),
    handled("voice_joined", "C.dispatcher", "LEAD+ duty later, CO+ co_handler later"),
    handled("dispatched", "C.dispatcher", "V+ lead soon, CO+ co_handler soon, LEAD relieved later",
            lead="V", co_handlers=["CO"]),
    handled("signed", "LEAD.officer", "C dispatching later"),
    handled("returned", "LEAD.officer", f"C dispatching soon, {ACCEPTED}, CO relieved later"),
    handled("ruled", "CITY.dispatcher", f"V+ lead soon, LEAD relieved later, {ACCEPTED}", lead="V", co_handlers=[]),
    handled("progressed", "CO.officer", "LEAD+ lead later"),
    handled("progressed", "LEAD.officer", ""),
    handled("whistled", "LEAD.officer", "CITY above soon"),
    handled("whistle_answered", "CITY.dispatcher", "LEAD+ lead later, W+ co_handler soon", co_handlers=["W"]),
    handled("reported_in", "CO.officer", "LEAD+ lead later"),
    handled("contributed", "CO.officer", "LEAD+ lead later"),
    handled("waived", "LEAD.officer", "CO+ owes later", unit="CO"),
    handled("peer_rated", "LEAD.officer", ""),
    handled("escalated", "", "CITY+ duty soon, LEAD former later, CITY.leader leader later", to_unit="CITY"),
    handled("listed", "", "LEAD+ owes soon, LEAD.leader leader soon, LEAD.supervisor supervisor soon", unit="LEAD"),
    handled("extension_requested", "LEAD.officer", "CITY above soon"),
    handled("extension_decided", "CITY.dispatcher", "LEAD+ lead later, CO+ co_handler later"),
    handled("suspension_requested", "LEAD.officer", "CITY above soon"),
    handled("suspension_refused", "CITY.dispatcher", "LEAD+ lead later"),
    handled("suspended", "CITY.dispatcher", f"LEAD+ lead later, CO+ co_handler later, {LOGGED}"),
    handled("resumed", "CITY.dispatcher", "LEAD+ lead soon, CO+ co_handler soon"),
    handled("finished", "LEAD.officer", "C dispatching soon"),
    handled("approved", "C.dispatcher", f"LEAD+ lead later, CO+ co_handler later, {LOGGED}"),
    handled("sent_back", "C.dispatcher", "LEAD+ lead soon"),
    handled("rated", "", "LEAD+ lead later, C dispatching later"),
    handled("closed", "", f"LEAD+ lead later, {LOGGED}"),
    handled("reopened", "", "LEAD+ lead soon, CO+ co_handler soon, C dispatching later"),
    handled("urged", "C.dispatcher", "LEAD+ owes soon", unit="LEAD"),
    handled("instructed", "CITY.leader", "LEAD+ duty soon, CO+ co_handler soon, C dispatching later"),
    handled("supervised", "CITY.supervisor", "LEAD+ owes soon, LEAD.leader leader soon", unit="LEAD"),
    handled("supervision_answered", "LEAD.officer", "CITY.supervisor supervisor soon, LEAD.supervisor supervisor soon",
            unit="LEAD", issued_by="CITY.supervisor"),
    handled("supervision_checked", "CITY.supervisor", "LEAD+ owes soon", unit="LEAD"),
    handled("looked_back", "CITY.supervisor", "LEAD+ lead later, C dispatching later"),
    handled("withdrawn", "", f"LEAD+ duty later, CO+ co_handler later, {LOGGED}"),
    handled("noted", "C.dispatcher", "LEAD+ duty later"),
    handled("noted", "LEAD.officer", ""),
    handled("reminded", "", "CO+ owes soon", unit="CO"),
    handled("reminded", "", "LEAD.supervisor owes soon", unit="LEAD", deadline_kind="check_answer"),
    handled("flagged", "", "LEAD+ owes soon, C dispatching later, CITY above later", unit="LEAD"),
    handled("flagged", "", "CITY+ owes soon, C dispatching later, CITY.leader leader later", unit="CITY"),
    handled("recategorised", "C.dispatcher", "LEAD+ duty soon"),
    handled("relocated", "C.dispatcher", "LEAD+ duty soon"),
    handled("recounted", "", "LEAD+ owes later", unit="LEAD"),
    handled("published", "C.dispatcher", ""),
    handled("unpublished", "C.dispatcher", ""),
    handled("revealed", "C.dispatcher", ""),
    handled("anonymised", "", ""),
    handled("files_deleted", "", ""),
)  # fmt: skip


@dataclass
class World:
    """Somebody in every role of every unit, named UNIT.role, and two cases."""

    cast: Cast
    users: dict[str, User]
    cases: dict[bool, Case]

    def unit(self, short: str) -> int:
        pk: int = getattr(self.cast, UNITS[short]).pk
        return pk

    def event(self, number: int, row: Row) -> CaseEvent:
        """Not saved: each happens to the case as it stands."""
        said = {name: self._value(name, value) for name, value in row.said.items()}
        by = self.users[row.by] if row.by else None
        unit = self.unit(row.by.partition(".")[0]) if row.by else None
        kind = "person" if row.by else "clock"
        return CaseEvent(
            pk=-number, case=self.cases[row.fresh], seq=1000, kind=row.kind, actor=by, actor_kind=kind,
            actor_unit_id=unit, at=timezone.now(), payload=said,
        )  # fmt: skip

    def _value(self, name: str, value: Any) -> Any:
        if name == "issued_by":
            return self.users[value].pk
        if isinstance(value, list):
            return [self.unit(short) for short in value]
        return self.unit(value) if value in UNITS else value


def somebody_everywhere(cast: Cast) -> dict[str, User]:
    Post.objects.all().delete()
    names = [f"{unit}.{role}" for unit in UNITS for role in Role.values] + ["next_cell.grid_worker"]
    users = {name: User(username=name, name=name, password="!") for name in names}
    User.objects.bulk_create(users.values())
    posts = []
    for name, user in users.items():
        unit, _dot, role = name.partition(".")
        cell = {"V": cast.cell, "next_cell": cast.next_cell}.get(unit) if role == "grid_worker" else None
        owner = getattr(cast, UNITS.get(unit, "village_authority"))
        posts.append(Post(user=user, unit=owner, role=role, grid=cell, starts_on=STARTED_ON))
    Post.objects.bulk_create(posts)
    return users


@pytest.fixture
def world(stories: Stories, cast: Cast) -> World:
    new = stories.submit()
    case = stories.submit()
    stories.do(case, "accept", Actor.person(cast.county_dispatcher))
    stories.do(case, "dispatch", Actor.person(cast.county_dispatcher), co_handlers=[cast.housing])
    stories.do(case, "sign")
    users = somebody_everywhere(cast)
    cases = {True: Case.objects.get(pk=new.pk), False: Case.objects.get(pk=case.pk)}
    for one in cases.values():
        one.logged_by = users["T.administrator"]
        one.unit_ids = [getattr(cast, name).pk for name in ("urban_management", "housing", "city_water")]
    cases[False].accepted_by = users["C.administrator"]
    return World(cast, users, cases)


def meant(row: Row) -> dict[str, tuple[str, str]]:
    """Name → reason and pace; whoever did it is not told."""
    found: dict[str, tuple[str, str]] = {}
    for group in filter(None, row.told.split(", ")):
        who, reason, pace = group.split(" ")
        unit, _dot, role = who.rstrip("+").partition(".")
        roles = [role] if role else [*DESK, *(["grid_worker"] if who.endswith("+") else [])]
        for one in roles:
            found.setdefault(f"{unit}.{one}", (reason, pace))
    found.pop(row.by, None)
    return found


def test_each_kind_reaches_whom_it_should_and_nobody_else(world: World) -> None:
    events = {-number: (row, world.event(number, row)) for number, row in enumerate(ROWS, 1)}
    names = {user.pk: name for name, user in world.users.items()}
    told: dict[int, dict[str, tuple[str, str]]] = {pk: {} for pk in events}
    for one in recipients([event for _row, event in events.values()], timezone.localdate()):
        event = events[one.event_id][1]
        pace = pace_of(event.kind, event.case.urgency, one.reason)
        told[one.event_id][names[one.user_id]] = (one.reason.value, pace.value)
    for pk, (row, _event) in events.items():
        assert told[pk] == meant(row), row


def test_every_kind_has_a_row() -> None:
    assert {row.kind for row in ROWS} == set(EventKind)
