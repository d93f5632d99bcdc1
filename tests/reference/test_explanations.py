"""What readers are told of the clock and of the workflow is what the program does."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from cases.management.commands.workflow_diagram import with_generated
from cases.workflow import TABLE
from tests.cast import Cast

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "workflow.md"


def explain(**options: Any) -> dict[str, Any]:
    out = StringIO()
    call_command("explain_deadline", stdout=out, **options)
    said: dict[str, Any] = json.loads(out.getvalue())
    return said


def test_a_deadline_over_the_national_day_is_explained_segment_by_segment(cast: Cast) -> None:
    said = explain(city="1310", start="2025-09-30T15:10", working_minutes=420)
    assert said["due_at"] == "2025-10-09T15:10:00+08:00"
    counted = [segment for segment in said["segments"] if segment["counted"]]
    assert sum(segment["minutes"] for segment in counted) == 420
    assert any(segment["reason"].startswith("holiday") for segment in said["segments"])
    ends = [segment["to"] for segment in said["segments"]]
    assert [said["from"], *ends[:-1]] == [segment["from"] for segment in said["segments"]]


def test_calendar_minutes_run_through(cast: Cast) -> None:
    said = explain(city="131000000000", start="2025-09-30T07:10:00+00:00", calendar_minutes=1440)
    assert said["due_at"] == "2025-10-01T15:10:00+08:00"
    assert [segment["minutes"] for segment in said["segments"]] == [1440]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"city": "9999", "start": "2025-09-30T15:10"}, "no grid has the code 9999"),
        ({"city": "1310", "start": "soon"}, "2026-09-30T15:10 would be right"),
    ],
)
def test_a_question_that_cannot_be_answered_is_answered_with_what_would_be_right(
    cast: Cast, options: dict[str, str], complaint: str
) -> None:
    with translation.override("en"), pytest.raises(CommandError, match=complaint):
        explain(working_minutes=60, **options)


def test_the_document_of_the_workflow_is_what_the_table_says() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert with_generated(text) == text, "stale: manage.py workflow_diagram --write docs/workflow.md"


def test_every_action_stands_in_the_document_and_every_arrow_in_the_diagram() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert all(f"| `{action}` |" in text for action in TABLE)
    out = StringIO()
    call_command("workflow_diagram", stdout=out)
    assert out.getvalue().startswith("stateDiagram-v2") and out.getvalue().strip() in text


def test_a_document_without_the_markers_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text("mine", encoding="utf-8")
    with translation.override("en"), pytest.raises(CommandError, match="needs two lines"):
        call_command("workflow_diagram", write=path)
    assert path.read_text(encoding="utf-8") == "mine"
