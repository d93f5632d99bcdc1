"""The catalogue of events is what is really posted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from jsonschema import Draft202012Validator, FormatChecker

from cases.choices import Status
from cases.models import CaseEvent
from notifications.event_catalogue import KINDS, TEST, catalogue, payload_of, trial_payload, type_of
from tests.stories import Stories

FILE = Path(__file__).resolve().parents[2] / "docs" / "events.json"


def validator(name: str) -> Draft202012Validator:
    whole: dict[str, Any] = catalogue()
    schema = whole | {"$ref": f"#/components/messages/{name}/payload"}
    return Draft202012Validator(schema, format_checker=FormatChecker())


def test_the_file_in_the_docs_is_current(tmp_path: Path) -> None:
    call_command("event_catalogue", write=tmp_path / "events.json")
    renew = "manage.py event_catalogue --write docs/events.json"
    assert (tmp_path / "events.json").read_text("utf-8") == FILE.read_text("utf-8"), renew


def test_each_kind_has_a_message_and_every_reference_leads_somewhere() -> None:
    whole = json.loads(FILE.read_text("utf-8"))
    messages = whole["components"]["messages"]
    assert set(messages) == {type_of(kind) for kind in KINDS} | {TEST} == set(whole["channels"]["webhook"]["messages"])
    for message in messages.values():
        Draft202012Validator.check_schema(message["payload"])


@pytest.mark.django_db
def test_what_is_posted_of_each_kind_fits_its_message(stories: Stories) -> None:
    real = [event for status in Status for event in stories.bring(status).events.select_related("case")]
    seen = {event.kind for event in real}
    template = real[-1]
    made = [CaseEvent(pk=1, case=template.case, seq=9, kind=kind, at=template.at) for kind in KINDS if kind not in seen]
    assert len(seen) > 10
    for event in (*real, *made):
        if event.kind in KINDS:
            said = json.loads(json.dumps(payload_of(event, event.case)))
            validator(type_of(event.kind)).validate(said)
    validator(TEST).validate(trial_payload("2026-01-01T00:00:00+08:00"))


@pytest.mark.django_db
def test_a_schema_refuses_what_is_not_in_it(stories: Stories) -> None:
    event = stories.submit().events.get()
    for wrong in ({"reporter": "x"}, {"status": "lost"}, {"kind": "accepted"}):
        said = payload_of(event, event.case)
        said["data"] |= wrong
        assert not validator("case.submitted").is_valid(said)
