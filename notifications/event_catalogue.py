"""What other systems are told of an event, and the catalogue that describes it (AsyncAPI 3.0, its payloads as JSON
Schema): both are made from the same table, and a test holds them together."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils import translation

from cases.choices import EventKind, Status, Urgency
from cases.models import Case, CaseEvent
from grids import tree

from .messages import SENTENCES

KINDS: tuple[str, ...] = tuple(str(kind) for kind in SENTENCES)
"""What other systems may hear of: what people are told of. Looks at a reporter's data and what units say of each other
stay within."""
TEST = "govgrid.test"
"""Type of what the button of the administration sends: a test, about no case."""


def type_of(kind: str) -> str:
    """An event's kind as Standard Webhooks spells types."""
    return f"case.{kind}"


def payload_of(event: CaseEvent, case: Case) -> dict[str, Any]:
    """What is posted: what happened, and how the case stands now. No person, and nothing that anybody wrote."""
    unit = tree.unit(case.duty_unit_id) if case.duty_unit_id else None
    return {
        "type": type_of(event.kind),
        "timestamp": event.at.isoformat(),
        "data": {
            "event": event.pk,
            "line": event.seq,
            "number": case.number,
            "kind": event.kind,
            "at": event.at.isoformat(),
            "due_at": case.due_at.isoformat() if case.due_at else None,
            "status": case.status,
            "urgency": case.urgency,
            "grid": tree.way_to(case.grid_path)[-1].code,
            "unit": {"id": unit.id, "name": unit.name, "kind": unit.kind} if unit else None,
            "link": f"{settings.SITE_URL}/cases/{case.number}",
        },
    }


def trial_payload(at: str) -> dict[str, Any]:
    """What the test button posts; `at` is a moment in ISO 8601."""
    return {"type": TEST, "timestamp": at, "data": {"link": settings.SITE_URL}}


def _said(description: str, **schema: Any) -> dict[str, Any]:
    return {"description": description, **schema}


MOMENT = {"type": "string", "format": "date-time"}
CASE_DATA: dict[str, Any] = {
    "event": _said("Key of the event: the same however often it is sent.", type="integer"),
    "line": _said("Its line in the history of the case: sort by it, events may come out of order.", type="integer"),
    "number": _said("Number of the case.", type="string"),
    "kind": _said("What happened.", type="string", enum=list(KINDS)),
    "at": _said("When it happened.", **MOMENT),
    "due_at": _said(
        "By when the next thing must be done, when this was sent.", type=["string", "null"], format="date-time"
    ),
    "status": _said("The case's status when this was sent.", type="string", enum=[str(s) for s in Status.values]),
    "urgency": _said("How urgent the case is.", type="string", enum=[str(u) for u in Urgency.values]),
    "grid": _said("Code of the grid that the case lies in.", type="string"),
    "unit": _said(
        "Whose turn it was when this was sent; null where it is nobody's.",
        type=["object", "null"],
        properties={"id": {"type": "integer"}, "name": {"type": "string"}, "kind": {"type": "string"}},
        required=["id", "name", "kind"],
        additionalProperties=False,
    ),
    "link": _said("The page of the case, for who may see it.", type="string", format="uri"),
}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _message(name: str, title: str, summary: str, data: dict[str, Any]) -> dict[str, Any]:
    payload = {"type": {"const": name}, "timestamp": _said("When it happened.", **MOMENT), "data": data}
    return {
        "name": name,
        "title": title,
        "summary": summary,
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/headers"},
        "payload": _object(payload),
    }


def _messages() -> dict[str, Any]:
    found = {}
    for kind in KINDS:
        data = {
            "allOf": [
                {"$ref": "#/components/schemas/case"},
                {"type": "object", "properties": {"kind": {"const": kind}}},
            ]
        }
        label = str(EventKind(kind).label)
        found[type_of(kind)] = _message(type_of(kind), label, f"A case: {label}.", data)
    test = _object({"link": {"type": "string"}})
    found[TEST] = _message(TEST, "test", "Somebody in the administration tries out whether it arrives.", test)
    return found


HEADERS = _object(
    {
        "webhook-id": _said(
            "The same for each attempt and each sending again: what came before is a repetition.", type="string"
        ),
        "webhook-timestamp": _said("Seconds since 1970 of this attempt.", type="string"),
        "webhook-signature": _said(
            "`v1,` and a signature; two of them while a secret is being changed.", type="string"
        ),
    }
)


def catalogue() -> dict[str, Any]:
    """The AsyncAPI document, in English."""
    with translation.override("en"):
        messages = _messages()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "govgrid",
            "version": "1",
            "description": "What is posted to webhooks, signed after Standard Webhooks. How to receive: webhooks.md.",
        },
        "channels": {
            "webhook": {
                "address": None,
                "description": "The address that an administrator entered.",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
            }
        },
        "operations": {"told": {"action": "send", "channel": {"$ref": "#/channels/webhook"}}},
        "components": {"messages": messages, "schemas": {"case": _object(CASE_DATA), "headers": HEADERS}},
    }
