"""Loading the demo: all of it or nothing, once, and never by accident where real people's matters are."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import cases
from cases.calendars import calendar_of
from cases.choices import Channel, Outcome, Status, Urgency
from cases.models import Case, Category
from cases.services import ACTIONS
from cases.services.bulletin import proposed_entry
from cases.services.categories import load_categories, read_rows
from cases.services.publishing import publish, read_promises, sped_up
from grids import snapshots
from grids.calendars import fill_calendar
from grids.choices import UnitKind
from grids.models import Grid, Unit
from grids.services.grids import hold_tree

from . import people, territory, units
from .decisions import Director
from .simulation import Simulation
from .stories import Author, Story, days_between
from .territory import CITY, Ground
from .troupe import Troupe

DATA = Path(cases.__file__).parent / "data"
LOUD_HOURS = 20
"""Of what happened in so many hours before loading, people are told; of what was before, nobody."""
FRESH_HOURS = 2
"""The last hours of the period belong to fresh matters, on which the visitor can watch the clock (at DEMO_SPEED: the
last hours divided by it)."""

S, U, K = Status, Urgency, UnitKind
FRESH: tuple[tuple[Status, Urgency], ...] = (
    *[(S.FEEDBACK, U.ORDINARY)] * 2,
    *[(S.REVIEW, U.ORDINARY)] * 2,
    *[(S.HANDLING, U.ORDINARY)] * 3,
    *[(S.HANDLING, U.CONSULTATION), (S.HANDLING, U.URGENT)],
    *[(S.DISPATCHED, U.ORDINARY)] * 3,
    *[(S.DISPATCHED, U.URGENT), (S.DISPATCHED, U.CONSULTATION)],
    *[(S.ACCEPTED, U.ORDINARY)] * 3,
    *[(S.ACCEPTED, U.URGENT)],
    *[(S.SUBMITTED, U.ORDINARY)] * 3,
    *[(S.SUBMITTED, U.CONSULTATION), (S.SUBMITTED, U.URGENT), (S.SUBMITTED, U.URGENT), (S.SUBMITTED, U.EMERGENCY)],
)
"""Matters that have only just come in, by the status in which they wait and their urgency."""

OFFICERS_HAVE = (K.URBAN_MANAGEMENT, K.HOUSING, K.TRANSPORT, K.HUMAN_RESOURCES, K.EDUCATION)
"""Departments of the first county that surely have a matter to sign."""

PUBLISHED = 12
"""Solved matters in the bulletin."""
LEAST_CASES = 2 * len(FRESH)
Progress = Callable[[list[Any], str], Iterable[Any]]
"""Wraps a list that is worked through, named by what is being done, so that a bar can be shown."""


class DemoRefused(Exception):
    """The demo does not go into this database; the message says why and what would be right."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the demo brought."""

    grids: int
    units: int
    people: int
    cases: int


def is_loaded() -> bool:
    """Whether the demo is in this database: only it makes cells up in 廊坊."""
    return (
        Grid.objects.filter(code=CITY).exists()
        and Grid.objects.filter(code__startswith=territory.TOWNS[0][:9], level="cell", synthetic=True).exists()
    )


@transaction.atomic
def load(
    *,
    days: int = 30,
    case_count: int = 300,
    seed: int = 1310,
    force: bool = False,
    now: datetime | None = None,
    progress: Progress = lambda items, doing: items,
) -> Loaded:
    """Loads the demo into a database without cases: territory, units, people, and `case_count` matters of the last
    `days` days.

    The same seed at the same moment gives the same demo. `force` lets it into a database that has other grids; `now`
    is the moment at which the past ends (None: this moment). Raises DemoRefused.
    """
    hold_tree()
    _refuse(force, case_count)
    rng = random.Random(seed)  # noqa: S311  a demo that can be repeated, not a secret
    end = (now or timezone.now()) - timedelta(hours=FRESH_HOURS) / max(settings.DEMO_SPEED, 1)
    begin = end - timedelta(days=days)
    ground = territory.lay(rng)
    bodies = units.found(ground, rng)
    staff = people.hire(ground, bodies, rng, timezone.localdate(end))
    _set_rules(ground, begin, end)
    zone = calendar_of(ground.grids[CITY].path).zone
    author = Author(ground, bodies, rng, zone)
    director = Director(rng, Unit.objects.in_bulk(), Category.objects.in_bulk())
    troupe = Troupe(staff, end - timedelta(hours=LOUD_HOURS))
    stage = Simulation(ground, author, director, troupe, swept_to=begin)
    stage.add(author.write(case_count - len(FRESH), begin, end))
    for day in progress(days_between(begin, end, zone), _("living through the days")):
        midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=zone)
        stage.run_until(min(midnight, end))
    _bring_in_fresh(stage, end, now or timezone.now())
    _fill_bulletin(troupe, now or timezone.now())
    return Loaded(len(ground.grids), len(bodies.by_place), sum(map(len, staff.values())), Case.objects.count())


