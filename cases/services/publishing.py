"""A readable file becomes a published policy: parsed, checked, and made a new version only where it says
something new."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.choices import Anchor, Channel, DeadlineKind, StepAction, Urgency
from cases.deadlines import Counting
from cases.errors import BadInput, IllegalMove
from cases.models import Allowance, Category, Ladder, Policy, Step
from grids.choices import Level, Role
from grids.models import Grid

AT = re.compile(r"(?:(?P<percent>[\d.]+) ?%|(?P<side>before|after) (?P<minutes>[\d.]+)|(?P<morning>next morning))")
COUNTED = {"working": Counting.WORKING, "calendar": Counting.CALENDAR, "days": Counting.DAY}
"""What a row may say of how long something may take: minutes, or days to the close of the last."""

DAY_MINUTES = 420
"""Of a usual day of work, where a demo has to do without a calendar."""


@dataclass(frozen=True, slots=True)
class Promises:
    """A policy file, read: rows as their models' fields, without keys."""

    name: str
    max_returns: int
    max_extensions: int
    reopen_days: int
    ladders: dict[str, tuple[dict[str, Any], ...]]
    allowances: tuple[dict[str, Any], ...]


def read_promises(text: str) -> Promises:
    """Reads a policy file (TOML). Raises BadInput that names the place and says what would be right."""
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(file=f"not TOML: {error}") from None
    ladders = {
        name: tuple(_step(f"ladders.{name}[{n}]", step) for n, step in enumerate(steps, 1))
        for name, steps in said.get("ladders", {}).items()
    }
    rows = said.get("allowances", [])
    if not rows or not ladders:
        raise BadInput(file="needs [ladders] and [[allowances]]")
    return Promises(
        name=str(said.get("name") or "policy"),
        max_returns=int(said.get("max_returns", 2)),
        max_extensions=int(said.get("max_extensions", 1)),
        reopen_days=int(said.get("reopen_days", 30)),
        ladders=ladders,
        allowances=tuple(_allowance(f"allowances[{n}]", row, ladders) for n, row in enumerate(rows, 1)),
    )


def _step(place: str, step: dict[str, Any]) -> dict[str, Any]:
    match = AT.fullmatch(str(step.get("at", "")))
    if match is None:
        raise BadInput(**{place: 'at: "50 %", "before 60", "after 120" or "next morning"'})
    if match["percent"]:
        anchor, value = Anchor.PERCENT, float(match["percent"])
    elif match["morning"]:
        anchor, value = Anchor.NEXT_MORNING, 0.0
    else:
        anchor, value = Anchor(match["side"]), float(match["minutes"])
    return {
        "action": _one_of(place, "do", step.get("do"), StepAction),
        "anchor": anchor.value,
        "value": value,
        "any_hour": bool(step.get("any_hour", False)),
        "role": _one_of(place, "role", step["role"], Role) if "role" in step else "",
    }


def _allowance(place: str, row: dict[str, Any], ladders: dict[str, Any]) -> dict[str, Any]:
    name, amount = _counted(place, row)
    if row.get("ladder") not in ladders:
        raise BadInput(**{place: f"ladder: one of {', '.join(ladders)}"})
    return {
        "kind": _one_of(place, "kind", row.get("kind"), DeadlineKind),
        "category": row.get("category", ""),
        "urgency": _one_of(place, "urgency", row["urgency"], Urgency) if "urgency" in row else "",
        "channel": _one_of(place, "channel", row["channel"], Channel) if "channel" in row else "",
        "level": _one_of(place, "level", row["level"], Level) if "level" in row else "",
        "minutes": amount,
        "counting": COUNTED[name].value,
        "ladder": row["ladder"],
    }


def _counted(place: str, row: dict[str, Any]) -> tuple[str, float]:
    """By which word the row counts, and how many."""
    names = [name for name in COUNTED if name in row]
    if len(names) != 1 or type(row[names[0]]) not in (int, float) or row[names[0]] <= 0:
        raise BadInput(
            **{place: "working = MINUTES, calendar = MINUTES or days = WORKING DAYS, more than 0, and one of them"}
        )
    name, amount = names[0], float(row[names[0]])
    if COUNTED[name] == Counting.DAY and not amount.is_integer():
        raise BadInput(**{place: "days: whole working days, to the close of the last"})
    return name, amount


def _one_of(place: str, name: str, value: object, words: Any) -> str:
    if value not in words.values:
        raise BadInput(**{place: f"{name}: one of {', '.join(words.values)}, not {value!r}"})
    return str(value)


def sped_up(promises: Promises, times: float) -> Promises:
    """The same promises in calendar minutes, so many times as fast, at any hour: for a demo."""

    def step(row: dict[str, Any]) -> dict[str, Any]:
        value = row["value"] if row["anchor"] == Anchor.PERCENT else row["value"] / times
        anchor = Anchor.AFTER.value if row["anchor"] == Anchor.NEXT_MORNING else row["anchor"]
        return {**row, "anchor": anchor, "value": value, "any_hour": True}

    def allowance(row: dict[str, Any]) -> dict[str, Any]:
        minutes = row["minutes"] * (DAY_MINUTES if row["counting"] == Counting.DAY else 1)
        return {**row, "minutes": minutes / times, "counting": Counting.CALENDAR.value}

    return Promises(
        name=f"{promises.name} × {times:g}",
        max_returns=promises.max_returns,
        max_extensions=promises.max_extensions,
        reopen_days=promises.reopen_days,
        ladders={name: tuple(map(step, steps)) for name, steps in promises.ladders.items()},
        allowances=tuple(map(allowance, promises.allowances)),
    )


