"""Holes and contradictions of a policy, found before a case falls into one: everybody who is waited for has a clock,
and every ladder says something at its time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise, product

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.calendars import calendar_of
from cases.choices import Channel, DeadlineKind, Status, StepAction, Urgency
from cases.deadlines import Calendar
from cases.models import Policy
from cases.policies import AllowanceRow, PolicyBook, book_with
from grids.choices import Level, UnitKind
from grids.models import Grid, Unit

from .clocks import BESIDE, RUNNING_IN
from .timetables import Circumstances, Planned, planned

SHOWN = 4
"""So many examples of one finding are named."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that cannot be meant. A hole leaves somebody without a clock, or a clock without effect; what is no
    hole only contradicts itself."""

    hole: bool
    words: str


def check_policy(policy: Policy, at: datetime | None = None) -> list[Finding]:
    """What is wrong with a policy, published or draft, with all that it inherits: holes first."""
    moment = at or timezone.now()
    book = book_with(policy, moment)
    calendar = calendar_of(policy.grid.path if policy.grid else "")
    found = [*_missing(book, policy, moment), *_ladders(book, policy.pk, calendar, _examples(calendar, moment))]
    found += _slower(book, policy.pk, calendar, _examples(calendar, moment))
    found += _dead_ends(policy)
    return sorted(dict.fromkeys(found), key=lambda finding: not finding.hole)


def policies_at_work(*, drafts: bool = False) -> list[Policy]:
    """The newest published policy of every grid; on request with what is being drafted."""
    rows = list(Policy.objects.select_related("grid").order_by("grid__path", "version"))
    newest = {row.grid_id: row for row in rows if row.published_at}
    return [row for row in rows if (drafts and row.published_at is None) or newest.get(row.grid_id) is row]


def _examples(calendar: Calendar, at: datetime) -> list[datetime]:
    """A Monday morning and a Friday evening: what is slower at both is slower."""
    local = at.astimezone(calendar.zone).replace(hour=10, minute=0, second=0, microsecond=0)
    monday = local - timedelta(days=local.weekday())
    return [monday, monday + timedelta(days=4, hours=9)]


def _circumstances(book: PolicyBook, policy_id: int) -> Iterator[Circumstances]:
    """All that can decide between allowances: the categories that some allowance names, and none."""
    paths = sorted({"", *(row.category_path for row in book.said_by(policy_id))})
    channels = sorted({"", *(row.channel for row in book.said_by(policy_id) if row.channel)})
    for path, urgency, channel, level in product(paths, Urgency.values, channels, Level.values):
        yield Circumstances(path, urgency, channel, level)


def _missing(book: PolicyBook, policy: Policy, at: datetime) -> Iterator[Finding]:
    """Kinds of promises that it does not make somewhere. Those of a policy above hold there, for whoever waits has a
    clock; but nobody has decided that they should. Without one, a status waits for nobody."""
    above = policy.grid.path if policy.grid else ""
    without: dict[DeadlineKind, list[str]] = defaultdict(list)
    lent: dict[DeadlineKind, bool] = {}
    everywhere = list(_circumstances(book, policy.pk))
    for kind, here in product(DeadlineKind, everywhere):
        said = (kind, here.category_path, here.urgency, here.level, here.channel)
        if book.allowance(policy.pk, *said) is None:
            without[kind].append(_place(here))
            lent[kind] = lent.get(kind, True) and book.promise(policy.pk, above, at, *said) is not None
    for kind, places in without.items():
        where = _some(places) if len(places) < len(everywhere) else _("anywhere")
        yield Finding(True, _silence(kind, where, lent=lent[kind]))


def _silence(kind: DeadlineKind, where: str, *, lent: bool) -> str:
    said = {"kind": kind.label, "where": where}
    if lent:
        words = _("no allowance for “%(kind)s” in: %(where)s; until a version has one, the policy above lends its own")
        return words % said
    statuses = [str(Status(status).label) for status, kinds in RUNNING_IN.items() if kind in kinds]
    if statuses:
        words = _("“%(status)s” waits for somebody without a clock “%(kind)s” in: %(where)s")
        return words % (said | {"status": ", ".join(statuses)})
    return _("no allowance for “%(kind)s” in: %(where)s; no clock runs") % said


def _place(here: Circumstances) -> str:
    words = [str(Urgency(here.urgency).label), str(Level(here.level).label)]
    if here.channel:
        words.append(str(Channel(here.channel).label))
    return " / ".join(words)


def _some(places: list[str]) -> str:
    distinct = list(dict.fromkeys(places))
    more = len(distinct) - SHOWN
    named = "; ".join(distinct[:SHOWN])
    return (
        named
        if more <= 0
        else _("%(named)s and %(more)d more")
        % {
            "named": named,
            "more": more,
        }
    )


def _ladders(book: PolicyBook, policy_id: int, calendar: Calendar, examples: list[datetime]) -> Iterator[Finding]:
    for row in book.said_by(policy_id):
        kind = DeadlineKind(row.kind)
        actions = {step.action for step in row.steps}
        if kind == DeadlineKind.RATE:
            if StepAction.CLOSE not in actions:
                yield Finding(True, _("%(what)s: nothing closes the case when nobody rates") % {"what": _what(row)})
        elif StepAction.FLAG not in actions:
            yield Finding(True, _("%(what)s: its ladder never flags, so it is never late") % {"what": _what(row)})
        if kind in BESIDE and StepAction.ESCALATE in actions:
            yield Finding(False, _("%(what)s: a case does not climb for a clock beside its way") % {"what": _what(row)})
        here = Circumstances(row.category_path, row.urgency or "ordinary", row.channel, row.level or "village")
        plan = planned(book, policy_id, calendar, examples[0], kind, here)
        if plan.allowance == row:
            yield from _order(row, plan)


def _order(row: AllowanceRow, plan: Planned) -> Iterator[Finding]:
    """Steps that come when they can no longer say anything."""
    climbs = [step.at for step in plan.steps if step.step.action == StepAction.ESCALATE]
    for step in plan.steps:
        said = {"what": _what(row), "step": step.words}
        if step.step.action == StepAction.REMIND and plan.due_at is not None and step.at >= plan.due_at:
            yield Finding(False, _("%(what)s: “%(step)s” reminds when it is due already") % said)
        if climbs and step.at > min(climbs) and DeadlineKind(row.kind) not in BESIDE:
            yield Finding(False, _("%(what)s: “%(step)s” never comes, for the case has climbed by then") % said)
    for one, other in pairwise(plan.steps):
        if one.at == other.at and (one.step.action, one.step.role) == (other.step.action, other.step.role):
            yield Finding(
                False, _("%(what)s: “%(step)s” comes twice at one moment") % {"what": _what(row), "step": one.words}
            )


def _what(row: AllowanceRow) -> str:
    words = [str(DeadlineKind(row.kind).label)]
    words += [str(Urgency(row.urgency).label)] if row.urgency else []
    words += [str(Channel(row.channel).label)] if row.channel else []
    words += [str(Level(row.level).label)] if row.level else []
    return " / ".join(words)


FASTER = (
    (Urgency.EMERGENCY, Urgency.ORDINARY),
    (Urgency.EMERGENCY, Urgency.URGENT),
    (Urgency.URGENT, Urgency.ORDINARY),
)


def _slower(book: PolicyBook, policy_id: int, calendar: Calendar, examples: list[datetime]) -> Iterator[Finding]:
    """Urgent matters that have more time than others, and signing that has more than handling."""

    def dues(kind: DeadlineKind, urgency: str, level: str) -> list[datetime | None]:
        here = Circumstances("", urgency, "", level)
        return [planned(book, policy_id, calendar, at, kind, here).due_at for at in examples]

    for level in Level.values:
        for kind, (fast, slow) in product(DeadlineKind, FASTER):
            if _later(dues(kind, fast, level), dues(kind, slow, level)):
                said = {"kind": kind.label, "level": Level(level).label, "fast": fast.label, "slow": slow.label}
                words = _("“%(kind)s” (%(level)s): “%(fast)s” has more time than “%(slow)s”")
                yield Finding(False, words % said)
        for urgency in Urgency.values:
            if _later(dues(DeadlineKind.SIGN, urgency, level), dues(DeadlineKind.HANDLE, urgency, level)):
                said = {"level": Level(level).label, "urgency": Urgency(urgency).label}
                yield Finding(False, _("%(urgency)s (%(level)s): signing has more time than handling") % said)


def _later(ones: list[datetime | None], others: list[datetime | None]) -> bool:
    return all(one and other and one > other for one, other in zip(ones, others, strict=True))


def _dead_ends(policy: Policy) -> Iterator[Finding]:
    """Authorities below the city with none above them: what climbs there goes nowhere."""
    units = Unit.objects.filter(kind=UnitKind.AUTHORITY, active=True, grid__dissolved_at__isnull=True)
    if policy.grid is not None:
        units = units.filter(grid__path__startswith=policy.grid.path[: policy.grid.steplen])
    paths = dict(units.annotate(path=F("grid__path")).values_list("path", "name"))
    step = Grid.steplen
    ends = [
        name
        for path, name in paths.items()
        if len(path) > step and not any(path[:end] in paths for end in range(step, len(path), step))
    ]
    if ends:
        yield Finding(True, _("nobody stands above: %(where)s") % {"where": _some(sorted(ends))})
