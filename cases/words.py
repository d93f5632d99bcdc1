"""What a search looks for, made from what somebody typed: the same tokens as the database keeps of each case
(`cases.triggers.WORDS`). Chinese has no spaces: its tokens are two neighbouring characters."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from .errors import BadInput

HAN_RANGES = (
    ("\u3005", "\u3005"), ("\u3007", "\u3007"), ("\u3400", "\u4dbf"), ("\u4e00", "\u9fff"), ("\uf900", "\ufaff"),
    ("\U00020000", "\U000323af"),
)  # fmt: skip
"""Characters of Chinese, from and to."""
HAN = "".join(f"{first}-{last}" for first, last in HAN_RANGES)
"""The same in a class of regular expressions."""
LETTERS = (
    "0-9a-z\u00c0-\u024f\u0370-\u0f0a\u0f0e-\u1fff\u2c00-\u2dff\u3041-\u30fa\u30fc-\u312f\ua000-\ua4cf\uac00-\ud7a3"
)
"""What words of other scripts are made of, when small: Latin, Cyrillic, Arabic (Uyghur), Tibetan, Mongolian, Yi, …"""
TAIL = "#"
"""Stands before the running number of a case among its tokens, so that no number within a text is mistaken for it."""
PLACE = "@"
"""Stands before the tree path of each county, town and village that a case lies in: thus the index itself finds what
both lies there and has the words, however much has the words elsewhere."""
PLACE_LENGTHS = (8, 12, 16)
LONGEST_WORD = 40
LONGEST_SEARCH = 100
"""Characters of a search."""

RUN = re.compile(f"[{HAN}]+|[{LETTERS}]+")
NUMBER_START = re.compile(r"[0-9]{4}-[0-9]{1,8}(-[0-9]{0,12})?")
"""The beginning of a case's number, from its first hyphen."""
SMALL = {capital: capital + 32 for capital in range(ord("A"), ord("Z") + 1)}
_PAIRS = (Path(__file__).parent / "data" / "simplified.txt").read_text(encoding="utf-8").split()
SIMPLIFIED: dict[str, str] = {pair[0]: pair[1] for pair in _PAIRS}
"""Traditional characters and the simplified one of each: whoever types 燈 finds 灯. One that stands for several finds a
little more, never less. The database has a copy of this table (`cases.triggers.SIMPLIFY`)."""
_FOLD = str.maketrans(SIMPLIFIED) | SMALL
ENDINGS = "的了吗呢吧啊"
"""Characters that people end a request with and that no matter is told apart by."""
EMPTY = ENDINGS + "是在和与及也都很就着有不一我你他她它们这那"
"""Characters that stand in nearly every text: alone they find everything, which is nothing."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A search, understood. `lexemes` is a `tsquery` (empty: the number alone decides), `numbers` are beginnings of a
    case's number, `terms` what was typed, folded, for the ranking."""

    lexemes: str
    numbers: tuple[str, ...]
    terms: tuple[str, ...]


def folded(text: str) -> str:
    """Full width as half width, compatibility forms as the usual ones, Latin capitals small, traditional characters
    simplified: as the database folds."""
    return unicodedata.normalize("NFKC", text).translate(_FOLD)


def wanted(said: str) -> Wanted:
    """Understands a search: terms between spaces, all of which a case must have.

    Raises BadInput where nothing in it can be looked for, or it is longer than LONGEST_SEARCH.
    """
    if len(said) > LONGEST_SEARCH:
        raise BadInput(search=_("at most %d characters") % LONGEST_SEARCH)
    terms = tuple(dict.fromkeys(folded(said.replace("\0", " ")).split()))
    numbers = tuple(term for term in terms if NUMBER_START.fullmatch(term))
    texts = [term for term in terms if term not in numbers]
    lexemes = list(dict.fromkeys(lexeme for term in texts for run in RUN.findall(term) for lexeme in _lexemes(run)))
    if not lexemes and not numbers:
        raise BadInput(search=_nothing_to_find(terms))
    return Wanted(" & ".join(lexemes), numbers, tuple(_without_endings(term) for term in terms))


def within(lexemes: str, paths: list[str]) -> str | None:
    """The same search in subtrees of the territory; None where one of them is a whole city."""
    if any(len(path) < PLACE_LENGTHS[0] for path in paths):
        return None
    places = [f"'{PLACE}{path[: max(n for n in PLACE_LENGTHS if n <= len(path))]}'" for path in paths]
    return f"({lexemes}) & ({' | '.join(places)})"


def _nothing_to_find(terms: tuple[str, ...]) -> str:
    if any(RUN.search(term) for term in terms):
        return _("“%s” stands in nearly every case: add a word that tells this one apart") % " ".join(terms)
    return _("give a word, some Chinese characters, or a number")


def _lexemes(run: str) -> list[str]:
    """The tokens of one run of characters, as parts of a `tsquery`."""
    if not _is_han(run):
        return [_word(run[:LONGEST_WORD])]
    run = _without_endings(run)
    if len(run) == 1:
        # Each character begins a token: the pair with its neighbour, or itself at the end of a run
        return [] if run in EMPTY else [f"'{run}':*"]
    return [f"'{run[place : place + 2]}'" for place in range(len(run) - 1)]


def _word(word: str) -> str:
    """A word by its beginning; one character as it is; a number also as the running one of a case."""
    beginning = f"'{word}'" + (":*" if len(word) > 1 else "")
    if word.isascii() and word.isdigit() and word.strip("0"):
        return f"({beginning} | '{TAIL}{word.lstrip('0')}')"
    return beginning


def _without_endings(run: str) -> str:
    """Without what only ends a request, as long as two characters are left."""
    while len(run) > 2 and run[-1] in ENDINGS:
        run = run[:-1]
    return run


def _is_han(run: str) -> bool:
    return re.match(f"[{HAN}]", run) is not None
