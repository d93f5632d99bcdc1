"""The golden book's stories: how they are written, and how one is lived through with the real services and sweep.

A turn is a line `MOMENT WHO ACTION [input=value …]`; an expected line is `MOMENT EVENT [KIND OF CLOCK] [due MOMENT]`,
with the due moment only where the event came later than it was due.
"""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_datetime

from cases import errors
from cases.actors import RESIDENT, Actor
from cases.models import Case, CaseEvent, Category, Deadline
from cases.services import sweep
from cases.services.publishing import publish, read_promises
from cases.services.recounts import recount
from grids.calendars import fill_calendar
from grids.models import CalendarDay
from notifications.models import Alarm, Delivery
from notifications.services import dispatch_events, ring_alarms
from tests.stories import DATA, Stories

CHINA = ZoneInfo("Asia/Shanghai")
SHELF = Path(__file__).parent / "stories"
RESIDENTS_ACTIONS = frozenset({"withdraw", "reopen"})


def moment(text: str) -> datetime:
    """`2026-09-30 15:10` on the city's clock."""
    said = parse_datetime(text)
    assert said is not None, f"{text!r}: a moment as 2026-09-30 15:10 would be right"
    return said.replace(tzinfo=CHINA)


@dataclass(frozen=True, slots=True)
class Turn:
    """What somebody does."""

    at: datetime
    who: str
    action: str
    said: dict[str, str]

    @classmethod
    def read(cls, line: str) -> Turn:
        day, time, who, action, *said = shlex.split(line)
        return cls(moment(f"{day} {time}"), who, action, dict(part.split("=", 1) for part in said))


@dataclass(frozen=True, slots=True)
class Story:
    """One page of the book."""

    name: str
    title: dict[str, str]
    text: dict[str, str]
    turns: tuple[Turn, ...]
    until: datetime
    expected: dict[str, list[str]]
    facts: dict[str, Any] = field(default_factory=dict)
    promises: str = ""
    promises_from: str = "2020-01-02 00:00"
    outage: tuple[datetime, datetime] | None = None
    messages: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Story:
        said = tomllib.loads(path.read_text())
        outage = said.get("outage")
        return cls(
            name=path.stem,
            title=said["title"],
            text=said["story"],
            turns=tuple(Turn.read(line) for line in said["turns"].strip().splitlines()),
            until=moment(said["until"]),
            expected={case: lines.strip().splitlines() for case, lines in said["expected"].items()},
            facts=said.get("facts", {}),
            promises=said.get("promises", ""),
            promises_from=said.get("promises_from", "2020-01-02 00:00"),
            outage=(moment(outage[0]), moment(outage[1])) if outage else None,
            messages=tuple(said.get("messages", "").strip().splitlines()),
        )


def shelf() -> list[Story]:
    """All stories, in the order of the book."""
    return [Story.read(path) for path in sorted(SHELF.glob("*.toml"))]


