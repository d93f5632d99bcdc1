"""What a run stands on: a corner of a city, promises of seconds, and cases in every status that waits for somebody."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction
from knox.models import AuthToken

from bench import territory
from bench.chaos import outside
from bench.databases import say
from cases.actors import RESIDENT, Actor
from cases.choices import Urgency
from cases.models import Case
from cases.services import ACTIONS, Report, submit
from cases.services.publishing import publish, read_promises
from grids.choices import Level, Role, UnitKind
from grids.models import Grid, Post, Unit, User

LONG_AGO = datetime(2020, 1, 2, tzinfo=UTC)
UNITS_IN_A_RUN = 12
"""A case that everybody leaves alone climbs from the village to the city in so many units of time."""
KINDS = {"accept": 2.0, "dispatch": 2.0, "sign": 1.0, "handle": 3.0, "review": 2.0, "rate": 3.0}
"""How many units of time each kind of deadline has."""
HURRY = {Urgency.EMERGENCY: 0.5, Urgency.URGENT: 0.75, Urgency.ORDINARY: 1.0}
LADDERS = {"sign": "pressed", "rate": "rated", "handle": "worked"}
PROMISES = """
name = "chaos"
[ladders]
climbing = [
    {{ do = "remind", at = "50 %", any_hour = true }},
    {{ do = "remind", at = "before {quarter}", any_hour = true }},
    {{ do = "flag", at = "after 0", any_hour = true }},
    {{ do = "notify", role = "leader", at = "after 0", any_hour = true }},
    {{ do = "escalate", at = "after {half}", any_hour = true }},
    {{ do = "supervise", at = "after {whole}", any_hour = true }},
]
worked = [
    {{ do = "remind", at = "50 %", any_hour = true }},
    {{ do = "remind", at = "80 %", any_hour = true }},
    {{ do = "flag", at = "after 0", any_hour = true }},
    {{ do = "urge", at = "after {half}", any_hour = true }},
    {{ do = "escalate", at = "after {whole}", any_hour = true }},
]
pressed = [
    {{ do = "remind", at = "50 %", any_hour = true }},
    {{ do = "flag", at = "after 0", any_hour = true }},
    {{ do = "urge", at = "after {quarter}", any_hour = true }},
    {{ do = "urge", at = "after {whole}", any_hour = true }},
]
rated = [
    {{ do = "remind", at = "50 %", any_hour = true }},
    {{ do = "close", at = "after 0", any_hour = true }},
]
"""
ALLOWANCE = '[[allowances]]\nkind = "{kind}"\nurgency = "{urgency}"\ncalendar = {minutes:.6f}\nladder = "{ladder}"\n'


def promises_text(seconds: float) -> str:
    """A policy file whose whole climb fits into a run of so many seconds."""
    unit = seconds / UNITS_IN_A_RUN / 60
    text = PROMISES.format(quarter=f"{unit / 4:.6f}", half=f"{unit / 2:.6f}", whole=f"{unit:.6f}")
    for kind, units in KINDS.items():
        for urgency, hurry in HURRY.items():
            ladder = LADDERS.get(kind, "climbing")
            minutes = unit * units * hurry
            text += ALLOWANCE.format(kind=kind, urgency=urgency.value, minutes=minutes, ladder=ladder)
    return text


@dataclass(frozen=True, slots=True)
class Cast:
    """Who acts: the county's desk and the officer of one of its departments; cells in the county."""

    dispatcher: User
    officer: User
    department: Unit
    cells: list[Grid]


def prepare(seconds: float, push_url: str) -> Cast:
    """Fill the empty database: schema, territory, people with the ways that lead to them, promises."""
    say("Preparing …")
    call_command("migrate", interactive=False, verbosity=0)
    territory.build(whole=False, until_year=datetime.now(UTC).year + 1)
    outside.give_ways(push_url)
    publish(read_promises(promises_text(seconds)), grid=Grid.objects.get(depth=1), at=LONG_AGO)
    county = Grid.objects.filter(level=Level.COUNTY).order_by("path")[0]
    department = Unit.objects.get(grid=county, kind=UnitKind.HOUSING)
    return Cast(
        dispatcher=Post.objects.get(unit__grid=county, role=Role.DISPATCHER).user,
        officer=Post.objects.get(unit=department, role=Role.OFFICER).user,
        department=department,
        cells=list(Grid.objects.filter(level=Level.CELL, path__startswith=county.path).order_by("path")),
    )


def tokens(cast: Cast) -> dict[str, str]:
    """What the load signs in with."""
    people = {"dispatcher": cast.dispatcher, "officer": cast.officer}
    return {name: str(AuthToken.objects.create(person)[1]) for name, person in people.items()}


Steps = tuple[tuple[str, str], ...]
WAYS: tuple[Steps, ...] = (
    (),
    (("accept", "dispatcher"),),
    (("accept", "dispatcher"), ("dispatch", "dispatcher")),
    (("accept", "dispatcher"), ("dispatch", "dispatcher"), ("sign", "officer")),
    (("accept", "dispatcher"), ("dispatch", "dispatcher"), ("sign", "officer"), ("finish", "officer")),
    (
        ("accept", "dispatcher"), ("dispatch", "dispatcher"), ("sign", "officer"), ("finish", "officer"),
        ("approve", "dispatcher"),
    ),
)  # fmt: skip


def fill(cast: Cast, cases: int, seconds: float, seed: int) -> None:
    """So many cases that nobody touches any more, begun within the last half of a climb: when workers start, much is
    late already."""
    say(f"Writing {cases} cases …")
    dice = random.Random(seed)
    actors = {"dispatcher": Actor.person(cast.dispatcher), "officer": Actor.person(cast.officer)}
    inputs: dict[str, dict[str, Any]] = {
        "dispatch": {"lead": cast.department},
        "finish": {"outcome": "solved", "reply": "已解决"},
    }
    now = database_now()
    with transaction.atomic():  # one commit: the disk is not what is tried here
        for number in range(cases):
            at = now - timedelta(seconds=dice.uniform(0, seconds / 2))
            case: Case = submit(_report(dice, cast, number), RESIDENT, at=at)
            for action, who in WAYS[number % len(WAYS)]:
                act: Callable[..., Any] = ACTIONS[action]
                case = act(case, actors[who], at=at, **inputs.get(action, {}))


def _report(dice: random.Random, cast: Cast, number: int) -> Report:
    urgency = dice.choice(list(HURRY)).value
    return Report(title=f"left {number}", text="无人理会", urgency=urgency, grid_id=dice.choice(cast.cells).pk)


def database_now() -> datetime:
    """By the clock that decides."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
        return moment
