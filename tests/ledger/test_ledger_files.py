"""Which files can be a ledger, and what is said of those that cannot."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from openpyxl import Workbook

from cases.errors import BadInput
from cases.ledger import open_table
from cases.models import Case
from tests.ledger.ledgers import ANSWERED, ASKED, COLUMNS, MAP, Ledgers

NEEDED = ("编号", "内容")


def workbook(path: Path, *rows: tuple[object, ...], title: str = "工单") -> Path:
    book = Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def lines_of(path: Path, needed: tuple[str, ...] = NEEDED) -> list[tuple[int, list[object]]]:
    with open_table(path, needed) as table:
        return [(row.line, row.values) for row in table.rows]


def test_a_workbooks_dates_and_numbers_are_understood_and_its_header_may_stand_below_a_title(ledgers: Ledgers) -> None:
    asked, answered = dt.datetime(2024, 3, 5, 10, 6, 36), dt.datetime(2024, 3, 12, 8, 59, 29)  # noqa: DTZ001
    rows = [
        ("12345 热线台账",),
        (),
        COLUMNS,
        (188006, *ANSWERED[1:3], asked, None, 13812345678, "已更换", answered),
        (None,) * 8,
        (188007.0, *ASKED[1:3], 45356.5, None, None, None, None),
    ]
    ledgers.bring_in(workbook(ledgers.folder / "ledger.xlsx", *rows))
    first, second = Case.objects.order_by("source_number")
    assert (first.source_number, first.status) == ("188006", "closed")
    assert first.submitted_at == dt.datetime(2024, 3, 5, 2, 6, 36, tzinfo=dt.UTC)
    assert second.submitted_at == dt.datetime(2024, 3, 5, 4, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_comes_in_the_encodings_of_offices(ledgers: Ledgers, encoding: str) -> None:
    ledgers.bring_in(ledgers.csv(ASKED, encoding=encoding))
    assert Case.objects.get().text == ASKED[2]


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv_comes_with_the_delimiters_of_programs_and_texts_have_line_breaks(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "ledger.csv"
    path.write_text(f'编号{delimiter}内容\n1{delimiter}"a,\n;b"\n\n2{delimiter}c\n', encoding="utf-8")
    assert lines_of(path) == [(2, ["1", "a,\n;b"]), (5, ["2", "c"])]


def test_a_line_that_is_not_csv_is_a_fault_and_the_next_is_read(tmp_path: Path) -> None:
    path = tmp_path / "ledger.csv"
    path.write_text('编号,内容\n1,"a"b\n2,c\n', encoding="utf-8")
    with open_table(path, NEEDED) as table:
        first, second = table.rows
    assert "is not CSV" in first.fault and second.values == ["2", "c"]


def test_a_wrong_header_is_said_with_the_column_that_may_be_meant(tmp_path: Path) -> None:
    path = tmp_path / "ledger.csv"
    path.write_text("编号,正文内容\n1,a\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"“内容” .“正文内容”.*编号, 正文内容"), open_table(path, NEEDED):
        pass


def broken(tmp_path: Path, name: str, content: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


FILES = {
    "is empty": ("ledger.csv", b""),
    "is empty; a header": ("ledger.csv", b"\n\n"),
    "is no Excel workbook": ("ledger.xlsx", b"PK\x03\x04 no workbook"),
    "is called .xlsx": ("ledger.xlsx", "编号,内容\n".encode()),
    "old .xls": ("ledger.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    "neither UTF-8 nor GB18030": ("ledger.csv", b"\xff\xfe\x16\x7f\xf7\x53"),
    "is there twice": ("ledger.csv", "编号,内容,编号\n".encode()),
}


@pytest.mark.parametrize("complaint", FILES)
def test_a_file_that_is_no_ledger_is_refused_with_what_would_be_right(tmp_path: Path, complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint), open_table(broken(tmp_path, *FILES[complaint]), NEEDED):
        pass


def test_a_missing_file_and_a_missing_sheet_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"), open_table(tmp_path / "none.csv", NEEDED):
        pass
    path = workbook(tmp_path / "ledger.xlsx", COLUMNS)
    with pytest.raises(BadInput, match="one of 工单, not “台账”"), open_table(path, NEEDED, "台账"):
        pass


def test_a_ledger_that_cannot_be_read_leaves_nothing_behind_and_ends_with_an_error(ledgers: Ledgers) -> None:
    assert "has no column" in ledgers.bring_in(ledgers.csv(columns=("id", "body")))
    assert "no such file" in ledgers.bring_in(ledgers.csv(ASKED), map="nothing-like-that")
    said = ledgers.bring_in(ledgers.csv(ASKED), city="9999")
    assert "“999900000000” is no grid here" in said
    assert "which grid" in ledgers.bring_in(ledgers.csv(ASKED), MAP, city=None)
    assert "another file" in ledgers.bring_in(file := ledgers.csv(ASKED), reject=file)
    assert file.exists() and not Case.objects.exists()
