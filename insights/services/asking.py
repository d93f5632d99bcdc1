"""What a new text seems to be about: categories with their units, an urgency, signs of danger. All proposals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cases import categories
from cases.choices import Urgency
from cases.guessing import guess_categories
from cases.routing import propose
from grids.tree import STEP
from insights.triage.danger import Sign, signs_of_danger
from insights.triage.learned import Learned

from .triage import running

SHOWN = 3


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
    model, book = running(grid_path[:STEP]), categories.book()
    judged = model.judge(text) if model is not None else None
    guesses: list[tuple[categories.CategoryRow, float | None]] = []
    if judged is not None:
        known = ((book.by_code.get(guess.label), guess.probability) for guess in judged.guesses)
        guesses = [(row, share) for row, share in known if row is not None and row.active][:SHOWN]
    else:
        guesses = [(row, None) for row in guess_categories(text, SHOWN)]
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
