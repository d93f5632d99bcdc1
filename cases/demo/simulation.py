"""A month of the city, lived through in the order in which it happened: people act through the services at their own
moments, and the clock fires in between at its own."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from cases.choices import OPEN, Channel, Status
from cases.errors import CaseError, IllegalMove
from cases.models import Case
from cases.reporter import Reporter
from cases.services import ACTIONS, Report, submit, sweep
from grids.choices import Level, Role

from .decisions import WAIT, Director, Step
from .glances import next_due
from .outlines import point_in
from .phrases import person_name, phone
from .stories import Author, Story
from .territory import Ground, short_name
from .troupe import Troupe, authorities

C, S = Channel, Status
LOGGED_BY: dict[Channel, tuple[tuple[Level, tuple[str, ...]], ...]] = {
    C.PATROL: ((Level.VILLAGE, (Role.GRID_WORKER,)),),
    C.VISIT: ((Level.VILLAGE, (Role.VILLAGE_HEAD,)),),
    C.RECEPTION: ((Level.COUNTY, (Role.DISPATCHER,)), (Level.TOWN, (Role.DISPATCHER,))),
    C.HOTLINE: ((Level.CITY, (Role.DISPATCHER,)), (Level.COUNTY, (Role.DISPATCHER,))),
    C.MEDIA: ((Level.CITY, (Role.DISPATCHER,)),),
}
"""Which level's people write down what comes by these channels; by all others residents write themselves."""
SHARE_WITH_PLACE = 0.7
ANONYMOUS_EACH = 16
SECRET_EACH = 33
"""One in so many of those who speak up themselves: by turns, so that there are some in every demo."""


@dataclass(order=True)
class Turn:
    """A step that will be taken at a moment, unless the case has gone another way by then."""

    at: datetime
    order: int
    story: Story = field(compare=False)
    step: Step | None = field(compare=False, default=None)
    state: tuple[Any, ...] = field(compare=False, default=())


def state_of(case: Case) -> tuple[Any, ...]:
    """What a step was decided on; reminders and notes do not change it."""
    return case.status, case.duty_unit_id, case.escalations


@dataclass
class Simulation:
    """Lives stories through. `swept_to` is how far the clock has fired."""

    ground: Ground
    author: Author
    director: Director
    troupe: Troupe
    swept_to: datetime
    _turns: list[Turn] = field(default_factory=list)
    _order: Any = field(default_factory=count)
    _voices: Any = field(default_factory=lambda: count(1))

    def add(self, stories: Iterable[Story]) -> None:
        """From their moment on, these will be lived through."""
        for story in stories:
            self._push(Turn(story.at, next(self._order), story))

    def _push(self, turn: Turn) -> None:
        heapq.heappush(self._turns, turn)

    def run_until(self, moment: datetime) -> None:
        """Everything that people and the clock do up to this moment."""
        while self._turns and self._turns[0].at <= moment:
            turn = heapq.heappop(self._turns)
            self.sweep_to(turn.at)
            self._take(turn)
        self.sweep_to(moment)

    def sweep_to(self, moment: datetime) -> None:
        """Fires each due step at its own moment, not when somebody next looks."""
        while True:
            due = next_due(self.swept_to, moment)
            if due is None:
                break
            sweep(now=due, actor=self.troupe.clock(due))
            self.swept_to = due
        self.swept_to = max(self.swept_to, moment)

    def _take(self, turn: Turn) -> None:
        story, at = turn.story, turn.at
        if story.known is None:
            case = self.speak_up(story, at)
        else:
            case = story.case
            if turn.step is not None and turn.step is not WAIT and turn.state == state_of(case):
                case = self.act(story, case, turn.step, at)
        self._plan(story, case, at)

    def _plan(self, story: Story, case: Case, now: datetime) -> None:
        if case.status not in OPEN:
            return
        step = self.director.next_step(story, case)
        if step is not None:
            at = self.director.when(story, case, step, now)
            self._push(Turn(at, next(self._order), story, step, state_of(case)))

    def act(self, story: Story, case: Case, step: Step, at: datetime) -> Case:
        """Takes the step, if anybody is there to take it, and says how the case stands then."""
        by_resident = self.troupe.resident(at)
        actor = by_resident if step.resident else self.troupe.actor_for(case, step.action, at, step.units)
        if actor is None:
            story.asides = ()  # nobody is there to ask, or to answer
            return case
        try:
            changed: Case = ACTIONS[step.action](case, actor, at=at, **step.inputs)
        except CaseError as refusal:
            beside = step.action in story.asides  # too late to ask, or who could decide has asked themselves
            if not beside and not isinstance(refusal, IllegalMove):
                raise
            story.asides = ()
            return case  # otherwise what it was to be merged into is closed by now
        self.director.took(story, step)
        story.known = changed
        return changed

    def speak_up(self, story: Story, at: datetime) -> Case:
        """The matter comes in by its channel."""
        actor = self.troupe.resident(at)
        if story.channel in LOGGED_BY:
            level, roles = self.director.rng.choice(LOGGED_BY[story.channel])
            unit = next((u for u in authorities(story.grid.path) if u.level == level), None)
            actor = (self.troupe.of_unit(unit.id, at, *roles) if unit else None) or actor
        case = submit(self._report(story), actor, at=at)
        story.known = case
        return case

    def _report(self, story: Story) -> Report:
        rng, words = self.director.rng, story.words
        patrol = story.channel == C.PATROL
        placed = not story.point and rng.random() < SHARE_WITH_PLACE
        lon, lat = point_in(self.ground.outlines[story.grid.code], rng) if placed else (None, None)
        turn = 0 if patrol else next(self._voices)
        named = turn % ANONYMOUS_EACH > 0
        return Report(
            title=words.title,
            text=words.text(story.channel),
            channel=story.channel,
            category_id=story.category.id if story.channel in LOGGED_BY or rng.random() < 0.6 else None,
            urgency=story.category.urgency,
            lon=lon,
            lat=lat,
            coordinate_source="wgs84" if placed else "",
            address=self._address(story),
            intake_point=story.point,
            grid_id=None if placed or story.point else story.grid.pk,
            reporter=Reporter(person_name(rng), phone(rng)) if named else Reporter(),
            anonymous=not named and not patrol,
            secret=named and turn % SECRET_EACH == 0,
        )

    def _address(self, story: Story) -> str:
        town, village = (self.ground.grids[code] for code in (f"{story.grid.code[:9]}000", story.grid.code[:12]))
        where = "{spot}" if short_name(village).endswith("村") else "{road}{place}"
        return f"{town.name}{short_name(village)}{story.words.fill(where)}"

    def bring(self, story: Story, status: Status) -> Case:
        """Lives a story straight to a status, a second for each step; it is left there."""
        at = story.at
        case = self.speak_up(story, at)
        while case.status != status:
            step = self.director.next_step(story, case)
            if step is None or step is WAIT:
                raise LookupError(f"no way to {status} for case {case.number}")
            at += timedelta(seconds=1)
            before = case.version
            case = self.act(story, case, step, at)
            if case.version == before:
                raise LookupError(f"nobody may {step.action} case {case.number}")
        return case


Progress = Callable[[list[Any], str], Iterable[Any]]