class Telling:
    """Lives a story through: the sweep runs at every moment at which something is due, unless all workers are down."""

    def __init__(self, story: Story, stories: Stories) -> None:
        self.story = story
        self.stories = stories
        self.cases: dict[str, Case] = {}

    def run(self) -> None:
        publish(read_promises((DATA / "policy.toml").read_text()), at=moment("2020-01-01 00:00"))
        if self.story.promises:
            publish(read_promises(self.story.promises), at=moment(self.story.promises_from))
        for turn in self.story.turns:
            self._sweep_until(turn.at)
            self._take(turn)
        self._sweep_until(self.story.until)

    def lines(self, name: str) -> list[str]:
        """The history of a case as the book writes it."""
        events = CaseEvent.objects.filter(case=self.cases[name]).order_by("seq")
        return [line_of(event) for event in events]

    def messages(self) -> list[str]:
        """What goes out: when, to whom, and of which events, how urgently and why. What one person is told at one
        moment is one message."""
        rows = Delivery.objects.select_related("user", "item__event").order_by(
            "next_attempt_at", "user__username", "pk"
        )
        messages = groupby(rows, key=lambda row: (row.next_attempt_at, row.user))
        return [" ".join([_local(at), user.username, *map(_told, told)]) for (at, user), told in messages]

    def _next_moment(self, until: datetime) -> datetime | None:
        due = Deadline.objects.filter(fire_at__lte=until).order_by("fire_at").values_list("fire_at", flat=True)
        rings = Alarm.objects.filter(next_at__lte=until).order_by("next_at").values_list("next_at", flat=True)
        moments = [due.first(), rings.first() if self.story.messages else None]
        return min((at for at in moments if at), default=None)

    def _tell(self, at: datetime) -> None:
        if self.story.messages:
            dispatch_events(at=at)
            ring_alarms(at)

    def _sweep_until(self, until: datetime) -> None:
        while True:
            at = self._next_moment(until)
            if at is None:
                return
            if self.story.outage and self.story.outage[0] <= at < self.story.outage[1]:
                if until < self.story.outage[1]:
                    return
                at = self.story.outage[1]
            sweep(at)
            self._tell(at)

    def _take(self, turn: Turn) -> None:
        said = dict(turn.said)
        name, refused = said.pop("case", "a"), said.pop("refused", "")
        if not refused:
            self._act(name, turn, said)
            self._tell(turn.at)
            return
        try:
            self._act(name, turn, said)
        except getattr(errors, refused):
            return
        raise AssertionError(f"{turn.action} at {turn.at:%Y-%m-%d %H:%M} was to be refused")

    def _act(self, name: str, turn: Turn, said: dict[str, str]) -> None:
        inputs = {key: self._value(key, value) for key, value in said.items()}
        actor = RESIDENT if turn.who == "resident" else Actor.person(getattr(self.stories.cast, turn.who))
        if turn.action == "close_offices":
            self._close_offices(turn, **inputs)
        elif turn.action == "submit":
            self.cases[name] = self.stories.submit(turn.at, by=actor, **inputs)
        else:
            self.stories.do(self.cases[name], turn.action, actor, at=turn.at, **inputs)

    def _close_offices(self, turn: Turn, on: date, name: str) -> None:
        city = self.stories.cast.city
        fill_calendar(city, [turn.at.year])
        recount(turn.at)
        CalendarDay.objects.create(calendar=city.calendar, date=on, kind="closure", name=name)
        recount(turn.at)

    def _value(self, key: str, text: str) -> Any:
        if key == "category":
            return Category.objects.get(code=text)
        if key in ("co_handlers",):
            return [getattr(self.stories.cast, name) for name in text.split(",")]
        if key in ("lead", "unit", "intake_point"):
            return getattr(self.stories.cast, text)
        if key == "into":
            return self.cases[text]
        if key == "on" or key.endswith("_on"):
            return date.fromisoformat(text)
        if key == "days":
            return Decimal(text)
        return _plain(text)


def _plain(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return text


def _told(row: Any) -> str:
    return f"{row.item.event.kind}({row.pace} {row.item.reason})"


def line_of(event: CaseEvent) -> str:
    """One line of history as the book writes it."""
    parts = [_local(event.at), event.kind]
    parts += filter(None, [event.payload.get("deadline_kind")])
    if event.due_at is not None and _local(event.due_at) != _local(event.at):
        parts.append(f"due {_local(event.due_at)}")
    return " ".join(parts)


def _local(at: datetime) -> str:
    return at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")


def pages() -> Iterator[str]:
    """The book as Markdown, for `docs/golden-book.md`."""
    yield HEAD
    for number, story in enumerate(shelf(), 1):
        yield f"\n## {number}. {story.title['zh']} · {story.title['en']}\n\n"
        yield f"{story.text['zh'].strip()}\n\n{story.text['en'].strip()}\n"
        for name, lines in story.expected.items():
            yield _block(lines) if name == "a" else f"\n{name}:\n" + _block(lines)
        if story.messages:
            yield "\nTold:\n" + _block(list(story.messages))


def _block(lines: list[str]) -> str:
    return "\n```text\n" + "\n".join(lines) + "\n```\n"


HEAD = """# The golden book · 金书

What the clock must do, told in stories with real days. Each is a test (`tests/golden`): the story is lived through
with the real services and the real sweep, and the history of the case must be these lines and no other. A line is the
moment, the event, the clock that it is about, and, where it came later, the moment when it was due. Days and holidays
are the true ones; offices work 8:30–12:00 and 14:00–17:30. Where messages are written out too, a line is when a message
goes out, to whom, and of which events, each with its urgency and the reason: these messages and no other.

Written by `python -m tests.golden`; a test fails where it is stale.
"""
