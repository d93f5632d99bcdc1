"""What a resident sees of their case: a parcel's way, with names of offices and never of people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from cases.actors import RESIDENT, ActorKind
from cases.choices import OPEN, EventKind, Outcome, RejectReason, Status
from cases.models import Case, CaseEvent
from cases.workflow import available
from grids import tree

E = EventKind
STEPS: dict[str, Any] = {
    E.SUBMITTED: _("received"),
    E.ACCEPTED: _("accepted"),
    E.REJECTED: _("not taken up"),
    E.MERGED: _("handled together with another case"),
    E.UNMERGED: _("handled by itself again"),
    E.DISPATCHED: _("given to"),
    E.RULED: _("given to"),
    E.SIGNED: _("in handling"),
    E.ESCALATED: _("raised to"),
    E.LISTED: _("listed for supervision"),
    E.SENT_BACK: _("being worked on again"),
    E.SOLVED_ON_SPOT: _("solved on the spot"),
    E.APPROVED: _("answered"),
    E.RATED: _("rated"),
    E.CLOSED: _("closed"),
    E.REOPENED: _("taken up again"),
    E.WITHDRAWN: _("withdrawn"),
}
"""Events that a resident hears of; what passes between desks is not among them."""

ANSWERED = (Status.FEEDBACK, Status.CLOSED, Status.REJECTED)
"""In these the reply has been read and approved, or is the explanation of a rejection."""


class StepSerializer(serializers.Serializer):
    """One step of the way."""

    kind = serializers.ChoiceField(choices=EventKind.choices)
    label = serializers.CharField()  # type: ignore[assignment]  # a name that DRF has too
    office = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()
    text = serializers.CharField(allow_blank=True, help_text="The resident's own words.")


class TrackSerializer(serializers.Serializer):
    """Where a case stands, for the one who reported it."""

    number = serializers.CharField()
    title = serializers.CharField()
    status = serializers.ChoiceField(choices=Status.choices)
    status_label = serializers.CharField()
    open = serializers.BooleanField()
    place = serializers.CharField()
    office = serializers.CharField(allow_blank=True, help_text="Whose turn it is.")
    submitted_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True, help_text="By when the next step is promised.")
    outcome = serializers.ChoiceField(choices=Outcome.choices, allow_blank=True)
    reject_reason = serializers.ChoiceField(choices=RejectReason.choices, allow_blank=True)
    reply = serializers.CharField(allow_blank=True, help_text="Once it has been approved.")
    files = serializers.IntegerField()
    steps = StepSerializer(many=True)
    available_actions = serializers.ListField(child=serializers.CharField())
    version = serializers.IntegerField()


def track(case: Case) -> dict[str, Any]:
    """What `TrackSerializer` shows, in two queries."""
    answered = case.status in ANSWERED
    return {
        "number": case.number,
        "title": case.title,
        "status": case.status,
        "status_label": Status(case.status).label,
        "open": case.status in OPEN,
        "place": " / ".join(slot.name for slot in tree.way_to(case.grid_path)),
        "office": _office(case, case.duty_unit_id) if case.status in OPEN else "",
        "submitted_at": case.submitted_at,
        "due_at": case.due_at,
        "outcome": case.outcome if answered else "",
        "reject_reason": case.reject_reason,
        "reply": case.reply if answered else "",
        "files": case.attachments.count(),
        "steps": list(_steps(case)),
        "available_actions": [move.action for move in available(case, RESIDENT)],
        "version": case.version,
    }


def _office(case: Case, unit_id: int | None) -> str:
    return tree.unit_name(unit_id, case.grid_path) if unit_id else ""


def _steps(case: Case) -> Iterator[dict[str, Any]]:
    for event in case.events.order_by("seq"):
        own = event.kind == E.NOTED and event.actor_kind == ActorKind.RESIDENT
        if not own and event.kind not in STEPS:
            continue
        label = _("you added") if own else STEPS[event.kind]
        yield {
            "kind": event.kind,
            "label": label,
            "office": _named(case, event),
            "at": event.at,
            "text": _own_words(event) if event.actor_kind == ActorKind.RESIDENT else "",
        }


def _named(case: Case, event: CaseEvent) -> str:
    """The office that a step leads to, else the one that took it."""
    said = event.payload
    unit_id = said.get("lead") if event.kind in (E.DISPATCHED, E.RULED) else said.get("to_unit")
    name = said.get("lead_name") or said.get("to_name")
    if name:
        return str(name)
    return _office(case, unit_id if isinstance(unit_id, int) else event.actor_unit_id)


def _own_words(event: CaseEvent) -> str:
    return str(event.payload.get("note") or event.payload.get("comment") or event.payload.get("reason") or "")
