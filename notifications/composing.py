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
    delivery = deliveries[0]
    item = delivery.item
    message = render(item, item.user.locale, show_title=not item.event.case.secret)
    pace, key = Pace(delivery.pace), str(delivery.message_key or "")
    return Composed(message.subject, message.text, message.subject[:120], message.url, pace, key)
