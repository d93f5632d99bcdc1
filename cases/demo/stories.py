"""What the demo's residents say, when, where and through which door, and how it will go: drawn, not written down."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from cases import categories
from cases.categories import CategoryRow
from cases.choices import Channel, DeadlineKind, Urgency
from cases.models import Case
from grids.choices import Level
from grids.models import Grid, IntakePoint

from .asides import ASIDES, EXTENSION, ORDER, SUSPENSION, WHISTLE
from .glances import standing_of
from .phrases import Wording, matters_of
from .territory import TOWNS, Ground
from .units import Bodies

C, K = Channel, DeadlineKind

CHANNELS = {
    C.HOTLINE: 24, C.PATROL: 18, C.WECHAT: 14, C.APP: 12, C.INTAKE_POINT: 10, C.ONLINE_BOARD: 7,
    C.VISIT: 5, C.RECEPTION: 4, C.MAILBOX: 3, C.BOX: 2, C.MEDIA: 1,
}  # fmt: skip
"""How people speak up, in percent."""
HOURS = {
    C.PATROL: (8.5, 17.5), C.VISIT: (8.5, 17.0), C.RECEPTION: (9.0, 16.5), C.MEDIA: (9.0, 17.0),
    C.HOTLINE: (7.0, 21.0), C.BOX: (8.0, 19.0),
}  # fmt: skip
AWAKE = (6.5, 23.0)
AT_ANY_HOUR = (0.0, 24.0)
WEEKEND = 0.5
"""How many matters come up on a day of the weekend, compared with a working day."""
NAMED_PLACES = 0.55
"""The share of matters in the villages whose people a visitor can be."""
NEARBY = 4
"""How many times as often a matter comes up that a village or town handles."""
URGENCIES = {Urgency.ORDINARY: 62, Urgency.URGENT: 17, Urgency.CONSULTATION: 17, Urgency.EMERGENCY: 4}


class Fate(StrEnum):
    """What becomes of a matter, apart from the delays."""

    PLAIN = "plain"
    ON_SPOT = "on_spot"
    REJECTED = "rejected"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"


@dataclass
class Story:
    """One matter. `neglected` is the kind of deadline that nobody cares about until the case has been escalated
    `ignored` times; `returns`, `redos` and `complaints` count down, `asides` are taken while it is handled."""

    at: datetime
    grid: Grid
    channel: Channel
    category: CategoryRow
    words: Wording
    fate: Fate = Fate.PLAIN
    neglected: str = ""
    ignored: int = 0
    returns: int = 0
    redos: int = 0
    complaints: int = 0
    rates: bool = True
    notes: int = 0
    asides: tuple[str, ...] = ()
    point: IntakePoint | None = None
    twin: Story | None = None
    seen_escalations: int = 0
    known: Case | None = None

    @property
    def case(self) -> Case:
        """The case as it stands now: read again only where it has gone on since it was last seen. Raises LookupError
        before it was spoken of."""
        if self.known is None:
            raise LookupError("nobody has spoken up yet")
        if standing_of(self.known.pk) != (self.known.status, self.known.duty_unit_id, self.known.escalations):
            self.known.refresh_from_db()
        return self.known


CERTAIN: tuple[dict[str, Any], ...] = (
    {"neglected": K.HANDLE, "ignored": 99, "urgency": Urgency.URGENT},
    {"neglected": K.ACCEPT, "ignored": 99, "channel": C.WECHAT},
    {"neglected": K.HANDLE, "ignored": 2, "urgency": Urgency.CONSULTATION},
    {"neglected": K.DISPATCH, "ignored": 1},
    {"neglected": K.HANDLE, "ignored": 99},
    {"fate": Fate.REJECTED, "channel": C.APP, "here": True},
    {"fate": Fate.WITHDRAWN, "channel": C.WECHAT},
    {"fate": Fate.ON_SPOT, "channel": C.PATROL},
    {"returns": 2, "urgency": Urgency.ORDINARY},
    {"returns": 2, "urgency": Urgency.CONSULTATION},
    {"returns": 2, "urgency": Urgency.ORDINARY},
    {"redos": 1},
    {"complaints": 2, "urgency": Urgency.CONSULTATION},
    {"complaints": 1, "urgency": Urgency.URGENT},
    {"neglected": K.HANDLE, "ignored": 1, "urgency": Urgency.URGENT},
    {"neglected": K.SIGN, "ignored": 0},
    {"asides": WHISTLE, "urgency": Urgency.ORDINARY},
    {"asides": SUSPENSION, "urgency": Urgency.ORDINARY},
    {"asides": EXTENSION, "urgency": Urgency.ORDINARY},
    {"asides": ORDER, "urgency": Urgency.ORDINARY},
)
"""What happens in every demo, however few cases it has; the first days of the period are theirs."""


@dataclass
class Author:
    """Draws stories over a period, always the same for the same seed."""

    ground: Ground
    bodies: Bodies
    rng: random.Random
    zone: ZoneInfo
    _leaves: dict[int, dict[str, list[CategoryRow]]] = field(default_factory=dict)

    def write(self, count: int, begin: datetime, end: datetime) -> list[Story]:
        """So many stories between two moments, in the order in which they begin."""
        moments = sorted(self._moment(begin, end) for _n in range(count))
        stories: list[Story] = []
        for number, at in enumerate(moments):
            said = CERTAIN[number] if number < len(CERTAIN) else self._chance()
            stories.append(self.story(at, **said))
        stories += self._twins(stories, end)
        return sorted(stories, key=lambda story: story.at)[:count]

    def _moment(self, begin: datetime, end: datetime) -> datetime:
        while True:
            moment = begin + (end - begin) * self.rng.random()
            if moment.astimezone(self.zone).weekday() < 5 or self.rng.random() < WEEKEND:
                return moment

    def _chance(self) -> dict[str, Any]:
        """How things go wrong, or do not."""
        rng = self.rng
        said: dict[str, Any] = {
            "returns": rng.choices((0, 1, 2), (93, 6, 1))[0],
            "redos": int(rng.random() < 0.05),
            "complaints": rng.choices((0, 1, 2), (94, 5, 1))[0],
        }
        if rng.random() < 0.09:
            said["neglected"] = rng.choices((K.ACCEPT, K.DISPATCH, K.HANDLE, K.REVIEW), (25, 15, 50, 10))[0]
            said["ignored"] = rng.choices((1, 2, 3, 99), (62, 25, 10, 3))[0]
        elif rng.random() < 0.08:
            said["asides"] = rng.choice(ASIDES)
        said["fate"] = rng.choices(tuple(Fate), (78, 10, 4, 0, 3))[0]
        return said

    def story(
        self,
        at: datetime,
        *,
        urgency: str = "",
        channel: Channel | None = None,
        kind: str = "",
        here: bool = False,
        **said: Any,
    ) -> Story:
        """One story at this moment or, where its channel is closed then, later or earlier that day. `kind` is that of a
        county's department whose job it is; any where empty. `here` is where the first grid worker serves."""
        rng = self.rng
        if said.get("fate") == Fate.ON_SPOT:
            channel = rng.choice((C.PATROL, C.VISIT))
        channel = channel or rng.choices(tuple(CHANNELS), tuple(CHANNELS.values()))[0]
        urgency = urgency or rng.choices(tuple(URGENCIES), tuple(URGENCIES.values()))[0]
        category = self._of_county(at, kind) if kind else self._category(at, urgency)
        if said.get("fate") == Fate.ON_SPOT and category.photo_required:
            said["fate"] = Fate.PLAIN
        grid = self.ground.first_cell if here else self._grid()
        return Story(
            at=self._in_hours(at, channel, category.urgency),
            grid=grid,
            channel=channel,
            category=category,
            words=Wording.choose(category.code, category.name, channel, rng),
            rates=rng.random() < 0.65,
            notes=rng.choices((0, 1, 2), (40, 40, 20))[0],
            point=self._point(grid) if channel in (C.INTAKE_POINT, C.BOX, C.RECEPTION) else None,
            **said,
        )

    def _in_hours(self, at: datetime, channel: Channel, urgency: str) -> datetime:
        opens, closes = AT_ANY_HOUR if urgency == Urgency.EMERGENCY else HOURS.get(channel, AWAKE)
        local = at.astimezone(self.zone)
        hour = local.hour + local.minute / 60
        if opens <= hour <= closes:
            return at
        fitting = local.replace(hour=0, minute=0) + timedelta(hours=self.rng.uniform(opens, closes))
        return min(at, fitting.astimezone(UTC)) if fitting > local else fitting.astimezone(UTC)

    def _of_county(self, at: datetime, kind: str) -> CategoryRow:
        known = (categories.book().by_code.get(code) for code in matters_of(at.astimezone(self.zone).month))
        return self.rng.choice([row for row in known if row and (row.unit_kind, row.lead_level) == (kind, "county")])

    def _category(self, at: datetime, urgency: str) -> CategoryRow:
        month = at.astimezone(self.zone).month
        if month not in self._leaves:
            by_urgency = self._leaves[month] = {}
            for code in matters_of(month):
                if (row := categories.book().by_code.get(code)) is not None and row.active:
                    by_urgency.setdefault(row.urgency, []).append(row)
        leaves = self._leaves[month][urgency]
        return self.rng.choices(leaves, [NEARBY if leaf.lead_level in ("village", "town") else 1 for leaf in leaves])[0]

    def _grid(self) -> Grid:
        """A cell, more often where a visitor's people serve."""
        first = self.ground.children(TOWNS[0], Level.VILLAGE)[:2]
        named = [*first, *(self.ground.children(code, Level.VILLAGE)[0] for code in TOWNS[1:])]
        village = self.rng.choice(named if self.rng.random() < NAMED_PLACES else self.ground.villages)
        return self.rng.choice(self.ground.children(village.code, Level.CELL))

    def _point(self, grid: Grid) -> IntakePoint:
        near = [point for point in self.bodies.points if grid.path.startswith(point.grid.path)]
        return self.rng.choice(near or self.bodies.points)

    def _twins(self, stories: list[Story], end: datetime) -> Iterator[Story]:
        """The same matter from another voice, soon after: to be merged. Some follow one that is surely still open."""
        plain = [story for story in stories if story.fate == Fate.PLAIN]
        lasting = [story for story in plain if story.ignored and story.neglected in (K.DISPATCH, K.HANDLE)][:3]
        for story in [*lasting, *self.rng.sample(plain, max(2, len(plain) // 30))]:
            twin = self.story(story.at, channel=C.WECHAT, fate=Fate.MERGED)
            twin.at = min(story.at + timedelta(hours=self.rng.uniform(0.5, 8)), end)
            twin.grid, twin.category, twin.twin = story.grid, story.category, story
            twin.words = Wording.choose(story.category.code, story.category.name, C.WECHAT, self.rng)
            yield twin


def days_between(begin: datetime, end: datetime, zone: ZoneInfo) -> list[date]:
    """The local days that a period touches."""
    first, last = begin.astimezone(zone).date(), end.astimezone(zone).date()
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
