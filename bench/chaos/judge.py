"""Judges a run from the database alone: what is there against what should be there, by the database's clock."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import psycopg

from bench.chaos.expected import ENDERS, EVENT_OF, Firing, Life, Line, Step, tell_ends
from bench.chaos.visitors import Wish

ROUNDING = timedelta(milliseconds=1)
"""Promises are fractions of minutes; they may be rounded differently."""
OUTAGE = timedelta(minutes=5)
"""A person may act on a case after a step was due and before the sweep is back: the clock has ended, and what would
have made them act is moot. Never so long after as this, for nothing stays dead so long."""
OF_RECORD = frozenset({"flag", "notify"})
"""What fires all the same, with the person's act: that it was late, and what others were to hear."""
WITNESSED = ("cases_stepfiring", "cases_caseevent")


def call_witnesses(link: psycopg.Connection) -> None:
    """Let the database stamp, by its own clock, each row that is to be judged: no process can write that column."""
    for table in WITNESSED:
        link.execute(f"ALTER TABLE {table} ADD COLUMN chaos_seen_at timestamptz DEFAULT clock_timestamp()")


@dataclass
class Verdict:
    """Counts of faults, some of each told, and what else was found."""

    faults: Counter[str] = field(default_factory=Counter)
    told: list[str] = field(default_factory=list)
    steps: int = 0
    deadlines: int = 0
    overtaken: int = 0
    latest: timedelta = timedelta(0)

    def blame(self, fault: str, text: str) -> None:
        """One more fault; the first ones of each are told."""
        self.faults[fault] += 1
        if self.faults[fault] <= 5:
            self.told.append(f"{fault}: {text}")


@dataclass
class Record:
    """All that is judged."""

    lives: list[Life]
    history: dict[int, list[Line]]
    lines: dict[int, Line]


def read(link: psycopg.Connection) -> Record:
    """Deadlines with their ladders and firings, and the history of all cases."""
    steps: dict[int, list[Step]] = defaultdict(list)
    query = """
        SELECT a.id, s.id, s.action, s.anchor, s.value
        FROM cases_allowance a JOIN cases_step s ON s.ladder_id = a.ladder_id
    """
    for allowance, *step in link.execute(query):
        steps[allowance].append(Step(*step))
    query = """
        SELECT id, case_id, kind, starts_at, minutes, due_at, ended_at, error, allowance_id
        FROM cases_deadline WHERE kind = ANY (%s) ORDER BY id
    """
    # Other kinds are lent by the policy of all cities, in days: nothing of them is due in a run
    lives = {row[0]: Life(*row[:8], steps=steps[row[8]]) for row in link.execute(query, [list(ENDERS)])}
    query = "SELECT deadline_id, step_id, due_at, event_id, chaos_seen_at FROM cases_stepfiring ORDER BY id"
    for row in link.execute(query):
        lives[row[0]].fired[row[1]] = Firing(*row)
    history: dict[int, list[Line]] = defaultdict(list)
    query = """
        SELECT id, case_id, seq, kind, actor_kind = 'clock', at, due_at, (payload->>'deadline')::bigint, chaos_seen_at
        FROM cases_caseevent ORDER BY case_id, seq
    """
    for row in link.execute(query):
        history[row[1]].append(Line(*row))
    lines = {line.id: line for some in history.values() for line in some}
    return Record(list(lives.values()), history, lines)


def judge_steps(record: Record, cutoff: datetime) -> Verdict:
    """Every step due until `cutoff` exactly once, in due order, with its event, none before it was due."""
    verdict = Verdict(deadlines=len(record.lives))
    for life in tell_ends(record.lives, record.history):
        verdict.blame("unexplained", f"deadline {life.id} ended at {life.ended_at}, and no event says why")
    for life in record.lives:
        if life.error:
            verdict.blame("set_aside", f"deadline {life.id}: {life.error}")
        if abs(life.due_at - life.promised_at) > ROUNDING:
            verdict.blame("misdated", f"deadline {life.id} is due {life.due_at}, not {life.promised_at}")
        for moment, step in life.moments():
            firing = life.fired.get(step.id)
            if firing is not None:
                _judge_firing(verdict, record, life, step, moment, firing)
            elif _is_missing(verdict, life, step, moment, cutoff):
                verdict.blame("missing", f"deadline {life.id} {life.kind}: {step.action} of {moment}, {_end(life)}")
        _judge_order(verdict, record, life)
    _judge_doubles(verdict, record)
    return verdict


def _end(life: Life) -> str:
    ended = life.ended_by
    return f"ended by {ended.kind} (due {ended.due_at}, seen {ended.seen_at})" if ended else "not ended"


def _judge_firing(verdict: Verdict, record: Record, life: Life, step: Step, moment: datetime, firing: Firing) -> None:
    verdict.steps += 1
    verdict.latest = max(verdict.latest, firing.seen_at - moment)
    place = f"deadline {life.id} {life.kind}: {step.action} of {moment}"
    event = record.lines.get(firing.event_id or 0)
    if event is None or event.kind not in EVENT_OF[step.action] or event.case_id != life.case_id:
        verdict.blame("missing", f"{place} has left no event of its kind")
    elif min(firing.seen_at, event.seen_at, event.at) < moment:
        verdict.blame("early", f"{place} was seen {firing.seen_at}, says {event.at}")
    elif event.due_at != firing.due_at or abs(firing.due_at - moment) > ROUNDING:
        verdict.blame("misdated", f"{place} says that it was due {firing.due_at}, its event {event.due_at}")
    ended = life.ended_by
    if event is not None and ended is not None and event.seq > ended.seq:
        verdict.blame("after_end", f"{place} fired after the clock had {_end(life)}")


