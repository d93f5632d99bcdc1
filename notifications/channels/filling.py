"""Which words of ours fill the variables of a template that a provider has approved."""

from __future__ import annotations

from typing import Any

from .base import Outgoing

WORDS = ("short", "subject", "text", "url")
DEFAULT = "content=short,link=url"
"""What the templates of most cities look like: a sentence, and the link by which one follows it."""
LONGEST = 70
"""Characters of a word that is no address: what a short message in Chinese holds."""


def read_parameters(said: str) -> list[tuple[str, str]]:
    """`name=short,link=url` as pairs, in its order. Raises ValueError where a word is none of WORDS."""
    pairs = []
    for part in filter(None, (part.strip() for part in said.replace("，", ",").split(","))):
        name, _is, word = (piece.strip() for piece in part.partition("="))
        if not name or word not in WORDS:
            raise ValueError(part)
        pairs.append((name, word))
    return pairs


def filled(options: dict[str, Any], outgoing: Outgoing) -> tuple[str, list[tuple[str, str]]]:
    """The template to use, and its variables in order. A code goes by its own template where the account has one."""
    if outgoing.code and options.get("code_template"):
        return str(options["code_template"]), [("code", outgoing.code)]
    pairs = read_parameters(options.get("parameters") or DEFAULT)
    words = {name: getattr(outgoing.message, name) for name in WORDS}
    return str(options["template"]), [
        (name, words[word] if word == "url" else " ".join(words[word].split())[:LONGEST]) for name, word in pairs
    ]
