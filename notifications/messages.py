"""What a person reads of an event, in the inbox as in a mail: one table from the kind of an event to a sentence.
Nothing of the reporter, and nothing that was written in the case but its title."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.calendars import calendar_of
from cases.choices import OPEN, DeadlineKind, EventKind, Finding, Lapse, RejectReason, Satisfaction, Status
from cases.models import Case, CaseEvent
from cases.models.requests import Request
from grids import tree
from grids.choices import Role

from .choices import Reason
from .models import InboxItem

E = EventKind
_l = gettext_lazy

SENTENCES: dict[str, Any] = {
    E.SUBMITTED: _l("A new case in %(place)s"),
    E.ACCEPTED: _l("The case was accepted"),
    E.REJECTED: _l("The case was not accepted: %(reason_code)s"),
    E.MERGED: _l("The case was merged into %(into)s"),
    E.UNMERGED: _l("The merger of the case was undone"),
    E.VOICE_JOINED: _l("Another voice joined the case: %(voice)s"),
    E.DISPATCHED: _l("Dispatched to %(lead_name)s"),
    E.SIGNED: _l("%(actor_unit)s has signed"),
    E.RETURNED: _l("%(unit_name)s has returned the case: dispatch it anew"),
    E.RULED: _l("By a ruling, %(lead_name)s leads the case and cannot return it"),
    E.SOLVED_ON_SPOT: _l("The case was solved on the spot"),
    E.PROGRESSED: _l("%(actor_unit)s reports progress"),
    E.WHISTLED: _l("%(actor_unit)s asks for departments"),
    E.WHISTLE_ANSWERED: _l("The whistle was answered"),
    E.REPORTED_IN: _l("%(actor_unit)s has reported in"),
    E.CONTRIBUTED: _l("%(actor_unit)s has done its part"),
    E.WAIVED: _l("Nothing more is asked of %(unit_name)s"),
    E.ESCALATED: _l("Escalated from %(from_name)s to %(to_name)s"),
    E.LISTED: _l("The case was listed for supervision"),
    E.EXTENSION_REQUESTED: _l("%(actor_unit)s asks for more time"),
    E.EXTENSION_DECIDED: _l("More time: %(decision)s"),
    E.SUSPENSION_REQUESTED: _l("%(actor_unit)s asks to suspend the case"),
    E.SUSPENSION_REFUSED: _l("The case was not suspended"),
    E.SUSPENDED: _l("The case was suspended"),
    E.RESUMED: _l("The case goes on"),
    E.FINISHED: _l("Handling is finished: check the result"),
    E.APPROVED: _l("The result was approved"),
    E.SENT_BACK: _l("The result was sent back: handle the case again"),
    E.RATED: _l("The resident's verdict: %(satisfaction)s"),
    E.CLOSED: _l("The case was closed"),
    E.REOPENED: _l("The case was reopened"),
    E.URGED: _l("%(unit_name)s is urged to act"),
    E.INSTRUCTED: _l("A leader has written an instruction"),
    E.SUPERVISED: _l("%(unit_name)s has a supervision order to answer"),
    E.SUPERVISION_ANSWERED: _l("%(unit_name)s has answered the supervision order: check the answer"),
    E.SUPERVISION_CHECKED: _l("The answer to a supervision order was checked"),
    E.LOOKED_BACK: _l("The closed case was looked at again: %(finding)s"),
    E.WITHDRAWN: _l("The resident has withdrawn the case"),
    E.NOTED: _l("A note was added"),
    E.REMINDED: _l("Reminder for %(unit_name)s: %(deadline_kind)s by %(deadline_due_at)s"),
    E.FLAGGED: _l("Overdue at %(unit_name)s since %(deadline_due_at)s: %(deadline_kind)s"),
    E.ROLE_NOTIFIED: _l("For the %(role)s: %(unit_name)s has until %(deadline_due_at)s %(deadline_kind)s"),
    E.RECATEGORISED: _l("The category or urgency has changed"),
    E.RELOCATED: _l("The case was moved to another grid"),
    E.RECOUNTED: _l("A deadline was counted anew"),
}
LAPSED: dict[str, Any] = {
    E.WHISTLE_ANSWERED: _l("The whistle has lapsed: %(lapse)s"),
    E.EXTENSION_DECIDED: _l("The request for more time has lapsed: %(lapse)s"),
    E.SUSPENSION_REFUSED: _l("The request to suspend the case has lapsed: %(lapse)s"),
    E.SUPERVISION_CHECKED: _l("The supervision order has lapsed: %(lapse)s"),
}
"""The same kinds, where nobody has decided."""
LABELS: dict[str, Any] = {
    "reason_code": RejectReason,
    "satisfaction": Satisfaction,
    "deadline_kind": DeadlineKind,
    "role": Role,
    "decision": Request.State,
    "finding": Finding,
    "lapse": Lapse,
}
"""Facts of a payload that are words of a closed list."""


@dataclass(frozen=True, slots=True)
class Message:
    """An event as told to one person, in their language. `title` is empty where it may not be shown; `due_at` is when
    the next thing must be done, None where nobody is waited for."""

    number: str
    what: str
    title: str
    due_at: datetime | None
    until: str
    why: str
    url: str

    @property
    def subject(self) -> str:
        """One line: the number and what happened."""
        return " ".join(f"{self.number} · {self.what}".split())

    @property
    def text(self) -> str:
        """What a mail says."""
        return "\n".join(line for line in (self.what, self.title, self.until, self.url, self.why) if line)


def render(item: InboxItem, locale: str, *, show_title: bool = True) -> Message:
    """What the person of this item reads in a language. Reads nothing from the database where the item's event and
    case are loaded. Raises KeyError for an event of a kind that has no sentence."""
    event, case = item.event, item.event.case
    with translation.override(locale):
        due_at = _due_at(event, case)
        return Message(
            number=case.number,
            what=_sentence(event) % _Facts(event, case),
            title=case.title if show_title else "",
            due_at=due_at,
            until=_("Until %(moment)s") % {"moment": moment_in_city(case, due_at)} if due_at else "",
            why=_("You are told because %(reason)s.") % {"reason": Reason(item.reason).label},
            url=f"{settings.SITE_URL}/cases/{case.number}",
        )


def _sentence(event: CaseEvent) -> str:
    return str((LAPSED if event.payload.get("lapse") else SENTENCES)[event.kind])


def _due_at(event: CaseEvent, case: Case) -> datetime | None:
    """The clock that the event is about, else the case's next one; the resident's own time to rate binds nobody."""
    if said := event.payload.get("deadline_due_at"):
        return datetime.fromisoformat(said)
    return awaited_at(case)


def awaited_at(case: Case) -> datetime | None:
    """Until when somebody is waited for now; None where nobody is."""
    waits = case.status in OPEN and case.status != Status.FEEDBACK
    return case.due_at if waits else None


def moment_in_city(case: Case, moment: datetime) -> str:
    """In the city's own time, the same in every language."""
    return f"{moment.astimezone(calendar_of(case.grid_path).zone):%Y-%m-%d %H:%M}"


class _Facts(Mapping[str, str]):
    """What a sentence may ask of an event; what the event does not say is a dash."""

    def __init__(self, event: CaseEvent, case: Case) -> None:
        self._event = event
        self._case = case

    def __getitem__(self, name: str) -> str:
        said = self._event.payload.get(name)
        if name == "actor_unit":
            return _unit_name(self._event.actor_unit_id)
        if name == "unit_name" and not said:
            return _unit_name(self._event.payload.get("unit") or self._case.duty_unit_id)
        if not said:
            return "–"
        if name == "deadline_due_at":
            return moment_in_city(self._case, datetime.fromisoformat(said))
        if name == "place":  # the names of all grids from the city down; the last two are enough to know it by
            return " / ".join(said.split(" / ")[-2:])
        labels = LABELS.get(name)
        return str(labels(said).label) if labels else str(said)

    def __iter__(self) -> Any:
        return iter(self._event.payload)

    def __len__(self) -> int:
        return len(self._event.payload)


def _unit_name(unit_id: int | None) -> str:
    unit = tree.unit(unit_id) if unit_id else None
    return unit.name if unit else "–"
