"""What becomes of the rows of a ledger."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from cases.choices import Status
from cases.models import Case, CaseEvent, Deadline, PendingEvent
from cases.reporter import Reporter, unseal
from cases.services import sweep
from tests.cast import Cast
from tests.ledger.ledgers import ANSWERED, ASKED, COLUMNS, MAP, Ledgers


def row(pattern: tuple[str, ...], **changes: str) -> tuple[str, ...]:
    """A good row with some of its cells changed, by number, title, text, time, name, phone, reply or replied."""
    names = ("number", "title", "text", "time", "name", "phone", "reply", "replied")
    return tuple(changes.get(name, cell) for name, cell in zip(names, pattern, strict=True))


def test_an_answered_row_becomes_a_closed_case_with_its_real_duration(ledgers: Ledgers) -> None:
    ledgers.bring_in(ledgers.csv(ANSWERED))
    case = Case.objects.get()
    assert case.status == Status.CLOSED
    assert case.submitted_at == datetime(2024, 3, 5, 2, 6, 36, tzinfo=UTC)
    assert case.closed_at == case.finished_at == datetime(2024, 3, 12, 0, 59, 29, tzinfo=UTC)
    assert (case.outcome, case.reply) == ("explained", "已更换")
    assert case.number.startswith("1310-20240305-")
    kinds = list(case.events.values_list("kind", flat=True))
    assert kinds == ["submitted", "accepted", "dispatched", "signed", "finished", "approved", "closed"]


def test_only_what_the_ledger_knows_is_measured(ledgers: Ledgers) -> None:
    ledgers.bring_in(ledgers.csv(ANSWERED, row(ANSWERED, number="3", replied="2025/3/12 9:00:00")))
    clocks = Deadline.objects.order_by("case").values_list("kind", "state", "fire_at")
    assert list(clocks) == [("handle", "met", None), ("handle", "missed", None)]
    assert not Case.objects.filter(due_at__isnull=False).exists()


def test_moments_on_the_way_are_taken_from_the_ledger_where_it_knows_them(ledgers: Ledgers) -> None:
    text = MAP + 'accepted_at = "受理"\nsigned_at = "签收"\n'
    columns = (*COLUMNS, "受理", "签收")
    ledgers.bring_in(ledgers.csv((*ANSWERED, "2024/3/5 11:00", "2024/3/6 9:00"), columns=columns), text)
    moments = dict(CaseEvent.objects.values_list("kind", "at"))
    assert moments["accepted"] == moments["dispatched"] == datetime(2024, 3, 5, 3, 0, tzinfo=UTC)
    assert moments["signed"] == datetime(2024, 3, 6, 1, 0, tzinfo=UTC)
    assert set(Deadline.objects.values_list("kind", flat=True)) == {"accept", "sign", "handle"}


def test_an_open_rows_first_clock_starts_at_the_import_and_its_history_says_so(ledgers: Ledgers) -> None:
    before = timezone.now()
    ledgers.bring_in(ledgers.csv(ASKED))
    case = Case.objects.get()
    assert case.status == Status.SUBMITTED
    assert case.submitted_at == datetime(2024, 3, 5, 2, 6, 36, tzinfo=UTC)
    assert Deadline.objects.get().starts_at >= before
    assert sweep().fired == 0
    assert case.events.get(seq=2).kind == "noted" and case.events.get(seq=2).at >= before


def test_an_open_rows_clock_can_have_run_since_it_was_asked(ledgers: Ledgers) -> None:
    ledgers.bring_in(ledgers.csv(ASKED), 'open_rows = "own_time"\n' + MAP)
    assert Deadline.objects.get().starts_at == Case.objects.get().submitted_at


def test_open_rows_of_a_dead_ledger_can_be_filed_and_wait_for_nobody(ledgers: Ledgers) -> None:
    said = ledgers.bring_in(ledgers.csv(ASKED, ANSWERED), 'open_rows = "closed"\n' + MAP)
    assert set(Case.objects.values_list("status", flat=True)) == {Status.REJECTED, Status.CLOSED}
    assert not Deadline.objects.filter(state="running").exists()
    assert [line.split()[0] for line in said.splitlines()] == ["1", "0", "1", "0", "0"]


def test_bringing_a_ledger_in_again_changes_nothing(ledgers: Ledgers) -> None:
    ledgers.bring_in(ledgers.csv(ASKED, ANSWERED))
    lines = CaseEvent.objects.count()
    ledgers.bring_in(ledgers.csv(ASKED, ANSWERED, row(ASKED, number="3")))
    assert Case.objects.count() == 3
    assert CaseEvent.objects.count() == lines + 2


def test_nobody_is_told_of_what_happened_long_ago(ledgers: Ledgers) -> None:
    ledgers.bring_in(ledgers.csv(ASKED, ANSWERED))
    assert not PendingEvent.objects.exists()


def test_histories_verify_after_an_import(ledgers: Ledgers) -> None:
    ledgers.bring_in(ledgers.csv(ASKED, ANSWERED))
    call_command("verify_history", verbosity=0, stdout=StringIO())


def test_a_dry_run_leaves_nothing_behind(ledgers: Ledgers) -> None:
    said = ledgers.bring_in(ledgers.csv(ASKED, ANSWERED), dry_run=True)
    assert not Case.objects.exists()
    assert [line.split()[0] for line in said.splitlines()[-5:]] == ["1", "1", "0", "0", "0"]


BAD = {
    "text: ": row(ASKED, number="9", text=" "),
    "submitted_at: “gestern”": row(ASKED, number="9", time="gestern"),
    "submitted_at: 1019": row(ASKED, number="9", time="1019/3/5 10:06:36"),
    "submitted_at: lies in the future": row(ASKED, number="9", time="2101/3/5 10:06:36"),
    "replied_at: lies before": row(ANSWERED, number="9", replied="2024/3/4 9:00:00"),
    "replied_at: is empty": row(ANSWERED, number="9", replied=""),
    "reply: is empty": row(ANSWERED, number="9", reply=""),
    "number: is empty": row(ASKED, number=""),
    "number: 1 is there already, in line 2": ASKED,
    "text: has 10001": row(ASKED, number="9", text="长" * 10_001),
    "title: has a NUL": row(ASKED, number="9", title="a\0b"),
    "row: has 9 columns": (*row(ASKED, number="9"), "zu viel"),
}


@pytest.mark.parametrize("reason", BAD)
def test_a_bad_row_is_refused_with_its_line_and_reason_and_the_good_ones_go_in(ledgers: Ledgers, reason: str) -> None:
    said = ledgers.bring_in(ledgers.csv(ASKED, BAD[reason], ANSWERED))
    assert f"ledger.csv:3: {reason}" in said
    assert "1 rows were refused" in said
    assert set(Case.objects.values_list("source_number", flat=True)) == {"1", "2"}


def test_refused_rows_go_to_a_private_file_that_can_be_corrected_and_brought_in(ledgers: Ledgers) -> None:
    rejected = ledgers.folder / "rejected.csv"
    ledgers.bring_in(ledgers.csv(ASKED, row(ANSWERED, replied="zu spät")), reject=rejected)
    with rejected.open(encoding="utf-8-sig", newline="") as file:
        (found,) = csv.DictReader(file)
    assert found["内容"] == ANSWERED[2] and found["reject_line"] == "3" and "zu spät" in found["reject_reason"]
    assert rejected.stat().st_mode & 0o077 == 0
    rejected.write_text(rejected.read_text(encoding="utf-8-sig").replace("zu spät", ANSWERED[7]), encoding="utf-8")
    ledgers.bring_in(rejected)
    assert Case.objects.filter(status=Status.CLOSED).count() == 1


def test_a_row_that_a_service_refuses_leaves_no_half_case(ledgers: Ledgers) -> None:
    from grids.models import Unit

    Unit.objects.update(active=False)
    text = MAP.replace("[columns]", '[columns]\ngrid = "格"\n')
    file = ledgers.csv((*ANSWERED, "131022100200"), columns=(*COLUMNS, "格"))
    assert "no unit serves it" in ledgers.bring_in(file, text, city=None)
    assert not Case.objects.exists() and not CaseEvent.objects.exists() and not Deadline.objects.exists()


def test_a_title_that_is_too_long_is_cut_and_stands_in_full_in_the_text(ledgers: Ledgers) -> None:
    ledgers.bring_in(ledgers.csv(row(ASKED, title="长" * 250)))
    case = Case.objects.get()
    assert len(case.title) == 200 and case.title.endswith("…")
    assert case.text == "长" * 250 + "\n\n" + ASKED[2]


def test_a_day_without_a_time_means_later_that_day(ledgers: Ledgers) -> None:
    ledgers.bring_in(ledgers.csv(row(ANSWERED, replied="2024/3/5")))
    case = Case.objects.get()
    assert case.closed_at == case.submitted_at


def test_the_reporter_is_sealed_and_a_number_that_is_none_is_kept_beside_the_name(ledgers: Ledgers) -> None:
    ledgers.bring_in(ledgers.csv(ASKED, row(ASKED, number="3", phone="138****5678")))
    people = {case.source_number: unseal(case.reporter_sealed) for case in Case.objects.all()}
    assert people == {"1": Reporter("何大年", "+8613812345678"), "3": Reporter("何大年 (138****5678)", "")}
    assert "何大年" not in str(list(CaseEvent.objects.values_list("payload", flat=True)))


def test_what_the_map_keeps_stands_in_the_first_line_of_history(ledgers: Ledgers) -> None:
    file = ledgers.csv((*ASKED, "12", "x"), columns=(*COLUMNS, "点赞", "别的"))
    said = ledgers.bring_in(file, MAP + '\n[keep]\nliked = "点赞"\n')
    first = CaseEvent.objects.get(seq=1).payload
    assert first["at_source"] == {"liked": "12"} and first["source_number"] == "1"
    assert "别的" in said


def test_a_row_goes_to_its_own_grid_and_one_elsewhere_is_refused(ledgers: Ledgers) -> None:
    from grids.services import create_grid

    create_grid(code="130900000000", name="沧州市", level="city", parent=None)
    text = MAP.replace("[columns]", '[columns]\ngrid = "格"\n')
    rows = [(*row(ASKED, number=str(n)), code) for n, code in enumerate(("131022100200", "1309", "999", ""))]
    said = ledgers.bring_in(ledgers.csv(*rows, columns=(*COLUMNS, "格")), text)
    grids = dict(Case.objects.values_list("source_number", "grid__name"))
    assert grids == {"0": "北关村村民委员会", "3": "廊坊市"}
    assert ":3: grid: lies in another city" in said and ":4: grid: “999000000000” is no grid" in said


def test_a_point_finds_the_grid_and_else_the_ledgers_own_is_taken(ledgers: Ledgers) -> None:
    text = MAP.replace("[columns]", '[constants]\ndatum = "wgs84"\n\n[columns]\nlon = "经"\nlat = "纬"\n')
    points = [("116.305", "39.435"), ("110", "30"), ("东", "39")]
    rows = [(*row(ASKED, number=str(n)), *point) for n, point in enumerate(points)]
    said = ledgers.bring_in(ledgers.csv(*rows, columns=(*COLUMNS, "经", "纬")), text)
    grids = dict(Case.objects.values_list("source_number", "grid__name"))
    assert grids == {"0": "北关村第一网格", "1": "廊坊市"}
    assert ":4: lon: " in said


def test_categories_come_by_code_by_names_or_by_the_maps_words(ledgers: Ledgers) -> None:
    call_command("load_categories", verbosity=0, stdout=StringIO())
    text = MAP.replace("[columns]", '[values.category]\n"灯" = "010301"\n\n[columns]\ncategory = ["一", "二"]\n')
    words = [("010301", ""), ("市政设施与绿化", "路灯不亮"), ("灯", ""), ("", ""), ("外星人", "")]
    rows = [(*row(ASKED, number=str(n)), *pair) for n, pair in enumerate(words)]
    said = ledgers.bring_in(ledgers.csv(*rows, columns=(*COLUMNS, "一", "二")), text)
    codes = dict(Case.objects.values_list("source_number", "category__code"))
    assert codes == {"0": "010301", "1": "010301", "2": "010301", "3": None}
    assert ":6: category: “外星人” is no category" in said


def test_a_dissolved_grids_rows_go_where_it_was_merged_into(ledgers: Ledgers, cast: Cast) -> None:
    from grids.services import merge_grids

    merge_grids(cast.other_village, cast.village)
    text = MAP.replace("[columns]", '[columns]\ngrid = "格"\n')
    ledgers.bring_in(ledgers.csv((*ASKED, "131022100201"), columns=(*COLUMNS, "格")), text)
    assert Case.objects.get().grid == cast.village