@transaction.atomic
def publish(
    promises: Promises, *, grid: Grid | None = None, base: Policy | None = None, at: datetime | None = None
) -> tuple[Policy, bool]:
    """The policy in force with these promises, and whether it had to be published as a new version.

    Applies to cases submitted from `at` (now where None). Raises BadInput for an unknown category code.
    """
    versions = Policy.objects.select_for_update(of=("self",)).filter(grid=grid).order_by("version")
    newest = versions.last()
    if newest is not None and newest.published_at is not None and promises_of(newest) == promises:
        return newest, False
    policy = _new_version(promises, grid, newest.version + 1 if newest else 1, base)
    policy.published_at = at or timezone.now()
    policy.save(update_fields=["published_at"])
    return policy, True


@transaction.atomic
def draft(promises: Promises, *, grid: Grid | None = None) -> Policy:
    """A draft with these promises: the one that stands there already, else a new version.

    Raises BadInput for an unknown category code.
    """
    versions = Policy.objects.select_for_update(of=("self",)).filter(grid=grid).order_by("version")
    for version in versions:
        if version.published_at is None and promises_of(version) == promises:
            return version
    newest = versions.last()
    return _new_version(promises, grid, newest.version + 1 if newest else 1, newest.base if newest else None)


def _new_version(promises: Promises, grid: Grid | None, version: int, base: Policy | None) -> Policy:
    policy = Policy.objects.create(
        name=promises.name,
        grid=grid,
        version=version,
        base=base,
        max_returns=promises.max_returns,
        max_extensions=promises.max_extensions,
        reopen_days=promises.reopen_days,
    )
    _write(policy, promises)
    return policy


@transaction.atomic
def publish_draft(policy: Policy, *, at: datetime | None = None) -> Policy:
    """Puts a draft in force for cases submitted from `at` (now where None). From then on it never changes.

    Raises IllegalMove where it is in force already, BadInput where it promises nothing or an allowance hangs on another
    policy's ladder.
    """
    policy = Policy.objects.select_for_update(of=("self",)).get(pk=policy.pk)
    if policy.published_at is not None:
        raise IllegalMove(_("it is published already: draft a new version"))
    if not policy.allowances.exists():
        raise BadInput(allowances=_("it promises nothing yet"))
    if policy.allowances.exclude(ladder__policy=policy).exists():
        raise BadInput(ladder=_("an allowance hangs on a ladder of another policy"))
    policy.published_at = at or timezone.now()
    policy.save(update_fields=["published_at"])
    return policy


@transaction.atomic
def draft_from(policy: Policy) -> Policy:
    """A new version with the same promises, to be changed and published."""
    promises = promises_of(policy)
    versions = Policy.objects.select_for_update(of=("self",)).filter(grid=policy.grid).order_by("version")
    draft = Policy.objects.create(
        name=policy.name,
        grid=policy.grid,
        version=max(version.version for version in versions) + 1,
        base=policy.base,
        max_returns=policy.max_returns,
        max_extensions=policy.max_extensions,
        reopen_days=policy.reopen_days,
    )
    _write(draft, promises)
    return draft


def _write(policy: Policy, promises: Promises) -> None:
    ladders = {name: Ladder.objects.create(policy=policy, name=name) for name in promises.ladders}
    Step.objects.bulk_create(
        Step(ladder=ladders[name], **step) for name, steps in promises.ladders.items() for step in steps
    )
    category = _categories(promises)
    Allowance.objects.bulk_create(
        Allowance(policy=policy, **row | {"ladder": ladders[row["ladder"]], "category": category(row["category"])})
        for row in promises.allowances
    )


def _categories(promises: Promises) -> Callable[[str], Category | None]:
    codes = {row["category"] for row in promises.allowances if row["category"]}
    known = {category.code: category for category in Category.objects.filter(code__in=codes)}
    if missing := codes - known.keys():
        raise BadInput(category=f"no category has the code {', '.join(sorted(missing))}")
    return known.get


def promises_of(policy: Policy) -> Promises:
    """What a stored policy says, as its file would."""
    fields = ("action", "anchor", "value", "any_hour", "role")
    ladders = {
        ladder.name: tuple({f: getattr(step, f) for f in fields} for step in ladder.steps.all())
        for ladder in policy.ladders.order_by("id").prefetch_related("steps")
    }
    rows = policy.allowances.order_by("id").select_related("ladder", "category")
    return Promises(
        name=policy.name,
        max_returns=policy.max_returns,
        max_extensions=policy.max_extensions,
        reopen_days=policy.reopen_days,
        ladders=ladders,
        allowances=tuple(
            {
                "kind": row.kind,
                "category": row.category.code if row.category else "",
                "urgency": row.urgency,
                "channel": row.channel,
                "level": row.level,
                "minutes": row.minutes,
                "counting": row.counting,
                "ladder": row.ladder.name,
            }
            for row in rows
        ),
    )
