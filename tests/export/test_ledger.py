"""The ledger: one definition of its columns as CSV and Excel, nothing in it runs, nobody in it is a reporter."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone, translation
from openpyxl import load_workbook

from cases.choices import Status
from cases.export import COLUMNS
from cases.models import Case, Job
from cases.reporter import Reporter
from cases.services import jobs
from cases.services.jobs import forget_files, run_jobs, taking
from tests.api.conftest import Caller, fields_of
from tests.stories import Stories

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 20, 30, tzinfo=UTC)


def rows_in(content: Any) -> list[dict[str, Any]]:
    """The first sheet, each row under its headings."""
    sheet = load_workbook(content).worksheets[0]
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def body_of(response: Any) -> io.BytesIO:
    assert response.status_code == 200, getattr(response, "content", b"")
    return io.BytesIO(b"".join(response.streaming_content))


def test_a_workbook_is_headed_frozen_filtered_and_in_the_citys_time(
    stories: Stories, dispatcher: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = stories.submit(AT)
    monkeypatch.setattr("cases.export.rows.calendar_of", lambda path: SimpleNamespace(zone=ZoneInfo("Asia/Urumqi")))
    body = body_of(dispatcher.get("/cases/export.xlsx"))
    sheet = load_workbook(body).worksheets[0]
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref.startswith("A1:") and sheet.auto_filter.ref.endswith("2")
    (row,) = rows_in(body)
    assert list(row) == [str(column.label) for column in COLUMNS]
    assert row["number"] == case.number and row["status"] == str(Status.SUBMITTED.label)
    assert row["submitted at"] == datetime(2026, 3, 3, 2, 30)  # noqa: DTZ001 - Excel knows no zones
    text = b"".join(dispatcher.get("/cases/export.csv").streaming_content).decode("utf-8-sig")
    (line,) = csv.DictReader(io.StringIO(text))
    assert list(line) == [column.name for column in COLUMNS]
    assert line["submitted_at"] == "2026-03-03T02:30:00+06:00"


def test_chinese_readers_get_chinese_words(stories: Stories, dispatcher: Caller) -> None:
    stories.submit()
    (row,) = rows_in(body_of(dispatcher.get("/cases/export.xlsx", **{"Accept-Language": "zh-hans"})))
    assert row["标题"] == "路灯不亮"
    assert "待受理" in row.values()


def test_nothing_runs_and_no_reporter_is_in_it(stories: Stories, dispatcher: Caller) -> None:
    stories.submit(
        title="=1+1", text='=HYPERLINK("http://x")', address="＝cmd", reporter=Reporter("甲甲甲", "+8613900000000")
    )
    stories.submit(title="secret words", text="secret words", address="secret words", secret=True)
    body = body_of(dispatcher.get("/cases/export.xlsx"))
    sheet = load_workbook(body).worksheets[0]
    typed = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not any(cell.data_type == "f" or cell.hyperlink for cell in typed)
    cell = next(cell for cell in typed if cell.value == "=1+1")
    assert cell.quotePrefix
    everything = " ".join(str(cell.value) for cell in typed)
    assert (
        "=1+1" in everything and "甲甲甲" not in everything and "139" not in everything and "secret" not in everything
    )


def test_a_long_list_is_refused_at_once_and_made_as_a_job(
    stories: Stories, dispatcher: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        stories.submit(AT)
    other = stories.submit(grid_id=stories.cast.other_county.pk, lon=None, lat=None)
    monkeypatch.setattr(taking, "SHORT", 2)
    assert dispatcher.get("/cases/export.xlsx").status_code == 400
    assert fields_of(dispatcher.get("/cases/export.xlsx")) == {"query"}
    asked = dispatcher.post(
        "/cases/exports/", {"query": {"submitted_before": "2026-04-01"}}, **{"Idempotency-Key": "k"}
    )
    again = dispatcher.post(
        "/cases/exports/", {"query": {"submitted_before": "2026-04-01"}}, **{"Idempotency-Key": "k"}
    )
    assert (asked.status_code, again.json()["id"]) == (202, asked.json()["id"])
    assert asked.json()["state"] == "queued" and asked.json()["download_url"] is None
    assert run_jobs() == 1
    job = dispatcher.get(f"/jobs/{asked.json()['id']}/").json()
    assert (job["state"], job["done"], job["total"], job["error"]) == ("done", 3, 3, "")
    rows = rows_in(body_of(Client().get(job["download_url"])))
    assert len(rows) == 3 and other.number not in {row["number"] for row in rows}


@pytest.fixture
def taken(stories: Stories, dispatcher: Caller) -> dict[str, Any]:
    """A ledger that is done."""
    stories.submit()
    asked = dispatcher.post("/cases/exports/").json()
    run_jobs()
    said: dict[str, Any] = dispatcher.get(f"/jobs/{asked['id']}/").json()
    return said


def test_the_address_of_a_file_holds_for_a_while_and_only_as_it_was_given(
    taken: dict[str, Any], stories: Stories, settings: Any
) -> None:
    address, nobody = taken["download_url"], Client()
    assert nobody.get(address).status_code == 200
    assert nobody.get(address[:-3] + "xx/").status_code == 404
    settings.EXPORT_LINK_SECONDS = -1
    assert nobody.get(address).status_code == 404
    settings.EXPORT_LINK_SECONDS = 600
    user = stories.cast.county_dispatcher
    user.is_active = False
    user.save()
    assert nobody.get(address).status_code == 404


def test_a_file_is_deleted_when_its_time_is_over(taken: dict[str, Any], dispatcher: Caller) -> None:
    job = Job.objects.get()
    assert default_storage.exists(job.file)
    assert forget_files() == 0
    assert forget_files(timezone.now() + timedelta(hours=25)) == 1
    assert not default_storage.exists(job.file)
    assert Client().get(taken["download_url"]).status_code == 404
    assert dispatcher.get(f"/jobs/{job.pk}/").json()["download_url"] is None


def test_nobody_reads_somebody_elses_job(taken: dict[str, Any], stories: Stories) -> None:
    other = Caller(stories.cast.city_leader)
    assert other.get(f"/jobs/{taken['id']}/").status_code == 404
    assert other.get(f"/jobs/{taken['id']}/results/").status_code == 404
    assert other.get("/jobs/").json()["results"] == []


def test_a_ledger_that_cannot_be_written_says_so_and_the_next_one_is(
    stories: Stories, dispatcher: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    stories.submit()
    whole, broken = jobs.taking.write_workbook, [True]

    def write(*args: Any, **more: Any) -> int:
        if broken.pop() if broken else False:
            raise OSError("disk full")
        return whole(*args, **more)

    monkeypatch.setattr(taking, "write_workbook", write)
    first, second = (dispatcher.post("/cases/exports/").json()["id"] for _ in range(2))
    run_jobs()
    assert dispatcher.get(f"/jobs/{first}/").json()["state"] == "failed"
    assert dispatcher.get(f"/jobs/{second}/").json()["state"] == "done"


def test_filters_that_are_none_are_refused_when_they_are_asked_for(dispatcher: Caller) -> None:
    for query, field in (
        ({"statsu": "x"}, "statsu"), ({"status": "x"}, "status"), ({"search": "的"}, "search"),
        ({"status": 3}, "query"),
        ({"cursor": "x"}, "cursor"), ([], "query"), ({"grid": "99"}, "grid"), ({"search": "路" * 2001}, "query"),
    ):  # fmt: skip
        answer = dispatcher.post("/cases/exports/", {"query": query})
        assert (answer.status_code, fields_of(answer)) == (400, {field}), query
    assert not Job.objects.exists()


def test_nobody_queues_more_than_a_few(dispatcher: Caller) -> None:
    answers = [dispatcher.post("/cases/exports/").status_code for _ in range(6)]
    assert answers == [202] * 5 + [400]


def test_the_command_writes_what_somebody_sees_and_leaves_nothing_half_done(stories: Stories, tmp_path: Path) -> None:
    case, closed = stories.submit(), stories.bring("withdrawn")
    stories.submit(grid_id=stories.cast.other_county.pk, lon=None, lat=None)
    for name, more in (("a.xlsx", {}), ("b.csv", {})):
        call_command("export_ledger", tmp_path / name, user="county_dispatcher", filter=["status=submitted"], **more)
    assert [row["number"] for row in rows_in(tmp_path / "a.xlsx")] == [case.number]
    (line,) = csv.DictReader((tmp_path / "b.csv").open(encoding="utf-8-sig"))
    assert line["number"] == case.number
    call_command("export_ledger", tmp_path / "c.xlsx")
    assert len(rows_in(tmp_path / "c.xlsx")) == 3 and closed.number
    for wrong in ({"filter": ["status=x"]}, {"filter": ["status"]}, {"user": "nobody"}):
        with pytest.raises(CommandError):
            call_command("export_ledger", tmp_path / "d.xlsx", **wrong)
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["a.xlsx", "b.csv", "c.xlsx"]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("name", ["ledger.csv", "ledger.xlsx"])
def test_a_ledger_that_was_taken_out_can_be_brought_in_elsewhere(
    stories: Stories, tmp_path: Path, name: str, language: str
) -> None:
    case = stories.bring("closed", urgency="urgent")
    stories.submit(title="=1+1", address="东街１号")
    with translation.override(language):
        call_command("export_ledger", tmp_path / name)
    call_command("import_ledger", tmp_path / name, map="govgrid", verbosity=0)
    back = Case.objects.get(source="govgrid", source_number=case.number)
    assert (back.text, back.grid_id, back.status) == (case.text, case.grid_id, "closed")
    assert (back.channel, back.urgency, back.outcome) == (case.channel, "urgent", case.outcome)
    assert abs(back.submitted_at - case.submitted_at) < timedelta(seconds=1)  # CSV has whole ones
    assert back.reply == "路灯已修好"
    assert back.events.earliest("seq").payload["at_source"]["status"] == "closed"
    other = Case.objects.get(source="govgrid", title__contains="1+1")
    assert other.address == "东街１号" and other.status == "submitted"


def test_a_workbook_of_several_sheets_is_brought_in_a_sheet_at_a_time_and_says_so(
    stories: Stories, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cases.export.workbooks.ROWS_PER_SHEET", 2)
    for _ in range(3):
        stories.submit()
    call_command("export_ledger", tmp_path / "ledger.xlsx")
    out = io.StringIO()
    call_command("import_ledger", tmp_path / "ledger.xlsx", map="govgrid", verbosity=0, stdout=out)
    assert "sheets left out: Cases 2" in out.getvalue()
    call_command("import_ledger", tmp_path / "ledger.xlsx", map="govgrid", verbosity=0, sheet="Cases 2", stdout=out)
    assert Case.objects.filter(source="govgrid").count() == 3
