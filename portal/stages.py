"""A matter's way in five stages, as a parcel's: what is behind it, where it is now, what is still to come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from cases.choices import EventKind, Status

DONE, NOW, LATER = "done", "now", "later"
REACHED = {
    Status.SUBMITTED: 1,
    Status.ACCEPTED: 2,
    Status.DISPATCHED: 3,
    Status.HANDLING: 3,
    Status.SUSPENDED: 3,
    Status.REVIEW: 4,
    Status.FEEDBACK: 5,
    Status.CLOSED: 6,
}
"""How many stages lie behind a matter, by its status; the one after them is where it is now."""


@dataclass(frozen=True, slots=True)
class Stage:
    """`mark` is done, now or later."""

    label: str
    mark: str
    office: str = ""


def stages_of(way: dict[str, Any]) -> list[Stage]:
    """The stages of what `track` says; none for a matter that ended before it was handled."""
    reached = REACHED.get(Status(way["status"]))
    if reached is None:
        return []
    climbed = [step for step in way["steps"] if step["kind"] == EventKind.ESCALATED]
    given = [step for step in way["steps"] if step["kind"] in (EventKind.DISPATCHED, EventKind.RULED)]
    labels = [
        (_("received"), ""),
        (_("accepted"), ""),
        (_("given out"), given[-1]["office"] if given else ""),
        (_("in handling"), ""),
        (_("answered"), ""),
        (_("rated") if reached == 6 else _("your verdict"), ""),
    ]
    found = [Stage(label, _mark(place, reached), office) for place, (label, office) in enumerate(labels)]
    if climbed:
        found.insert(min(reached, 3), Stage(_("raised"), DONE, climbed[-1]["office"]))
    return found


def _mark(place: int, reached: int) -> str:
    if place < reached:
        return DONE
    return NOW if place == reached else LATER
