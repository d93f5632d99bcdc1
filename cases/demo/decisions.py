"""What happens next in a story, and when: by the status of its case, the clock that runs, and how the story goes."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cases.calendars import calendar_of
from cases.choices import Channel, DeadlineKind, RejectReason, Satisfaction, Status
from cases.deadlines import Counting, due_at
from cases.models import Case, Category
from cases.routing import propose
from grids import tree
from grids.choices import Level
from grids.models import Unit

from .asides import INPUTS, aside
from .glances import owing_co_handler, running_clock
from .stories import Fate, Story
from .troupe import desks_over

S, K = Status, DeadlineKind
CLOCK_OF = {
    S.SUBMITTED: K.ACCEPT, S.ACCEPTED: K.DISPATCH, S.DISPATCHED: K.SIGN, S.HANDLING: K.HANDLE, S.REVIEW: K.REVIEW,
}  # fmt: skip
OWN_CLOCK = {"report_in": K.REPORT_IN, "contribute": K.ASSIST}
"""Steps that a co-handler owes by a clock of its own."""
JOINT = 0.25
"""The share of cases that a second unit helps with."""
LATE = 0.05
"""The share of steps that come after their deadline though nobody forgot them."""
CHECK_BACK = 0.25
"""After this share of a clock, whoever neglects a matter is asked again whether they still do."""
NOBODY_EVER = 99
"""As many escalations as there never are."""


@dataclass(frozen=True)
class Step:
    """One action with its inputs; `units` who may take it (None: whoever stands around the case). Without an action
    nothing is done: the case waits."""

    action: str = ""
    inputs: dict[str, Any] = field(default_factory=dict)
    units: list[int] | None = None
    resident: bool = False


WAIT = Step()


@dataclass
class Director:
    """Decides for all stories, with one source of chance."""

    rng: random.Random
    units: dict[int, Unit]
    categories: dict[int, Category]

    def next_step(self, story: Story, case: Case) -> Step | None:
        """The next step; `WAIT` where whoever has it neglects it, None where nothing more is to come."""
        if self._neglects(story, case):
            return None if case.listed_at else WAIT
        if case.escalations > story.seen_escalations:
            story.seen_escalations = case.escalations
            if self.rng.random() < 0.5:
                return self._pressed(story, case)
        match case.status:
            case S.SUBMITTED:
                return self._taken_in(story)
            case S.ACCEPTED:
                return self._handed_out(story, case)
            case S.DISPATCHED:
                return self._signed(story, case)
            case S.HANDLING:
                return self._handled(story, case)
            case S.REVIEW:
                return self._checked(story)
            case S.FEEDBACK:
                return self._rated(story)
            case _:
                return None

    def _neglects(self, story: Story, case: Case) -> bool:
        """The city, at the latest, cares: but for what nobody ever cares about."""
        at_the_top = case.level == Level.CITY and story.ignored < NOBODY_EVER
        forgotten = CLOCK_OF.get(S(case.status)) == story.neglected and case.escalations < story.ignored
        return forgotten and not at_the_top

    def when(self, story: Story, case: Case, step: Step, now: datetime) -> datetime:
        """The moment of the step, never before `now`."""
        calendar = calendar_of(case.grid_path)
        if step.action == "rate":
            return now + timedelta(days=min(self.rng.expovariate(1 / 1.5), 6.5))
        clock = running_clock(case.pk, OWN_CLOCK.get(step.action, CLOCK_OF.get(S(case.status), "")))
        if clock is None or step.action in ("instruct", "urge", *INPUTS):
            return due_at(calendar, now, self.rng.uniform(10, 200), Counting.WORKING)
        if step is WAIT:
            return due_at(calendar, now, max(clock.minutes * CHECK_BACK, 20), clock.counting)
        soonest = due_at(calendar, now, min(self.rng.uniform(2, 15), clock.minutes / 5), clock.counting)
        return max(due_at(calendar, clock.starts_at, self._share(step) * clock.minutes, clock.counting), soonest)

    def _share(self, step: Step) -> float:
        """After which share of the clock the step is taken."""
        if step.action == "progress":
            return self.rng.uniform(0.05, 0.3)
        if step.action in ("accept", "dispatch", "sign") and self.rng.random() < LATE:
            return self.rng.uniform(1.05, 1.6)
        if step.action == "finish" and self.rng.random() < LATE:
            return self.rng.uniform(1.02, 1.1)
        return self.rng.betavariate(1.6, 4)

    def _pressed(self, story: Story, case: Case) -> Step:
        """Somebody above noticed that it climbed."""
        action = self.rng.choice(("instruct", "urge"))
        return Step(action, {"note": story.words.say("moves", "urge")})

    def _taken_in(self, story: Story) -> Step:
        if story.fate == Fate.REJECTED:
            code = self.rng.choice(tuple(RejectReason))
            return Step("reject", {"reason_code": code.value, "text": story.words.say("rejections", code.value)})
        if story.fate == Fate.MERGED and story.twin is not None and story.twin.known is not None:
            other = story.twin.case
            if other.status in (S.SUBMITTED, S.ACCEPTED, S.DISPATCHED, S.HANDLING):
                return Step("merge", {"into": other})
        if story.fate == Fate.ON_SPOT:
            return self._on_spot(story)
        return Step("accept", {"category": self.categories[story.category.id]})

    def _on_spot(self, story: Story) -> Step:
        return Step("solve_on_spot", {"note": story.words.say("notes", "spot")})

    def _handed_out(self, story: Story, case: Case) -> Step:
        if story.fate == Fate.ON_SPOT:
            return self._on_spot(story)
        proposed = propose(case.grid_path, case.category_id).unit_id
        slot = tree.unit(proposed) if proposed else None
        if slot is None:
            return WAIT
        units = desks_over(case, slot)
        if case.returns and units:
            slot = tree.unit(units[0]) or slot  # returned: the desk's own authority takes it
            units = desks_over(case, slot)
        lead = {"lead": self.units[slot.id]}
        if case.returns >= 2:
            above = tree.authority_above(slot.path)
            return Step("rule", lead | {"reason": "按职责清单明确承办单位。"}, [above.id] if above else units)
        return Step("dispatch", lead | {"co_handlers": self._co_handlers(slot)}, units)

    def _co_handlers(self, lead: tree.UnitSlot) -> list[Unit]:
        if self.rng.random() > JOINT:
            return []
        others = [unit.id for unit in tree.units_of(lead.grid_id) if unit.id != lead.id]
        return [self.units[unit] for unit in self.rng.sample(others, min(1, len(others)))]

    def _signed(self, story: Story, case: Case) -> Step:
        if story.fate == Fate.WITHDRAWN:
            return self._withdrawn()
        if story.returns and not case.binding and case.returns < 2 and case.escalations == 0:
            return Step("return", {"reason": story.words.say("moves", "return")}, [case.lead_unit_id or 0])
        return Step("sign", {}, [case.lead_unit_id or 0])

    def _withdrawn(self) -> Step:
        return Step("withdraw", {"reason": "问题已自行解决。"}, resident=True)

    def _handled(self, story: Story, case: Case) -> Step:
        if story.fate == Fate.WITHDRAWN:
            return self._withdrawn()
        owing = owing_co_handler(case.pk)
        if owing is not None and not owing[1]:
            return Step("report_in", units=[owing[0]])
        if story.asides:
            said = aside(story.asides[0], case, story.words, self.units, self.rng)
            return Step(said.action, said.inputs, said.units)
        lead = tree.unit(case.lead_unit_id or 0)
        name = lead.name if lead else ""
        if story.notes:
            return Step("progress", {"note": story.words.say("notes", "progress", unit=name)}, [case.lead_unit_id or 0])
        if owing is not None:
            return Step("contribute", {"note": story.words.say("notes", "progress", unit=name)}, [owing[0]])
        outcome, reply = story.words.result(case.urgency, name)
        return Step("finish", {"outcome": outcome.value, "reply": reply}, [case.lead_unit_id or 0])

    def _checked(self, story: Story) -> Step:
        if story.redos:
            return Step("send_back", {"reason": story.words.say("moves", "send_back")})
        return Step("approve")

    def _rated(self, story: Story) -> Step | None:
        if story.complaints:
            comment = story.words.say("ratings", "unsatisfied")
            said = {"solved": False, "satisfaction": Satisfaction.UNSATISFIED.value, "comment": comment}
            return Step("rate", said, resident=True)
        if not story.rates:
            return None
        mood = self.rng.choices((Satisfaction.SATISFIED, Satisfaction.NEUTRAL), (88, 12))[0]
        comment = story.words.say("ratings", "satisfied") if mood == Satisfaction.SATISFIED else ""
        said = {"solved": True, "satisfaction": mood.value, "comment": comment}
        asked = story.channel == Channel.HOTLINE and self.rng.random() < 0.5
        return Step("rate", said, resident=not asked)

    def took(self, story: Story, step: Step) -> None:
        """What is done need not be done again."""
        match step.action:
            case "return":
                story.returns -= 1
            case "send_back":
                story.redos -= 1
            case "progress":
                story.notes -= 1
            case action if story.asides and action == story.asides[0]:
                story.asides = story.asides[1:]
            case "rate" if story.complaints:
                story.complaints -= 1
