"""The judge of a chaos run sees what can go wrong: each fault, put into a record that is right, is found and named."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bench.chaos.expected import Firing, Life, Line, Step
from bench.chaos.judge import OUTAGE, Record, Verdict, judge_steps

START = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
REMIND, FLAG, ESCALATE = Step(1, "remind", "percent", 50), Step(2, "flag", "after", 0), Step(3, "escalate", "after", 5)
KINDS = {1: "reminded", 2: "flagged", 3: "escalated"}


def after(minutes: float) -> datetime:
    """A moment of the story."""
    return START + timedelta(minutes=minutes)


class Story:
    """A deadline of ten minutes that was reminded, flagged and escalated, each step a second late."""

    def __init__(self) -> None:
        self.life = Life(7, 1, "accept", START, 10, after(10), None, "", [REMIND, FLAG, ESCALATE])
        self.lines = [Line(100, 1, 1, "submitted", False, START, None, None, START)]
        for step, minutes in ((REMIND, 5), (FLAG, 10), (ESCALATE, 15)):
            self.fire(step, after(minutes), after(minutes) + timedelta(seconds=1))
        self.life.ended_at = self.lines[-1].at

    def fire(self, step: Step, due_at: datetime, at: datetime) -> None:
        """One more step, its event and its mark."""
        last = self.lines[-1]
        self.lines.append(Line(last.id + 1, 1, last.seq + 1, KINDS[step.id], True, at, due_at, 7, at))
        self.life.fired[step.id] = Firing(7, step.id, due_at, last.id + 1, at)

    def lose(self, step: Step) -> None:
        """Neither mark nor event of a step."""
        firing = self.life.fired.pop(step.id)
        self.lines = [line for line in self.lines if line.id != firing.event_id]

    def verdict(self, minutes: float = 60) -> Verdict:
        """What the judge says of it after a run of so many minutes."""
        lines = {line.id: line for line in self.lines}
        return judge_steps(Record([self.life], {1: self.lines}, lines), after(minutes))


@pytest.fixture
def story() -> Story:
    return Story()


def test_a_record_that_is_right_has_no_fault(story: Story) -> None:
    verdict = story.verdict()
    assert verdict.faults == {} and verdict.steps == 3


def test_a_step_that_was_due_before_the_clock_ended_is_missing(story: Story) -> None:
    story.lose(FLAG)
    assert story.verdict().faults == {"missing": 1}


def test_of_a_running_clock_only_what_is_due_until_the_end_of_the_run_is_missing(story: Story) -> None:
    story.lose(ESCALATE)
    story.life.ended_at = None
    assert story.verdict(14).faults == {}
    assert story.verdict(16).faults == {"missing": 1}


def test_a_mark_without_its_event_is_missing_too(story: Story) -> None:
    story.lines = [line for line in story.lines if line.kind != "flagged"]
    assert story.verdict().faults["missing"] == 1


def test_an_event_without_a_mark_of_its_own_is_double(story: Story) -> None:
    twin = replace(story.lines[2], id=900, seq=9)
    story.lines.append(twin)
    assert story.verdict().faults["double"] == 2  # it has no mark, and its step has two events


def test_a_step_of_another_ladder_is_double(story: Story) -> None:
    story.life.steps.remove(REMIND)
    assert story.verdict().faults == {"double": 1}


@pytest.mark.parametrize("witness", ["mark", "event", "word"])
def test_a_step_is_early_by_the_databases_clock_or_by_its_own_word(story: Story, witness: str) -> None:
    before = after(9)
    if witness == "mark":
        story.life.fired[FLAG.id] = replace(story.life.fired[FLAG.id], seen_at=before)
    elif witness == "event":
        story.lines[2] = replace(story.lines[2], seen_at=before)
    else:
        story.lines[2] = replace(story.lines[2], at=before)
    assert story.verdict().faults == {"early": 1}


def test_a_step_that_says_another_due_moment_than_the_policy_is_misdated(story: Story) -> None:
    story.life.fired[FLAG.id] = replace(story.life.fired[FLAG.id], due_at=after(11))
    story.lines[2] = replace(story.lines[2], due_at=after(11))
    assert story.verdict().faults == {"misdated": 1}


def test_steps_out_of_due_order_are_seen(story: Story) -> None:
    story.lines[1], story.lines[2] = replace(story.lines[1], seq=3), replace(story.lines[2], seq=2)
    assert story.verdict().faults == {"disorder": 1}


def test_a_step_after_the_end_of_its_clock_is_seen(story: Story) -> None:
    story.lines[1] = replace(story.lines[1], seq=8)
    assert story.verdict().faults["after_end"] == 1


def test_a_clock_that_ended_without_an_event_is_unexplained(story: Story) -> None:
    story.life.ended_at = after(30)
    assert story.verdict().faults == {"unexplained": 1}


def test_a_clock_that_was_set_aside_is_a_fault(story: Story) -> None:
    story.life.error = "RuntimeError"
    assert story.verdict().faults == {"set_aside": 1}


def act(story: Story, minutes: float) -> None:
    """Somebody accepts the case before the sweep has come to escalate it."""
    story.lose(ESCALATE)
    story.lines.append(
        Line(200, 1, story.lines[-1].seq + 1, "accepted", False, after(minutes), None, None, after(minutes))
    )
    story.life.ended_at = after(minutes)


def test_what_a_person_made_moot_in_an_outage_is_no_fault_but_counted(story: Story) -> None:
    act(story, 16)
    verdict = story.verdict()
    assert verdict.faults == {} and verdict.overtaken == 1


def test_that_it_was_late_is_never_moot(story: Story) -> None:
    story.lose(FLAG)
    act(story, 12)
    verdict = story.verdict()
    assert verdict.faults == {"missing": 1} and verdict.overtaken == 0


def test_nobody_overtakes_a_step_that_was_due_longer_ago_than_anything_stays_dead(story: Story) -> None:
    act(story, 15 + OUTAGE / timedelta(minutes=1) + 1)
    verdict = story.verdict()
    assert verdict.faults == {"missing": 1} and verdict.overtaken == 1


def test_clocks_of_one_kind_that_end_at_one_moment_each_have_their_own_end(story: Story) -> None:
    again = Life(8, 1, "accept", story.lines[3].at, 10, story.lines[3].at + timedelta(minutes=10), None, "", [FLAG])
    again.ended_at = story.lines[3].at  # by somebody whose host's clock is behind
    story.lines.append(replace(story.lines[3], id=300, seq=5, kind="accepted", by_clock=False, due_at=None))
    lines = {line.id: line for line in story.lines}
    assert judge_steps(Record([story.life, again], {1: story.lines}, lines), after(60)).faults == {}
    assert again.ended_by is not None and again.ended_by.kind == "accepted"
