"""From planned deliveries to the one message that goes out: whatever the channel, its words come from here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .choices import Pace
from .messages import render
from .models import Delivery


@dataclass(frozen=True, slots=True)
class Composed:
    """What a channel sends: `text` is plain and of any length, `short` one line of at most 120 characters for what
    shows little, `url` leads to where one can act. `key` is the same whenever the same message is sent again."""

    subject: str
    text: str
    short: str
    url: str
    pace: Pace
    key: str


def compose(deliveries: Sequence[Delivery]) -> Composed:
    """One message for deliveries of one person and way, read by `Delivery.objects.with_case()`, in that person's
    language. A case whose reporter asks for secrecy goes by its number alone."""
    first, said = deliveries[0], []
    for delivery in deliveries:
        if (item := delivery.item) is None:
            raise ValueError("only inbox lines have words yet")
        said.append(render(item, item.user.locale, show_title=not item.event.case.secret))
    text = "\n\n".join(message.text for message in said)
    newest, pace, key = said[-1], Pace(first.pace), str(first.message_key or "")
    return Composed(newest.subject, text, newest.subject[:120], newest.url, pace, key)