def _fill_bulletin(troupe: Troupe, at: datetime) -> None:
    """What was solved last and nobody wants kept secret, for everybody to read, in the words that are proposed."""
    solved = Case.objects.filter(status=Status.CLOSED, outcome=Outcome.SOLVED, secret=False).exclude(reply="")
    for case in solved.order_by("-closed_at", "-pk")[:PUBLISHED]:
        if actor := troupe.actor_for(case, "publish", at):
            ACTIONS["publish"](case, actor, at=at, **proposed_entry(case)._asdict())


def _refuse(force: bool, case_count: int) -> None:
    """Raises DemoRefused where the demo would stand among real matters."""
    if case_count < LEAST_CASES:
        raise DemoRefused(_("--cases: at least %(least)d, so that every list shows something") % {"least": LEAST_CASES})
    if is_loaded():
        raise DemoRefused(_("the demo is there already"))
    if Case.objects.exists():
        raise DemoRefused(_("there are cases in this database: the demo needs one without"))
    foreign = Grid.objects.exclude(code__in=[row.code for row in territory.rows()])
    if (count := foreign.count()) and not force:
        reason = _("%(count)d grids here are not the demo's: use an empty database, or --force to load it beside them")
        raise DemoRefused(reason % {"count": count})


def _set_rules(ground: Ground, begin: datetime, end: datetime) -> None:
    """Categories, the city's calendar, and its promises: since long ago, and at DEMO_SPEED for what comes now."""
    with (DATA / "categories.csv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        wanted, refused = read_rows(list(rows.fieldnames or ()), enumerate(rows, 2))
    if refused:
        raise ValueError(f"categories.csv: {refused[0]}")
    load_categories(wanted)
    city = ground.grids[CITY]
    fill_calendar(city, range(begin.year, end.year + 2))
    set_pace(city, end=end, since=begin - timedelta(days=1))
    snapshots.reread()


def set_pace(city: Grid, *, end: datetime | None = None, since: datetime | None = None) -> bool:
    """Publishes the demo's promises at the speed that DEMO_SPEED asks for, for cases from `end` (None: now) on; and the
    usual ones, where `since` is given, from then on. Whether anything had to be published."""
    usual = read_promises((DATA / "policy.toml").read_text(encoding="utf-8"))
    if since is not None:
        publish(usual, grid=city, at=since)
    speed = settings.DEMO_SPEED
    promises = sped_up(usual, speed) if speed > 0 else usual
    _policy, published = publish(promises, grid=city, at=end)
    return published


def _bring_in_fresh(stage: Simulation, begin: datetime, end: datetime) -> None:
    """What has only just come in, status by status, and the clock up to this moment."""
    later = {Status.FEEDBACK: 5, Status.REVIEW: 4, Status.HANDLING: 3, Status.DISPATCHED: 2}  # seconds that steps take
    span = (end - begin - timedelta(seconds=max(later.values()))) / len(FRESH)
    kinds = iter(OFFICERS_HAVE)
    for number, (status, urgency) in enumerate(FRESH):
        kind = next(kinds, "") if status == Status.DISPATCHED else ""
        story = _fresh(stage.author, begin + max(span, timedelta()) * number, urgency, kind)
        if number == 0 or kind:  # where the first grid worker and most officers serve, whose lists may be empty else
            story.grid = stage.ground.first_cell
        stage.bring(story, status)
    stage.sweep_to(end)


def _fresh(author: Author, at: datetime, urgency: str, kind: str) -> Story:
    story = author.story(at, urgency=urgency, channel=Channel.WECHAT, kind=kind)
    story.at = at
    return story
