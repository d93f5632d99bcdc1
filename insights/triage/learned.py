"""What was learned: a table of weights that judges a text, says which words decided, and goes in and out of a file
without anything in it that could be executed."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np

from .grams import VIEWS, Floats, Grams, plain

FORMAT = 1
DECIDING = 5
"""Words that are shown for a judgement."""


class Guess(NamedTuple):
    """A label with how probable it is, from 0 to 1."""

    label: str
    probability: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """All labels, the likeliest first. `unsure`: less probable than the least certain fifth was when this was learned,
    so that a person had better look."""

    guesses: tuple[Guess, ...]
    unsure: bool


class UnknownFormat(ValueError):
    """The file was written by another version of this program, or is none of its files."""


class Learned:
    """A model: `weights` has a row for each gram and a column for each label."""

    def __init__(
        self, labels: Sequence[str], grams: Grams, weights: Floats, intercepts: Floats, unsure_below: float
    ) -> None:
        self.labels, self.grams = tuple(labels), grams
        self.weights, self.intercepts, self.unsure_below = weights, intercepts, unsure_below

    def judge(self, text: str) -> Judgement:
        """What the text seems to be about."""
        keys, values = self.grams.read(text)
        scores = values @ self.weights[keys].astype(np.float32) + self.intercepts
        odds = np.exp(scores - scores.max())
        shares = odds / odds.sum()
        order = np.argsort(-shares, kind="stable")
        guesses = tuple(Guess(self.labels[place], float(shares[place])) for place in order)
        return Judgement(guesses, guesses[0].probability < self.unsure_below)

    def deciding_words(self, text: str, label: str) -> list[str]:
        """The runs of characters that spoke most for this label, the strongest first, as the text has them."""
        column = self.labels.index(label)
        keys, values = self.grams.read(text)
        own = self.weights[keys].astype(np.float32)
        speaks = dict(zip(keys.tolist(), (values * (own[:, column] - own.mean(axis=1))).tolist(), strict=True))
        return _strongest_runs(text, self._by_character(text, speaks))

    def _by_character(self, text: str, speaks: dict[int, float]) -> Floats:
        """How much each character of the text spoke for it: a gram shares what it says among its characters."""
        said, weights = plain(text), np.zeros(len(text), dtype=np.float32)
        for view, index in zip(VIEWS, self.grams.indexes, strict=True):
            counts: dict[str, list[int]] = {}
            part = said[: view.first]
            for length in range(1, view.longest + 1):
                for place in range(len(part) - length + 1):
                    counts.setdefault(part[place : place + length], []).append(place)
            for word, places in counts.items():
                if (key := index.get(word)) is not None:
                    for place in places:
                        weights[place : place + len(word)] += speaks.get(key, 0.0) / len(places) / len(word)
        return weights

    def to_bytes(self) -> bytes:
        """The model as a file."""
        words = json.dumps(self.grams.words, ensure_ascii=False, separators=(",", ":")).encode()
        about = json.dumps({"format": FORMAT, "labels": self.labels, "unsure_below": self.unsure_below}).encode()
        file = io.BytesIO()
        np.savez_compressed(
            file,
            about=np.frombuffer(about, np.uint8),
            words=np.frombuffer(words, np.uint8),
            rarity=self.grams.rarity.astype(np.float16),
            weights=self.weights.astype(np.float16),
            intercepts=self.intercepts.astype(np.float32),
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> Learned:
        """The model that the file holds. Raises UnknownFormat."""
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as file:
                about = json.loads(file["about"].tobytes())
                if about["format"] != FORMAT:
                    raise UnknownFormat(about["format"])
                grams = Grams(json.loads(file["words"].tobytes()), file["rarity"].astype(np.float32))
                return cls(about["labels"], grams, file["weights"], file["intercepts"], about["unsure_below"])
        except (BadZipFile, EOFError, KeyError, OSError, ValueError) as error:
            raise UnknownFormat(str(error)) from error


def _strongest_runs(text: str, weights: Floats) -> list[str]:
    """Runs of characters that all spoke for it more than the text does on average, by what they said together."""
    bar = max(float(weights.mean()), 0.0) if len(weights) else 0.0
    runs: dict[str, float] = {}
    start = None
    for place in range(len(text) + 1):
        strong = place < len(text) and weights[place] > bar and not text[place].isspace()
        if strong and start is None:
            start = place
        elif not strong and start is not None:
            run = text[start:place]
            if len(run) > 1:
                runs[run] = runs.get(run, 0.0) + float(weights[start:place].sum())
            start = None
    return sorted(runs, key=lambda run: -runs[run])[:DECIDING]
