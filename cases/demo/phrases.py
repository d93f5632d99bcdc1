"""The demo's own wording, from `cases/data/demo_phrases.toml`: what residents say and what offices answer.

Nothing here comes from a real person."""

from __future__ import annotations

import random
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cases.choices import Channel, Outcome, Urgency

FILE = Path(__file__).resolve().parent.parent / "data" / "demo_phrases.toml"
SLOT = re.compile(r"\{(\w+)\}")
SPOKEN_BY_OTHERS = ("opening", "ask", "closing")
"""Slots that stay empty where somebody else writes the words down."""


@cache
def book() -> dict[str, Any]:
    """The file, read once."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def matters_of(month: int) -> list[str]:
    """Codes of the leaves that come up in a month (1 to 12)."""
    return [leaf["code"] for leaf in book()["leaves"] if month in leaf.get("months", range(1, 13))]


def person_name(rng: random.Random) -> str:
    """A made-up name."""
    people = book()["people"]
    given = rng.choice([people["given_names_female"], people["given_names_male"]])
    return f"{rng.choice(people['surnames'])}{rng.choice(given)}"


def phone(rng: random.Random) -> str:
    """A number in E.164 that looks like one and was made up; a block of zeroes says so."""
    return f"+861380000{rng.randrange(10_000):04d}"


@dataclass
class Wording:
    """The words of one case. A slot keeps its value in title, text and answer."""

    leaf: dict[str, Any]
    variant: int
    matter: str
    rng: random.Random
    slots: dict[str, str]

    @classmethod
    def choose(cls, code: str, matter: str, channel: str, rng: random.Random) -> Wording:
        """Words for a matter of the leaf with this code; `matter` is its name."""
        leaf = next(leaf for leaf in book()["leaves"] if leaf["code"] == code)
        silent = dict.fromkeys(SPOKEN_BY_OTHERS, "") if channel in book()["prefixes"] else {}
        return cls(leaf, rng.randrange(len(leaf["texts"])), matter, rng, {"matter": matter, **silent})

    def fill(self, text: str, **given: str) -> str:
        """The text with its slots filled."""

        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name in given:
                return given[name]
            if name not in self.slots:
                self.slots[name] = self.rng.choice(book()["slots"][name])
            return self.slots[name]

        return SLOT.sub(value, text)

    @property
    def title(self) -> str:
        return self.fill(self.leaf["titles"][self.variant])

    def text(self, channel: Channel) -> str:
        """What was said, as the channel brings it."""
        prefix = self.rng.choice(book()["prefixes"].get(channel.value, [""]))
        return prefix + self.fill(self.leaf["texts"][self.variant])

    def result(self, urgency: str, unit: str) -> tuple[Outcome, str]:
        """How it ended, and the reply to the resident."""
        usual = Outcome.EXPLAINED if urgency == Urgency.CONSULTATION else Outcome.SOLVED
        others = (Outcome.EXPLAINED, Outcome.CONDITIONS_LACKING, Outcome.BEYOND_POLICY)
        outcome = usual if self.rng.random() < 0.85 else self.rng.choice(others)
        fits = self.variant in self.leaf.get("answer_fits", range(len(self.leaf["texts"])))
        if outcome == usual and fits and "answer" in self.leaf:
            return outcome, self.fill(self.leaf["answer"], unit=unit)
        return outcome, self.say("replies", outcome.value, unit=unit)

    def say(self, part: str, kind: str, unit: str = "") -> str:
        """One of the sentences of a part of the file: `moves` `urge`, `notes` `progress`, …"""
        return self.fill(self.rng.choice(book()[part][kind]), unit=unit)
