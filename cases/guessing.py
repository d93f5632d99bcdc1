"""Which category a matter seems to be of, by the words of the category tree alone. One function: whatever learns better
later takes its place."""

from __future__ import annotations

from functools import lru_cache

from . import categories
from .categories import CategoryRow
from .look_up import pairs_of
from .words import folded

GUESSES = 3
STEP = 4
"""Characters of one level in a category's tree path."""
OF_GROUP = 0.3
"""What a pair of characters of the group's name counts, beside one of the category's own."""


def guess_categories(text: str, most: int = GUESSES) -> list[CategoryRow]:
    """Categories in use that fit what is typed, the likeliest first; none where no word fits. A few characters are
    taken for the beginning of a search, a sentence for the matter itself."""
    words = pairs_of(text)
    said = folded(text).strip()
    if not said:
        return []
    names = tuple((row.id, row.path, row.name, row.name_en) for row in categories.book().by_id.values())
    rows = categories.book().by_id
    scored = []
    for pk, own, group in _words_of(names):
        row = rows[pk]
        if row.active and row.leaf:
            score = _score(words, own, group) + (1.0 if said in folded(f"{row.name} {row.name_en}") else 0.0)
            if score > 0:
                scored.append((-score, row.path, row))
    return [row for _score_, _path, row in sorted(scored, key=lambda one: one[:2])[:most]]


def _score(words: set[str], own: set[str], group: set[str]) -> float:
    """The share of the category's words that are typed, or of what is typed that the category has: the larger one."""
    common = len(words & own)
    best = max(common / len(own), common / len(words)) if own and words else 0.0
    return best + OF_GROUP * (len(words & group) / len(group) if group else 0.0) * bool(common or words & group)


@lru_cache(maxsize=2)
def _words_of(names: tuple[tuple[int, str, str, str], ...]) -> list[tuple[int, set[str], set[str]]]:
    """By category: the pairs of characters of its name, and of the group that it stands in."""
    known = {path: name for _pk, path, name, _english in names}
    return [
        (pk, pairs_of(f"{name} {english}"), pairs_of(known.get(path[:-STEP], ""))) for pk, path, name, english in names
    ]
