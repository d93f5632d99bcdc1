"""From planned deliveries to the one message that goes out: whatever the channel, its words come from here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import translation

from .choices import PACES, Pace
from .digests import digest_of, one_of
from .links import inbox_link
from .models import Delivery
from .resident_words import words_for_resident
from .round_up_words import words_of_round_up
from .saying import Said

SHORT = 120
"""Characters of what stands on a locked screen."""


@dataclass(frozen=True, slots=True)
class Composed:
    """What a channel sends: `text` is plain and of any length, `short` one line of at most 120 characters for what
    shows little (of a resident's message all but the link), `url` leads to where one can act. `key` is the same
    whenever the same message is sent again."""

    subject: str
    text: str
    short: str
    url: str
    pace: Pace
    key: str


def compose(deliveries: Sequence[Delivery]) -> Composed:
    """One message for deliveries of one person and way, read by `Delivery.objects.with_case()`, in that person's
    language. A case whose reporter asks for secrecy goes by its number alone.

    Reads nothing for inbox lines and a resident's notice, and once for each list at a set time. The same rows give the
    same words. Raises ValueError for no deliveries.
    """
    if not deliveries:
        raise ValueError("there is nothing to say")
    first = deliveries[0]
    pace = Pace(min((delivery.pace for delivery in deliveries), key=PACES.index))
    key = str(first.message_key or "")
    notices = [delivery.notice for delivery in deliveries if delivery.notice]
    if notices:  # a resident reads the newest: it says where the matter stands
        said = words_for_resident(max(notices, key=lambda notice: notice.event_id))
        return Composed(said.subject, said.text, said.short[:SHORT], said.url, pace, key)
    assert first.user is not None  # noqa: S101  the database keeps it so
    with translation.override(first.user.locale):
        said = _for_user(deliveries)
    return Composed(said.subject, said.text, said.short[:SHORT], said.url, pace, key)


def _for_user(deliveries: Sequence[Delivery]) -> Said:
    lists = [words_of_round_up(delivery.round_up) for delivery in deliveries if delivery.round_up]
    lines = [delivery for delivery in deliveries if delivery.item]
    if len(lines) == 1:
        lists.append(one_of(lines[0]))
    elif lines:
        lists.append(digest_of(lines))
    if len(lists) == 1:
        return lists[0]
    return Said(
        subject=lists[0].subject,
        text="\n\n".join(said.text for said in lists),
        short=lists[0].short,
        url=inbox_link(),
    )
