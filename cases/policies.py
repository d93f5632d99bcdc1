"""The promises in force, kept in the process: published policies never change, so a lookup costs no query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING

from django.core.exceptions import ImproperlyConfigured

from grids.snapshots import Snapshot

from .deadlines import Anchor, Calendar, Counting, Pause, fire_at

if TYPE_CHECKING:
    from .models import Policy


@dataclass(frozen=True, slots=True)
class StepRow:
    """One rung of a ladder; `value` is percent or minutes, as `anchor` says."""

    id: int
    action: str
    anchor: Anchor
    value: float
    any_hour: bool
    role: str

    def moment(
        self,
        calendar: Calendar,
        *,
        start: datetime,
        minutes: float,
        counting: Counting,
        due: datetime,
        pauses: Iterable[Pause] = (),
        added: float = 0,
    ) -> datetime:
        """When it fires on a clock of so many minutes (and `added` ones) from `start` to `due`; see `fire_at`."""
        return fire_at(
            calendar,
            anchor=self.anchor,
            value=self.value,
            start=start,
            allowance_minutes=minutes,
            counting=counting,
            due=due,
            any_hour=self.any_hour,
            pauses=pauses,
            added=added,
        )


@dataclass(frozen=True, slots=True)
class AllowanceRow:
    """How long a kind of thing may take in these circumstances, and the rungs of its ladder. Counted by
    `Counting.DAY`, `minutes` are whole working days, to the close of the last."""

    id: int
    kind: str
    category_path: str
    urgency: str
    channel: str
    level: str
    minutes: float
    counting: Counting
    steps: tuple[StepRow, ...]

    def fits(self, category_path: str, urgency: str, level: str, channel: str = "") -> bool:
        return (
            category_path.startswith(self.category_path)
            and self.urgency in ("", urgency)
            and self.channel in ("", channel)
            and self.level in ("", level)
        )

    @property
    def specificity(self) -> tuple[int, bool, bool, bool]:
        return len(self.category_path), bool(self.urgency), bool(self.channel), bool(self.level)


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One published version."""

    id: int
    grid_path: str
    version: int
    base_id: int | None
    published_at: datetime
    max_returns: int
    max_extensions: int
    reopen_days: int
    allowances: dict[str, tuple[AllowanceRow, ...]]


class PolicyBook:
    """All published policies."""

    def __init__(self, policies: list[PolicyRow]) -> None:
        self._by_id = {policy.id: policy for policy in policies}
        self.policies = tuple(self._by_id.values())
        self._by_grid: dict[str, list[PolicyRow]] = defaultdict(list)
        for policy in sorted(policies, key=lambda p: (p.published_at, p.version)):
            self._by_grid[policy.grid_path].append(policy)
        self.allowances = {a.id: a for p in policies for rows in p.allowances.values() for a in rows}

    def __getitem__(self, policy_id: int) -> PolicyRow:
        return self._by_id[policy_id]

    def in_force(self, grid_path: str, at: datetime) -> PolicyRow:
        """The nearest ancestor's newest version published by then; before the first of all, the first that there is.

        Raises ImproperlyConfigured where the territory has none at all.
        """
        for row in self._in_force_upward(grid_path, at):
            return row
        above = [rows for path in _upward(grid_path) if (rows := self._by_grid.get(path))]
        if not above:
            raise ImproperlyConfigured("no policy is published: run `manage.py load_defaults`")
        return above[-1][0]

    def allowance(
        self, policy_id: int, kind: str, category_path: str, urgency: str, level: str, channel: str = ""
    ) -> AllowanceRow | None:
        """The most specific that fits, of the policy or else of the one it inherits from; None where no clock runs."""
        policy: PolicyRow | None = self._by_id[policy_id]
        while policy is not None:
            fitting = [a for a in policy.allowances.get(kind, ()) if a.fits(category_path, urgency, level, channel)]
            if fitting:
                return max(fitting, key=lambda a: a.specificity)
            policy = self._by_id.get(policy.base_id) if policy.base_id else None
        return None

    def promise(
        self,
        policy_id: int,
        grid_path: str,
        at: datetime,
        kind: str,
        category_path: str,
        urgency: str,
        level: str,
        channel: str = "",
    ) -> AllowanceRow | None:
        """The same, and where the policy is silent, of those in force at the grid and above it at that moment, up to
        the one for every city: a kind of promise may be younger than the policy, and whoever waits has a clock."""
        asked = chain((policy_id,), (row.id for row in self._in_force_upward(grid_path, at)))
        found = (self.allowance(one, kind, category_path, urgency, level, channel) for one in asked)
        return next((row for row in found if row is not None), None)

    def _in_force_upward(self, grid_path: str, at: datetime) -> Iterator[PolicyRow]:
        for path in _upward(grid_path):
            yield from [row for row in self._by_grid.get(path, ()) if row.published_at <= at][-1:]

    def said_by(self, policy_id: int) -> list[AllowanceRow]:
        """All allowances of a policy and of those that it inherits from, the nearest first."""
        rows: list[AllowanceRow] = []
        policy: PolicyRow | None = self._by_id[policy_id]
        while policy is not None:
            rows += [row for some in policy.allowances.values() for row in some]
            policy = self._by_id.get(policy.base_id) if policy.base_id else None
        return rows


def _upward(path: str) -> Iterator[str]:
    """The paths of a grid and its ancestors, nearest first, then the empty one that stands for every city."""
    from grids.models import Grid

    for end in range(len(path), -1, -Grid.steplen):
        yield path[:end]


def _build() -> PolicyBook:
    from .models import Policy

    policies = Policy.objects.filter(published_at__isnull=False).select_related("grid")
    rows = policies.prefetch_related("allowances__category", "allowances__ladder__steps")
    return PolicyBook([_row(policy) for policy in rows])


def _row(policy) -> PolicyRow:  # type: ignore[no-untyped-def]  # models are imported late: they import deadlines
    allowances: dict[str, list[AllowanceRow]] = defaultdict(list)
    for a in policy.allowances.all():
        steps = tuple(StepRow(s.pk, s.action, s.anchor, s.value, s.any_hour, s.role) for s in a.ladder.steps.all())
        path = a.category.path if a.category else ""
        row = AllowanceRow(a.pk, a.kind, path, a.urgency, a.channel, a.level, a.minutes, Counting(a.counting), steps)
        allowances[a.kind].append(row)
    return PolicyRow(
        id=policy.pk,
        grid_path=policy.grid.path if policy.grid else "",
        version=policy.version,
        base_id=policy.base_id,
        published_at=policy.published_at,
        max_returns=policy.max_returns,
        max_extensions=policy.max_extensions,
        reopen_days=policy.reopen_days,
        allowances={kind: tuple(rows) for kind, rows in allowances.items()},
    )


def book_with(draft: Policy, at: datetime) -> PolicyBook:
    """The published policies and a draft as if it were published at that moment: to look at it, and for what-ifs."""
    if draft.published_at is not None:
        return book()
    return PolicyBook([*book().policies, replace(_row(draft), published_at=at)])


_book: Snapshot[PolicyBook] = Snapshot(("policies", "categories", "grids"), _build)


def book() -> PolicyBook:
    """The published policies as they are now."""
    return _book.get()
