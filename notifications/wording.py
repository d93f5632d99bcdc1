"""Texts of administrators instead of the built-in ones, kept in the process: who composes a message reads nothing for
it. Words in braces are replaced, and nothing in a text is ever run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from grids import tree
from grids.snapshots import Snapshot

from .choices import Reader

VARIABLE = re.compile(r"\{([^{}]*)\}")
VARIABLES: dict[str, dict[str, object]] = {
    Reader.USER: {
        "number": _("number of the case"),
        "what": _("what happened, as a sentence"),
        "title": _("title of the case; empty where the reporter asks for secrecy"),
        "place": _("where"),
        "category": _("category"),
        "urgency": _("urgency"),
        "status": _("status"),
        "office": _("whose turn it is"),
        "until": _("until when; empty where nobody is waited for"),
        "why": _("why the reader is told"),
        "link": _("link to the case"),
    },
    Reader.RESIDENT: {
        "number": _("number of the case"),
        "office": _("whose turn it is; empty where the reporter asks for secrecy"),
        "status": _("status"),
        "until": _("until when an answer is promised; empty where nobody is waited for"),
        "link": _("link to the matter"),
        "code_hint": _("where the look-up code is found; empty where the link needs none"),
    },
}
"""What a text may ask for, by its reader: nothing of the reporter, and nothing that was written in the case but its
title."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A published text; an empty body stands for the built-in one."""

    subject: str
    body: str


Book = dict[tuple[str, str, str, str], Wording]


def _build() -> Book:
    from .models import MessageTemplate

    rows = MessageTemplate.objects.filter(published_at__isnull=False).order_by("version")
    columns = ("city__path", "reader", "kind", "locale", "subject", "body")
    # the newest version comes last, and stays
    return {
        (path or "", reader, kind, locale): Wording(subject, body)
        for path, reader, kind, locale, subject, body in rows.values_list(*columns)
    }


_book: Snapshot[Book] = Snapshot(("message_templates", "grids"), _build)


def wording_for(grid_path: str, reader: str, kind: str, locale: str) -> Wording | None:
    """The city's own newest published text, else that of all cities; None where the built-in one is in force."""
    book = _book.get()
    if not book:
        return None
    own = book.get((grid_path[: tree.STEP], reader, kind, locale))
    return own or book.get(("", reader, kind, locale))


def filled(text: str, facts: Mapping[str, str]) -> str:
    """The text with its variables replaced. What it does not know stays away; no value is looked into again."""
    return VARIABLE.sub(lambda found: str(facts.get(found[1], "")), text)


def unknown_in(text: str, reader: str) -> list[str]:
    """What stands in braces and is no variable for this reader."""
    known = VARIABLES[reader]
    return [name for name in dict.fromkeys(VARIABLE.findall(text)) if name not in known]