def _is_missing(verdict: Verdict, life: Life, step: Step, moment: datetime, cutoff: datetime) -> bool:
    """Whether a step that has not fired should have. Not what comes after the step that ended the clock; nor what is
    moot because a person acted while the sweep was down."""
    if life.ended_at is None:
        return moment <= cutoff
    if life.ended_by is None:
        return False  # blamed already
    if life.ended_by.due_at is not None:
        return moment < life.ended_by.due_at
    ended_at = min(life.ended_by.at, life.ended_by.seen_at)  # the actor's host and the database may disagree
    if moment > ended_at:
        return False
    if step.action in OF_RECORD:
        return True
    verdict.overtaken += 1
    return ended_at - moment > OUTAGE


def _judge_order(verdict: Verdict, record: Record, life: Life) -> None:
    fired = [(line.seq, f.due_at) for f in life.fired.values() if (line := record.lines.get(f.event_id or 0))]
    for (_, earlier), (seq, later) in pairwise(sorted(fired)):
        if later < earlier:
            verdict.blame("disorder", f"deadline {life.id}: line {seq} was due before the line before it")
    for step_id in life.fired.keys() - {step.id for step in life.steps}:
        verdict.blame("double", f"deadline {life.id}: step {step_id} is of another ladder")


def _judge_doubles(verdict: Verdict, record: Record) -> None:
    """Each mark has an event of its own, each event of the clock its mark; no step has two events."""
    marks = Counter(f.event_id for life in record.lives for f in life.fired.values())
    said: Counter[Any] = Counter()
    for line in record.lines.values():
        if not line.by_clock or line.due_at is None:
            continue
        said[line.case_id, line.deadline_id, line.kind, line.due_at] += 1
        if marks[line.id] != 1:
            verdict.blame("double", f"event {line.id} {line.kind} is the event of {marks[line.id]} steps")
    for place, times in said.items():
        if times > 1:
            verdict.blame("double", f"{place} has {times} events")


def judge_wishes(verdict: Verdict, link: psycopg.Connection, wishes: Iterable[Wish]) -> None:
    """What was granted has happened exactly once, however often it was sent; what was refused has not."""
    done = Counter(key for (key,) in link.execute("SELECT title FROM cases_case"))
    done.update(key for (key,) in link.execute("SELECT payload->>'note' FROM cases_caseevent"))
    for wish in wishes:
        times, due = done[wish.key], int(200 <= wish.status < 300)
        if wish.status == 0:
            verdict.blame("unanswered", f"{wish.action} {wish.key} after {wish.attempts} attempts")
        elif times > due:
            verdict.blame("acted_twice", f"{wish.action} {wish.key}: {wish.status}, done {times} times")
        elif times < due:
            verdict.blame("not_acted", f"{wish.action} {wish.key}: {wish.status}, not done")


def judge_history(verdict: Verdict) -> None:
    """The hash chains of all cases."""
    from cases.models import Case
    from cases.services.history import verify

    for fault in verify(Case.objects.all()):
        verdict.blame("history_faults", str(fault))


def judge_inbox(verdict: Verdict, link: psycopg.Connection, cutoff: datetime) -> int:
    """One line for each person whom the table of recipients names for an event, as it would have been without any
    outage; how many there are. What happened after `cutoff` may still wait in the outbox: the run was ended."""
    from django.utils import timezone

    from cases.models import CaseEvent
    from notifications.roster import recipients

    query = "SELECT event_id, next_attempt_at, error FROM cases_pendingevent WHERE next_attempt_at IS NOT NULL"
    for event, until, error in link.execute(query):
        verdict.blame("set_aside", f"event {event} until {until}: {error}")
    query = """
        SELECT e.id FROM cases_pendingevent p JOIN cases_caseevent e ON e.id = p.event_id WHERE e.chaos_seen_at > %s
    """
    waiting = [event for (event,) in link.execute(query, [cutoff])]
    told = Counter(link.execute("SELECT event_id, user_id FROM notifications_inboxitem").fetchall())
    for place, times in told.items():
        if times > 1:
            verdict.blame("inbox_double", f"event and person {place}: {times} times")
    due = CaseEvent.objects.filter(quiet=False).exclude(pk__in=waiting)
    events = list(due.select_related("case").order_by("case_id", "seq"))
    named = set()
    for first in range(0, len(events), 1000):
        named |= {(t.event_id, t.user_id) for t in recipients(events[first : first + 1000], timezone.localdate())}
    for place in named - told.keys():
        verdict.blame("inbox_missing", f"event and person {place}")
    for place in told.keys() - named:
        verdict.blame("inbox_double", f"event and person {place}: nobody named them")
    return len(told)
