"""A text as numbers: its characters, pairs and triples, counted over its first page, first lines and first words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Keys = npt.NDArray[np.int32]


class View(NamedTuple):
    """The first so many characters of a text, cut into grams of up to `longest` characters; `weight` is what they count
    beside the other views."""

    first: int
    longest: int
    weight: float


VIEWS = (View(500, 2, 1.4), View(100, 3, 0.7), View(30, 3, 0.7))
"""Residents say at the beginning what it is about, and how they feel about it later. What stands behind the first 500
characters taught nothing, but took its time."""
FEWEST_TEXTS = 2
"""A gram of a single text teaches nothing."""
DIGIT = re.compile(r"\d")
SPACE = re.compile(r"\s")
MASK = re.compile(r"[A-Z](?=\d)")
"""Letters that stand for a place in ledgers whose names were masked: A市, F6县."""


def plain(text: str) -> str:
    """The text as it is counted, as long as it was: figures alike, whatever their value, and no line breaks."""
    return SPACE.sub(" ", DIGIT.sub("0", MASK.sub("Q", text)))


def cut(text: str, view: View) -> list[str]:
    """The grams of a plain text in this view: single characters, then pairs, then triples."""
    part = text[: view.first]
    grams = list(part)
    for length in range(2, view.longest + 1):
        grams += map("".join, zip(*(part[place:] for place in range(length)), strict=False))
    return grams


class Grams:
    """The grams that are known, each with its weight: rare ones say more than those that stand in every text."""

    def __init__(self, words: Sequence[Sequence[str]], rarity: Floats) -> None:
        self.words, self.rarity = words, rarity
        self.indexes: list[dict[str, int]] = []
        start = 0
        for own in words:
            self.indexes.append({word: start + place for place, word in enumerate(own)})
            start += len(own)
        self.count = start

    @classmethod
    def of(cls, texts: Sequence[str], most: int) -> Grams:
        """Those of the texts that stand in at least two of them; of more than `most`, the most frequent ones."""
        views = [Counter(word for text in texts for word in set(cut(plain(text), view))) for view in VIEWS]
        fewest = FEWEST_TEXTS
        counts = np.array([count for view in views for count in view.values()])
        if (counts >= fewest).sum() > most:
            fewest = int(np.partition(counts, -most)[-most]) + 1
        words = [sorted(word for word, count in view.items() if count >= fewest) for view in views]
        found = np.array([view[word] for view, own in zip(views, words, strict=True) for word in own], dtype=np.float32)
        return cls(words, np.log((1 + len(texts)) / (1 + found)).astype(np.float32) + 1)

    def read(self, text: str) -> tuple[Keys, Floats]:
        """Which known grams the text has, and how much each counts: each view is as long as its weight."""
        said = plain(text)
        keys: list[Keys] = []
        values: list[Floats] = []
        for view, index in zip(VIEWS, self.indexes, strict=True):
            found = {index[word]: count for word, count in Counter(cut(said, view)).items() if word in index}
            own = np.fromiter(found.keys(), np.int32, len(found))
            counted = (1 + np.log(np.fromiter(found.values(), np.float32, len(found)))) * self.rarity[own]
            keys.append(own)
            values.append((counted * (view.weight / (np.linalg.norm(counted) or 1))).astype(np.float32))
        return np.concatenate(keys), np.concatenate(values)
