"""What of a text must not be read by everybody: names, numbers that lead to a person, doors. Proposes a masked text to
the official who publishes a case, and finds what they have left in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from cases.reporter import Reporter

SOMEBODY, SOMEWHERE, NUMBER = "某某", "某处", "***"
LONG_NUMBER = re.compile(r"(?<![0-9])\+?[0-9](?:[ \-]?[0-9]){6,18}[Xx]?(?![0-9])")
"""Seven figures and more: telephones, identity cards, accounts. Dates with dashes are eight, and are spared below."""
DATE = re.compile(r"(?:19|20)[0-9]{2}-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12][0-9]|3[01])")
_NUMBER = r"(?:[0-9A-Za-z]{1,5}|[一二三四五六七八九十百]{1,4})"
DOOR = re.compile(
    rf"(?:{_NUMBER}(?:号楼|号院|单元|栋|幢|室|门牌)-?)+[0-9]{{0,5}}|(?<![0-9月])[0-9]{{1,5}}号(?![线路楼院井])"
)
"""A house or flat, as addresses in the country write them; a road's or bus line's number is none."""
CALLED = re.compile(r"[\u4e00-\u9fff](?:某(?![某处])|先生|女士|大爷|大妈|大叔|大姐|师傅)")
"""A surname with a form of address: in a village that is a name."""


def masked(text: str, reporter: Reporter) -> str:
    """The same text without the reporter's name, long numbers and doors."""
    text = CALLED.sub(SOMEBODY, text)
    if reporter.name.strip():
        text = text.replace(reporter.name.strip(), SOMEBODY)
    text = LONG_NUMBER.sub(lambda found: found[0] if DATE.fullmatch(found[0]) else NUMBER, text)
    return DOOR.sub(SOMEWHERE, text)


def given_away(text: str, reporter: Reporter) -> Iterator[str]:
    """What of it leads to a person, in sentences that say what to take out; nothing where it is fit for everybody."""
    name, digits = reporter.name.strip(), re.sub(r"\D", "", reporter.phone)[-8:]
    if len(name) > 1 and name in text:
        yield _("the reporter's name stands in it: take it out")
    if any(not DATE.fullmatch(found[0]) for found in LONG_NUMBER.finditer(text)):
        yield _("a long number stands in it, as of a telephone or an identity card: take it out")
    elif digits and digits in re.sub(r"[ \-]", "", text):
        yield _("the reporter's phone stands in it: take it out")
    if (found := DOOR.search(text)) is not None:
        yield _("“%s” looks like a house or flat: name the village or street at most") % found[0]
