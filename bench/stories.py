"""One made-up case from its first word to where it stands now: the rows that the services would have left behind.

Deadlines are counted by `cases.deadlines`, histories chained as `cases.services.history` does; tests compare both."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import Any

from bench.rows import DAY_MICROS, DEADLINES_ROOM, EPOCH, NULL, SHARES_ROOM, Chain, Tables, moment_text
from bench.world import Desk, Matter, Place, World
from cases.choices import Channel
from cases.deadlines import fire_at
from cases.deadlines.calendar import MICROSECOND, micros
from cases.deadlines.counting import shift
from cases.policies import AllowanceRow

BEIJING = 8 * 3_600_000_000
ON_THE_SPOT, REJECTED, WITHDRAWN, STUCK, LATE, RATED = 0.3, 0.015, 0.005, 0.004, 0.05, 0.55
"""Shares of cases: solved at once, refused, taken back, lying about, late at a step, judged by the resident."""
TOLD = {"remind": "reminded", "flag": "flagged", "urge": "urged"}
RESIDENT = ("resident", None, None)
CLOCK = ("clock", None, None)
CHANNELS = [c.value for c in Channel if c != Channel.PATROL]
CODE_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


class Rests(Exception):
    """The next thing has not happened yet."""


@dataclass(slots=True)
class Clock:
    """A running deadline; moments in microseconds since 1970."""

    id: int
    kind: str
    desk: Desk
    allowance: AllowanceRow
    start: int
    due: int
    flagged: int | None = None
    fired: set[int] = field(default_factory=set)


def _said(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


class Story:
    """Tells one case into tables. `start` and `now` are microseconds since 1970."""

    def __init__(self, world: World, tables: Tables, dice: random.Random, case_id: int, start: int, now: int) -> None:
        self.world, self.tables, self.dice = world, tables, dice
        self.id, self.now, self.at = case_id, now, start
        self.chain = Chain(tables, case_id)
        self.place: Place = dice.choice(world.places)
        self.matter: Matter = dice.choice(world.matters)
        self.running: dict[str, Clock] = {}
        self.clocks = self.shares = 0
        local = EPOCH + (start + BEIJING) // DAY_MICROS * (DAY_MICROS * MICROSECOND)
        self.case: dict[str, Any] = {
            "number": f"1310-{local:%Y%m%d}-{case_id:06d}", "submitted_at": self.text, "duty": self.place.village,
            "level": self.place.village.level, "status": "submitted", "urges": 0, "outcome": "", "reply": "",
            "reject_reason": "", "channel": dice.choice(CHANNELS),
        }  # fmt: skip

    @property
    def text(self) -> str:
        return moment_text(self.at)

    def tell(self) -> None:
        """The whole story, and the case's own row."""
        stuck = self.dice.random() < STUCK
        try:
            self._begin()
            if self.case["channel"] == "patrol":
                self._solve_on_spot()
            else:
                self._pass_desks(self.dice.randrange(1, 5) if stuck else 9)
            self._hear_verdict()
        except Rests:
            self._rest()
        self._write_case()

    def _begin(self) -> None:
        case, place = self.case, self.place
        by_worker = self.dice.random() < ON_THE_SPOT
        if by_worker:
            case |= {"channel": "patrol", "logged_by": place.worker, "accepted_by": place.worker}
        actor = ("person", place.worker, place.village.id) if by_worker else RESIDENT
        self._record(
            "submitted",
            f'{{"category":{self.matter.id},"channel":"{case["channel"]}","found_by":"point",'
            f'"grid":{place.grid_id},"number":"{case["number"]}","place":{place.names}}}',
            actor,
        )
        if by_worker:
            case |= {"accepted_at": self.text, "status": "accepted"}
            self._record("accepted", '{"by_logging":true}', actor)
        self._start("dispatch" if by_worker else "accept")

    def _solve_on_spot(self) -> None:
        self._wait("dispatch")
        note = self.dice.choice(self.world.notes)
        village = self.place.village
        self.case |= {"outcome": "solved", "reply": note, "finished_at": self.text, "lead": village, "by": village}
        self._record("solved_on_spot", f'{{"note":{_said(note)}}}', ("person", self.place.worker, village.id))
        self._enter("feedback", "rate")

    def _pass_desks(self, steps: int) -> None:
        """The way over the desks; `steps` of it where the case lies about."""
        way = [self._accept, self._dispatch, self._sign, self._handle, self._approve]
        for step in way[:steps]:
            step()
            if self.case["status"] in ("rejected", "withdrawn"):
                break
        if steps < len(way):
            raise Rests

    def _accept(self) -> None:
        self._wait("accept")
        head = self.place.village
        self.case["accepted_by"] = head.person
        if self.dice.random() < REJECTED:
            text = "您好，来件没有写明时间和地点，暂时无法受理。"
            self.case |= {"reject_reason": "no_facts", "reply": text}
            self._record("rejected", f'{{"reason_code":"no_facts","text":{_said(text)}}}', self._person(head))
            return self._enter("rejected")
        self.case["accepted_at"] = self.text
        self._record("accepted", '{"note":""}', self._person(head))
        return self._enter("accepted", "dispatch")

    def _dispatch(self) -> None:
        self._wait("dispatch")
        if self.dice.random() < WITHDRAWN:
            self._record("withdrawn", '{"reason":""}', RESIDENT)
            return self._enter("withdrawn")
        lead = self.world.lead_for(self.place, self.matter)
        by = self.place.authorities[lead.level]
        self.case |= {"dispatched_at": self.text, "lead": lead, "by": by, "duty": lead, "level": lead.level}
        self._record(
            "dispatched",
            f'{{"co_handler_names":[],"co_handlers":[],"lead":{lead.id},"lead_name":{lead.name},"note":""}}',
            self._person(by),
        )
        return self._enter("dispatched", "sign", "handle")

    def _sign(self) -> None:
        self._wait("sign")
        self.case["signed_at"] = self.text
        self._record("signed", '{"note":""}', self._person(self.case["lead"]))
        self._enter("handling", keep="handle")

    def _handle(self) -> None:
        lead, by = self.case["lead"], self.case["by"]
        if self.dice.random() < 0.5:
            self._wait("handle", 0.4)
            note = self.dice.choice(self.world.notes)
            self._record("progressed", f'{{"note":{_said(note)}}}', self._person(lead))
        self._wait("handle")
        reply = self.dice.choice(self.world.replies)
        self.case |= {"outcome": "solved", "reply": reply, "finished_at": self.text, "duty": by, "level": by.level}
        self._record("finished", f'{{"outcome":"solved","reply":{_said(reply)}}}', self._person(lead))
        self._enter("review", "review")

    def _approve(self) -> None:
        self._wait("review")
        self._record("approved", '{"note":""}', self._person(self.case["by"]))
        self._enter("feedback", "rate")

    def _hear_verdict(self) -> None:
        if self.case["status"] != "feedback":
            return
        if self.dice.random() < RATED:
            self._wait("rate", self.dice.random() * 0.9)
            comment = self.dice.choice(self.world.verdicts)
            self.tables.add("cases_rating", self.id, self.id, True, "satisfied", comment, self.text)
            said = f'{{"comment":{_said(comment)},"satisfaction":"satisfied","solved":true}}'
            self._record("rated", said, RESIDENT)
            self._record("closed", "{}", RESIDENT)
        else:
            self._wait("rate", 1.0)
            self._record("closed", '{"by_clock":true}', CLOCK, due=self.text)
        self.case["closed_at"] = self.text
        self._enter("closed")

    # What every step does

    def _person(self, desk: Desk) -> tuple[str, int | None, int | None]:
        return "person", desk.person, desk.id

    def _record(
        self, kind: str, payload: str, actor: tuple[str, int | None, int | None], due: str | None = None
    ) -> int:
        self.case["updated_at"] = self.text
        return self.chain.record(kind, self.text, payload, actor, due)

    def _start(self, kind: str) -> None:
        desk = self.case["duty"]
        allowance = self.world.allowance(kind, self.matter.path, self.matter.urgency, self.case["level"])
        if allowance is None:
            raise ValueError(f"the policy has no allowance for {kind}")
        due = shift(self.world.calendar, self.at, micros(allowance.minutes), allowance.counting)
        self.running[kind] = Clock(self.id * DEADLINES_ROOM + self.clocks, kind, desk, allowance, self.at, due)
        self.clocks += 1

    def _wait(self, kind: str, part: float | None = None) -> None:
        """Time goes on until the one who owes `kind` acts: after a part of the allowance, late where above 1.

        Raises Rests where that is still to come."""
        clock = self.running[kind]
        if part is None:
            part = 1 + self.dice.random() if self.dice.random() < LATE else 0.42 + 0.5 * self.dice.random()
        amount = int(micros(clock.allowance.minutes) * part)
        moment = max(self.at, shift(self.world.calendar, clock.start, amount, clock.allowance.counting))
        if moment > self.now:
            raise Rests
        for late in sorted(self.running.values(), key=lambda running: running.due):
            if late.due < moment and late.flagged is None and late.kind != "rate":
                self._tell_step(late, next(s.id for s in late.allowance.steps if s.action == "flag"), "flag", late.due)
        self.at = max(self.at, moment)

    def _enter(self, status: str, *clocks: str, keep: str = "") -> None:
        self.case["status"] = status
        for kind in [kind for kind in self.running if kind != keep]:
            self._write_clock(self.running.pop(kind), ended=self.at)
        for kind in clocks:
            self._start(kind)

    def _tell_step(self, clock: Clock, step: int, action: str, due: int) -> None:
        self.at = max(self.at, due)
        desk, text = clock.desk, moment_text(clock.due)
        payload = (
            f'{{"deadline":{clock.id},"deadline_due_at":"{text}","deadline_kind":"{clock.kind}",'
            f'"deadline_level":"{desk.level}","unit":{desk.id},"unit_name":{desk.name}}}'
        )
        event = self._record(TOLD[action], payload, CLOCK, due=moment_text(due))
        self.tables.add("cases_stepfiring", event, clock.id, step, moment_text(due), self.text, event)
        clock.fired.add(step)
        if action == "flag":
            clock.flagged = self.at
        self.case["urges"] += action == "urge"

    def _rest(self) -> None:
        """It stands where it stands: what the clocks have said until now is told, and when they speak again."""
        steps = []
        for clock in self.running.values():
            for step in clock.allowance.steps:
                if step.action in TOLD and step.id not in clock.fired:
                    steps.append((self._fires(clock, step), clock, step))
        for moment, clock, step in sorted(steps, key=lambda entry: (entry[0], entry[1].id)):
            if moment <= self.now:
                self._tell_step(clock, step.id, step.action, moment)
        self.case["due_at"] = moment_text(min(clock.due for clock in self.running.values())) if self.running else None
        late = [clock.due for clock in self.running.values() if clock.flagged]
        self.case["overdue_since"] = moment_text(min(late)) if late else None
        for clock in self.running.values():
            ahead = [(m, s.id) for s in clock.allowance.steps if (m := self._fires(clock, s)) > self.now]
            self._write_clock(clock, ended=None, ahead=min(ahead, default=None))

    def _fires(self, clock: Clock, step: Any) -> int:
        allowance = clock.allowance
        moment = fire_at(
            self.world.calendar, anchor=step.anchor, value=step.value, start=EPOCH + clock.start * MICROSECOND,
            allowance_minutes=allowance.minutes, counting=allowance.counting, due=EPOCH + clock.due * MICROSECOND,
            any_hour=step.any_hour,
        )  # fmt: skip
        return (moment - EPOCH) // MICROSECOND

    def _write_clock(self, clock: Clock, ended: int | None, ahead: tuple[int, int] | None = None) -> None:
        allowance = clock.allowance
        state = "running" if ended is None else "missed" if ended > clock.due else "met"
        next_at, next_step = (moment_text(ahead[0]), ahead[1]) if ahead else (NULL, NULL)
        self.tables.lines["cases_deadline"].append(
            f"{clock.id}\t{self.id}\t{clock.kind}\t{clock.desk.id}\t{clock.desk.level}\t{allowance.id}\t"
            f"{moment_text(clock.start)}\t{allowance.minutes}\t0\t{allowance.counting.value}\t"
            f"{moment_text(clock.due)}\t{state}\t{moment_text(clock.flagged) if clock.flagged else NULL}\t"
            f"{moment_text(ended) if ended else NULL}\t{next_at}\t{next_step}\t"
        )

    def _write_case(self) -> None:
        case, place, matter = self.case, self.place, self.matter
        title, text = self.dice.choice(matter.words)
        sealed, hashed = self.dice.choice(self.world.residents)
        lead, by = case.get("lead"), case.get("by")
        if case.get("dispatched_at"):
            self._write_share(case, lead)
        code = "".join(self.dice.choices(CODE_ALPHABET, k=10))
        self.tables.add(
            "cases_case", self.id, case["number"], code, title, text, case["channel"], matter.id, matter.urgency,
            case["status"], place.grid_id, place.path, "point", place.lon, place.lat, "wgs84", "", sealed, hashed,
            self.dice.random() < 0.05, self.dice.random() < 0.02, case.get("logged_by"), case.get("accepted_by"),
            case["duty"].id, case["level"], lead and lead.id, by and by.id, "{}",
            f"{{{lead.id}}}" if case.get("dispatched_at") else "{}", self.world.policy_id, case["submitted_at"],
            case.get("accepted_at"), case.get("dispatched_at"), case.get("finished_at"), case.get("closed_at"),
            case["updated_at"], case.get("due_at"), case.get("overdue_since"), 0, 0, 0, 0, case["urges"], False,
            case["outcome"], case["reply"], case["reject_reason"], "", "", self.chain.seq, self.chain.head,
        )  # fmt: skip

    def _write_share(self, case: dict[str, Any], lead: Desk) -> None:
        ended = case.get("closed_at")
        self.tables.add(
            "cases_assignment", self.id * SHARES_ROOM, self.id, lead.id, "lead", case["dispatched_at"],
            case["by"].person, "", case.get("signed_at"), ended, "closed" if ended else "",
        )  # fmt: skip
