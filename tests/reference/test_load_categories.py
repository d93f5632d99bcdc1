"""Category files come again and again, reordered, extended and renamed."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from cases.models import Category

pytestmark = pytest.mark.django_db

CODED = ("code", "name_zh", "name_en", "parent_code", "urgency", "unit_kind", "focus", "photo_required", "level")
STREET = ("01", "城市管理", "Streets", "", "", "", "", "", "")
LIGHTS = ("0101", "路灯不亮", "Lights out", "01", "urgent", "urban_management", "housing", "1", "town")
LEVELS = ("level1", "level2", "level3")


def load(*args: object, **options: object) -> dict[str, int]:
    """The summary, as counts by word; refusals end it with an error."""
    out = StringIO()
    with translation.override("en"):
        call_command("load_categories", *map(str, args), stdout=out, stderr=StringIO(), **options)
    lines = [line.split(None, 1) for line in out.getvalue().splitlines() if line[:9].strip().isdigit()]
    return {word: int(count) for count, word in lines if int(count)}


def refusals(path: Path) -> str:
    err = StringIO()
    with translation.override("en"), pytest.raises(CommandError, match="refused"):
        call_command("load_categories", str(path), stdout=StringIO(), stderr=err)
    return err.getvalue()


def written(folder: Path, *rows: Sequence[str], columns: Sequence[str] = CODED) -> Path:
    path = folder / "categories.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *rows])
    return path


def test_the_projects_own_tree_loads_and_loading_it_again_changes_nothing() -> None:
    assert load() == {"created": 183}
    assert load() == {"unchanged": 183}
    leaf = Category.objects.get(code="010301")
    names = list(Category.objects.get_ancestors(leaf).values_list("name", flat=True))
    assert (names, leaf.name, leaf.photo_required) == (["城市管理", "市政设施与绿化"], "路灯不亮", True)
    assert (leaf.unit_kind, leaf.lead_level, leaf.focus) == ("urban_management", "county", ["public_security"])
    assert Category.objects.find_problems() == ([], [], [], [], [])


def test_rows_may_come_in_any_order_and_are_renamed_moved_and_changed_by_their_code(tmp_path: Path) -> None:
    assert load(written(tmp_path, LIGHTS, STREET)) == {"created": 2}
    park = ("02", "公园", "Parks", "", "", "", "", "", "")
    lamp = ("0101", "路灯", "Lights out", "02", "ordinary", *LIGHTS[5:])
    said = load(written(tmp_path, lamp, park, STREET))
    assert said == {"created": 1, "renamed": 1, "moved": 1, "changed otherwise": 1, "unchanged": 1}
    assert Category.objects.get_parent(Category.objects.get(code="0101")).code == "02"
    assert Category.objects.find_problems() == ([], [], [], [], [])


def test_what_a_file_does_not_say_stays_as_an_administrator_left_it(tmp_path: Path) -> None:
    load(written(tmp_path, STREET, LIGHTS))
    assert load(written(tmp_path, STREET[:4], LIGHTS[:4], columns=CODED[:4])) == {"unchanged": 2}
    assert Category.objects.get(code="0101").urgency == "urgent"


def test_a_dry_run_changes_nothing(tmp_path: Path) -> None:
    assert load(written(tmp_path, STREET, LIGHTS), dry_run=True) == {"created": 2}
    assert not Category.objects.exists()


BAD = {
    "urgency: one of emergency, urgent, consultation, ordinary, not 'soon'": ("9", "a", "", "01", "soon", *LIGHTS[5:]),
    "unit_kind: one of authority": ("9", "a", "", "01", "", "fire", "", "", ""),
    "focus: one of employment": ("9", "a", "", "01", "", "", "housing;joy", "", ""),
    "photo_required: 1 or 0": ("9", "a", "", "01", "", "", "", "ja", ""),
    "level: one of city": ("9", "a", "", "01", "", "", "", "", "street"),
    "its parent 77 is unknown": ("9", "a", "", "77", "", "", "", "", ""),
    "name_zh: a name of": ("9", "", "", "01", "", "", "", "", ""),
    "code 'a b': ": ("a b", "a", "", "01", "", "", "", "", ""),
    "code 01 is there already, in line 2": ("01", "a", "", "", "", "", "", "", ""),
    "9 stands below itself": ("9", "a", "", "9", "", "", "", "", ""),
    "is there already beside it, as 0101": ("9", "路灯不亮", "", "01", "", "", "", "", ""),
}


@pytest.mark.parametrize("reason", BAD)
def test_a_bad_row_is_refused_with_its_line_and_the_others_go_in(tmp_path: Path, reason: str) -> None:
    said = refusals(written(tmp_path, STREET, LIGHTS, BAD[reason]))
    assert said.startswith("categories.csv:4: ") and reason in said
    assert set(Category.objects.values_list("code", flat=True)) == {"01", "0101"}


def test_what_stands_below_a_refused_row_is_refused_with_it(tmp_path: Path) -> None:
    lost = ("05", "a", "", "77", "", "", "", "", "")
    below = ("0501", "b", "", "05", "", "", "", "", "")
    assert "categories.csv:4: its parent 05 was refused" in refusals(written(tmp_path, STREET, lost, below))


def test_a_three_column_file_loads_and_keeps_its_codes_when_rows_come_and_change_places(tmp_path: Path) -> None:
    rows = [("城乡建设", "安全生产", "事故处理"), ("城乡建设", "安全生产", "安全隐患"), ("环保", "噪音", "噪音")]
    assert load(written(tmp_path, *rows, columns=LEVELS)) == {"created": 7}
    codes = dict(Category.objects.values_list("code", "name"))
    again = load(written(tmp_path, ("教育", "", ""), *reversed(rows), columns=LEVELS))
    assert again == {"created": 1, "unchanged": 7}
    assert codes.items() <= dict(Category.objects.values_list("code", "name")).items()


def test_what_the_file_no_longer_names_is_taken_out_of_use_only_when_asked_and_never_deleted(tmp_path: Path) -> None:
    load()
    rows = [("城乡建设", "安全生产", "事故处理"), ("环保", "噪音", "噪音")]
    load(written(tmp_path, *rows, columns=LEVELS))
    assert load(written(tmp_path, rows[0], columns=LEVELS))["not in the file, left in use"] == 186
    said = load(written(tmp_path, rows[0], columns=LEVELS), deactivate_missing=True)
    assert (said["taken out of use"], said["not in the file, left in use"]) == (3, 183)
    assert load(written(tmp_path, *rows, columns=LEVELS), deactivate_missing=True)["changed otherwise"] == 3
    assert Category.objects.filter(active=True).count() == Category.objects.count()


def test_a_three_column_file_with_a_hole_is_refused(tmp_path: Path) -> None:
    said = refusals(written(tmp_path, ("a", "", "c"), ("a", "b", "c"), ("a", "b", "c"), columns=LEVELS))
    assert ":2: a name is missing" in said and ":4: is there already, in line 3" in said


def test_the_real_three_column_file_loads(shared_data: Path) -> None:
    created = load(shared_data / "categories.csv")["created"]
    assert created == 517 + 15 + 118
    assert load(shared_data / "categories.csv") == {"unchanged": created}


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\xff\xfe\x00"])
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "categories.csv"
    path.write_bytes(content)
    with translation.override("en"), pytest.raises(CommandError, match=r"categories\.csv"):
        call_command("load_categories", str(path))
