"""What a made-up case can refer to: places, units, people, matters and words, read once by each process."""

from __future__ import annotations

import json
import random
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.utils import timezone

from cases import categories, policies
from cases.calendars import calendar_of
from cases.deadlines import Calendar
from cases.policies import AllowanceRow
from cases.reporter import Reporter, phone_hash, seal
from grids import tree
from grids.choices import Level, Role, UnitKind
from grids.models import Grid, Post

PHRASES = Path(__file__).resolve().parent.parent / "cases" / "data" / "demo_phrases.toml"
SLOT = re.compile(r"\{(\w+)\}")
RESIDENTS = 5000
"""So many different people speak up again and again."""
VARIANTS = 4
"""Texts made of each template."""


@dataclass(frozen=True, slots=True)
class Desk:
    """A unit and who acts for it; `name` is a JSON text."""

    id: int
    level: str
    person: int
    name: str


@dataclass(frozen=True, slots=True)
class Place:
    """A cell with everybody who can have a case of it. `names` is a JSON text; `worker` a user's id."""

    grid_id: int
    path: str
    names: str
    worker: int
    lon: float
    lat: float
    village: Desk
    authorities: dict[str, Desk]
    departments: dict[tuple[str, str], Desk]


@dataclass(frozen=True, slots=True)
class Matter:
    """A leaf of the category tree, with titles and texts."""

    id: int
    path: str
    urgency: str
    unit_kind: str
    lead_level: str
    words: tuple[tuple[str, str], ...]


class World:
    """All of it."""

    def __init__(self) -> None:
        random_ = random.Random(5)
        city = Grid.objects.get(depth=1)
        self.calendar: Calendar = calendar_of(city.path)
        self.policy_id = policies.book().in_force(city.path, timezone.now()).id
        self._people = _people()
        self._desks: dict[int, Desk] = {}
        self.places = [self._place(cell) for cell in Grid.objects.filter(level=Level.CELL).order_by("path")]
        phrases = tomllib.loads(PHRASES.read_text(encoding="utf-8"))
        self.matters = list(matters_of(phrases, random_))
        self.replies = [text for text in phrases["replies"]["solved"] if "{" not in text]
        self.notes = [text for text in phrases["notes"]["progress"] if "{" not in text]
        self.verdicts = [text for text in phrases["ratings"]["satisfied"] if "{" not in text]
        self.residents = [_resident(number) for number in range(RESIDENTS)]

    def _place(self, cell: Grid) -> Place:
        village = tree.authority_upward(cell.path, from_level=Level.VILLAGE)
        ring = cell.boundary["coordinates"][0]
        return Place(
            grid_id=cell.pk,
            path=cell.path,
            names=json.dumps(tree.name_path(cell.pk), ensure_ascii=False),
            worker=self._people[village.id, cell.pk],
            lon=sum(point[0] for point in ring[:-1]) / (len(ring) - 1),
            lat=sum(point[1] for point in ring[:-1]) / (len(ring) - 1),
            village=self._desk(village),
            authorities=self._authorities(cell.path),
            departments=self._departments(cell.path),
        )

    @cache  # noqa: B019  one world lives as long as its process
    def _upward(self, town_path: str) -> tuple[dict[str, Desk], dict[tuple[str, str], Desk]]:
        authorities: dict[str, Desk] = {}
        departments: dict[tuple[str, str], Desk] = {}
        for end in range(len(town_path), 0, -Grid.steplen):
            for unit in tree.units_of(tree.by_path(town_path[:end]).id):
                if unit.kind == UnitKind.AUTHORITY:
                    authorities[unit.level] = self._desk(unit)
                else:
                    departments[unit.kind, unit.level] = self._desk(unit)
        return authorities, departments

    def _authorities(self, path: str) -> dict[str, Desk]:
        village = tree.authority_upward(path, from_level=Level.VILLAGE)
        return self._upward(path[: -2 * Grid.steplen])[0] | {Level.VILLAGE: self._desk(village)}

    def _departments(self, path: str) -> dict[tuple[str, str], Desk]:
        return self._upward(path[: -2 * Grid.steplen])[1]

    def _desk(self, unit: tree.UnitSlot) -> Desk:
        if unit.id not in self._desks:
            name = json.dumps(unit.name, ensure_ascii=False)
            self._desks[unit.id] = Desk(unit.id, unit.level, self._people[unit.id, None], name)
        return self._desks[unit.id]

    def lead_for(self, place: Place, matter: Matter) -> Desk:
        """Whose job it is, as routing has it: the nearest unit of that kind, else the town decides."""
        for level in (matter.lead_level, Level.COUNTY, Level.CITY):
            if (desk := place.departments.get((matter.unit_kind, level))) is not None:
                return desk
        return place.authorities.get(matter.lead_level) or place.authorities[Level.TOWN]

    @cache  # noqa: B019
    def allowance(self, kind: str, category_path: str, urgency: str, level: str) -> AllowanceRow | None:
        """How long something may take."""
        return policies.book().allowance(self.policy_id, kind, category_path, urgency, level)


ACTING = {Role.DISPATCHER: 0, Role.OFFICER: 0, Role.VILLAGE_HEAD: 0}


def _people() -> dict[tuple[int, int | None], int]:
    """Who acts for a unit, and in a cell."""
    posts = Post.objects.values_list("unit_id", "grid_id", "role", "user_id")
    return {(unit, cell): user for unit, cell, role, user in posts if cell is not None or role in ACTING}


def matters_of(phrases: dict[str, Any], random_: random.Random) -> Iterator[Matter]:
    """The leaves that there are words for."""
    book = categories.book()
    for leaf in phrases["leaves"]:
        row = book.by_code[leaf["code"]]
        words = [
            (_filled(title, phrases, random_, row.name), _filled(text, phrases, random_, row.name))
            for title, text in zip(leaf["titles"], leaf["texts"], strict=True)
            for _ in range(VARIANTS)
        ]
        yield Matter(row.id, row.path, row.urgency, row.unit_kind, row.lead_level, tuple(words))


def _filled(template: str, phrases: dict[str, Any], random_: random.Random, matter: str) -> str:
    """A template with its slots filled; slots may hold slots."""

    def value(match: re.Match[str]) -> str:
        choices = phrases["slots"].get(match[1])
        return _filled(random_.choice(choices), phrases, random_, matter) if choices else matter

    text = SLOT.sub(value, template)
    if set(text) & set("\\\t\n\r"):
        raise ValueError(f"COPY would need quoting: {text!r}")
    return text


def _resident(number: int) -> tuple[str, str]:
    """Sealed name and phone as COPY writes bytes, and the phone's hash."""
    phone = f"+86139{number:08d}"
    sealed = seal(Reporter(name=f"居民{number}", phone=phone))
    return f"\\\\x{(sealed or b'').hex()}", phone_hash(phone)
