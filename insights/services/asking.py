"""What a new text seems to be about: categories with their units, an urgency, signs of danger. All proposals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cases import categories
from cases.choices import Urgency
from cases.guessing import guess_categories
from cases.routing import propose
from grids.territory import territory_of
from grids.tree import STEP
from insights.triage.danger import Sign, signs_of_danger
from insights.triage.learned import Judgement, Learned

from .triage import running

SHOWN = 3
SHORTEST = 8
"""Characters of a text that can be judged; what is shorter is the beginning of a category's name."""

Guessed = tuple[categories.CategoryRow, float | None]
"""A category, with how probable it is where that was learned."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A category with how probable it is (None where only its own words spoke for it), the words that decided, and
    the unit that would lead there, with its reason."""

    category: categories.CategoryRow
    probability: float | None
    words: tuple[str, ...]
    unit_id: int | None
    why: str


@dataclass(frozen=True, slots=True)
class Triage:
    """All that a text gives away. `unsure`: a person had better choose. `urgency` is the first category's: signs of
    danger are shown beside it and change nothing by themselves."""

    proposals: tuple[Proposal, ...]
    unsure: bool
    urgency: str
    danger: tuple[Sign, ...]


def look_at(text: str, grid_path: str) -> Triage:
    """What the text seems to be about, for a case in this grid: by what its city has learned, else by the words of the
    category tree."""
    model = running(grid_path[:STEP])
    judged = model.judge(text) if model is not None else None
    by_words: list[Guessed] = [(row, None) for row in guess_categories(text, SHOWN)] if judged is None else []
    guesses = by_words if judged is None else _in_use(judged)[:SHOWN]
    return Triage(
        proposals=tuple(_proposal(text, model, grid_path, row, share) for row, share in guesses),
        unsure=judged.unsure if judged is not None else True,
        urgency=guesses[0][0].urgency if guesses else Urgency.ORDINARY,
        danger=tuple(signs_of_danger(text)),
    )


def _proposal(text: str, model: Learned | None, grid_path: str, row: Any, share: float | None) -> Proposal:
    lead = propose(grid_path, row.id)
    words = tuple(model.deciding_words(text, row.code)) if model is not None else ()
    return Proposal(row, share, words, lead.unit_id, lead.why)


def _in_use(judged: Judgement) -> list[Guessed]:
    """The guesses whose categories are still used: a model may be older than the tree."""
    book = categories.book()
    known = ((book.by_code.get(guess.label), guess.probability) for guess in judged.guesses)
    return [(row, share) for row, share in known if row is not None and row.active]


def categories_for(user: Any, text: str, most: int) -> list[categories.CategoryRow]:
    """Categories for somebody who types: those that the city has learned, then those whose words fit."""
    model = next(filter(None, map(running, sorted({path[:STEP] for path in territory_of(user).paths}))), None)
    learned = _in_use(model.judge(text))[:SHOWN] if model is not None and len(text) >= SHORTEST else []
    rows = [row for row, _share in learned if row.leaf] + guess_categories(text, most)
    return list({row.id: row for row in rows}.values())[:most]
