"""What one person reads of one event, and of many at once: after an outage or a busy hour, one message with a line for
each case instead of fifty messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cases.categories import book
from cases.choices import Status, Urgency
from cases.models import Case
from grids import tree

from .choices import PACES, Pace, Reader
from .links import inbox_link
from .messages import Message, render
from .models import Delivery, InboxItem
from .saying import MOST_LINES, Said, joined
from .wording import filled, wording_for

URGENCIES = [Urgency.EMERGENCY, Urgency.URGENT, Urgency.CONSULTATION, Urgency.ORDINARY]
"""The most urgent first, by what is promised."""
NEVER = datetime.max.replace(tzinfo=UTC)


def one_of(delivery: Delivery) -> Said:
    """A single event, in the city's own words where it has some."""
    item = delivery.item
    assert item is not None  # noqa: S101  whoever asks has looked
    case, language = item.event.case, get_language() or "en"
    message = render(item, language, show_title=not case.secret)
    wording = wording_for(case.grid_path, Reader.USER, item.event.kind, language)
    if wording is None:
        return Said(message.subject, message.text, message.subject, message.url)
    facts = facts_for_user(case, message)
    subject = " ".join(filled(wording.subject, facts).split())
    return Said(subject, filled(wording.body, facts) if wording.body else message.text, subject, message.url)


def facts_for_user(case: Case, message: Message) -> dict[str, str]:
    """What a text for those who work on cases may ask for: see `wording.VARIABLES`."""
    row = book().by_id.get(case.category_id) if case.category_id else None
    english = (get_language() or "").startswith("en")
    return {
        "number": message.number,
        "what": message.what,
        "title": message.title,
        "place": " / ".join(slot.name for slot in tree.way_to(case.grid_path)[-2:]),
        "category": ((row.name_en if english else "") or row.name) if row else "",
        "urgency": str(Urgency(case.urgency).label),
        "status": str(Status(case.status).label),
        "office": tree.unit_name(case.duty_unit_id, case.grid_path) if case.duty_unit_id else "",
        "until": message.until,
        "why": message.why,
        "link": message.url,
    }


class Line(NamedTuple):
    """A case in a digest: how it sorts, and what is said of it."""

    pace: int
    urgency: int
    due_at: datetime
    number: str
    text: str


def digest_of(deliveries: Sequence[Delivery]) -> Said:
    """Many events: counted in the heading, then the cases, the most urgent first and among those what is due first."""
    by_case = _by_case(deliveries)
    if len(by_case) == 1:
        return _of_one_case(by_case[0])
    lines = sorted(_line(of_case) for of_case in by_case)
    asked = sum(line.pace < PACES.index(Pace.LATER) for line in lines)
    heading = _("Cases that concern you: %(cases)d, of which something is asked of you in %(asked)d") % {
        "cases": len(lines),
        "asked": asked,
    }
    url = inbox_link()
    left = len(lines) - MOST_LINES
    more = _("and %(count)d more") % {"count": left} if left > 0 else ""
    text = joined(heading, "", *(line.text for line in lines[:MOST_LINES]), more, url)
    return Said(heading, text, f"{heading} · {lines[0].number}", url)


def _of_one_case(of_case: list[Delivery]) -> Said:
    """What happened last, and what before it."""
    said = one_of(of_case[-1])
    earlier = [_item(delivery) for delivery in of_case[-2 : -MOST_LINES - 2 : -1]]
    before = [f"- {render(item, get_language() or 'en').what}" for item in earlier]
    return Said(said.subject, joined(said.text, "", _("Before it:"), *before), said.short, said.url)


def _by_case(deliveries: Sequence[Delivery]) -> list[list[Delivery]]:
    """Those of each case together, the newest event last."""
    found: dict[int, list[Delivery]] = {}
    for delivery in sorted(deliveries, key=lambda delivery: _item(delivery).event_id):
        found.setdefault(_item(delivery).event.case_id, []).append(delivery)
    return list(found.values())


def _item(delivery: Delivery) -> InboxItem:
    assert delivery.item is not None  # noqa: S101  digests are of inbox lines alone
    return delivery.item


def _line(of_case: list[Delivery]) -> Line:
    newest = _item(of_case[-1])
    case = newest.event.case
    message = render(newest, get_language() or "en", show_title=not case.secret)
    earlier = _("(earlier: %(count)d)") % {"count": len(of_case) - 1} if len(of_case) > 1 else ""
    name = f"{message.number} {message.title}".strip()
    said = f"{name}: {' · '.join(part for part in (message.what, message.until) if part)} {earlier}".strip()
    return Line(
        pace=min(PACES.index(delivery.pace) for delivery in of_case),
        urgency=URGENCIES.index(Urgency(case.urgency)),
        due_at=message.due_at or NEVER,
        number=message.number,
        text=f"- {said}",
    )
