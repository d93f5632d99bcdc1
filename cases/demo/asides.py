"""What happens beside a case's way while it is in handling: more time, a rest, a whistle, an order of supervision."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from cases.models import Case
from grids import tree
from grids.models import Unit

from .phrases import Wording

EXTENSION = ("request_extension", "decide_extension")
SUSPENSION = ("request_suspension", "decide_suspension")
WHISTLE = ("whistle", "answer_whistle")
ORDER = ("supervise", "answer_supervision", "check_supervision")
ASIDES = (EXTENSION, SUSPENSION, WHISTLE, ORDER)
"""Each as the actions that it takes, in order."""


@dataclass(frozen=True)
class Aside:
    """An action beside the way, its inputs, and who may take it (None: whoever stands around the case)."""

    action: str
    inputs: dict[str, Any] = field(default_factory=dict)
    units: list[int] | None = None


def aside(action: str, case: Case, words: Wording, units: dict[int, Unit], rng: random.Random) -> Aside:
    """The action with inputs that fit the case."""
    return INPUTS[action](case, words, units, rng)


def _request_extension(case: Case, words: Wording, units: dict[int, Unit], rng: random.Random) -> Aside:
    said = {"days": Decimal(rng.choice((1, 2, 3))), "reason": words.say("moves", "extension")}
    return Aside("request_extension", said, [case.lead_unit_id or 0])


def _request_suspension(case: Case, words: Wording, units: dict[int, Unit], rng: random.Random) -> Aside:
    day = (case.updated_at + timedelta(days=rng.choice((15, 30, 60)))).date()
    said = {"review_on": day, "reason": words.say("moves", "suspension")}
    return Aside("request_suspension", said, [case.lead_unit_id or 0])


def _whistle(case: Case, words: Wording, units: dict[int, Unit], rng: random.Random) -> Aside:
    said = {"wanted": words.say("moves", "wanted"), "reason": words.say("moves", "whistle")}
    return Aside("whistle", said, [case.lead_unit_id or 0])


def _answer_whistle(case: Case, words: Wording, units: dict[int, Unit], rng: random.Random) -> Aside:
    lead = tree.unit(case.lead_unit_id or 0)
    above = tree.authority_above(lead.path) if lead else None
    if above is None:  # it has climbed to the top meanwhile, and the whistle has lapsed
        return Aside("answer_whistle", units=[])
    there = [unit.id for unit in tree.units_of(above.grid_id) if unit.id != above.id]
    return Aside("answer_whistle", {"co_handlers": [units[rng.choice(there or [above.id])]]}, [above.id])


def _supervise(case: Case, words: Wording, units: dict[int, Unit], rng: random.Random) -> Aside:
    return Aside("supervise", {"text": words.say("moves", "order")})


def _answer_supervision(case: Case, words: Wording, units: dict[int, Unit], rng: random.Random) -> Aside:
    return Aside("answer_supervision", {"reply": words.say("moves", "order_reply")}, [case.duty_unit_id or 0])


def _yes(action: str, word: str) -> Callable[..., Aside]:
    return lambda *_: Aside(action, {word: True})


INPUTS: dict[str, Callable[[Case, Wording, dict[int, Unit], random.Random], Aside]] = {
    "request_extension": _request_extension,
    "decide_extension": _yes("decide_extension", "granted"),
    "request_suspension": _request_suspension,
    "decide_suspension": _yes("decide_suspension", "granted"),
    "whistle": _whistle,
    "answer_whistle": _answer_whistle,
    "supervise": _supervise,
    "answer_supervision": _answer_supervision,
    "check_supervision": _yes("check_supervision", "accepted"),
}
