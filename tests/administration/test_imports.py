"""Units and posts come in from a file: looked at first, all or nothing, within one's own territory."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook, load_workbook

from grids.models import ChangeRecord, Post, Unit, User
from tests.administration.conftest import signed_in
from tests.cast import Cast

pytestmark = pytest.mark.django_db
UNITS, POSTS = "/admin/grids/unit/", "/admin/grids/post/"
XLSX, CSV = "0", "1"
POST_COLUMNS = ["account", "person", "mobile", "unit", "unit_grid", "role", "territory", "starts_on", "ends_on"]


def sheet(*rows: list[Any]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def table(*rows: list[Any], encoding: str = "utf-8") -> bytes:
    kept = io.StringIO()
    csv.writer(kept).writerows(rows)
    return kept.getvalue().encode(encoding)


def preview(client: Client, address: str, content: bytes, kind: str = XLSX) -> str:
    """The page that answers to a file."""
    name = "file.xlsx" if kind == XLSX else "file.csv"
    answer = client.post(f"{address}import/", {"format": kind, "import_file": SimpleUploadedFile(name, content)})
    return answer.content.decode()


def confirm(client: Client, address: str, page: str) -> str:
    """Goes on from the preview; the page that it leads to."""
    said = dict(re.findall(r'name="(import_file_name|original_file_name|format|resource)" value="([^"]*)"', page))
    answer = client.post(f"{address}process_import/", said, follow=True)
    said = [str(message) for message in answer.context["messages"]]
    return "\n".join(said) or answer.content.decode()


def new_unit(cast: Cast, name: str = "固安县公安局", **changes: Any) -> list[Any]:
    said = {"name": name, "kind": "police", "grid": int(cast.county.code), "phone": "110", "active": ""} | changes
    return list(said.values())


UNIT_COLUMNS = ["unit name", "kind of unit", "code of its grid", "duty phone", "active"]


def test_a_preview_shows_and_changes_nothing_and_confirming_writes_all(admin: Client, cast: Cast) -> None:
    content = sheet(UNIT_COLUMNS, new_unit(cast), new_unit(cast, cast.housing.name, kind="housing"))
    page = preview(admin, UNITS, content)
    assert "固安县公安局" in page
    assert not Unit.objects.filter(name="固安县公安局").exists()
    assert "Imported: 1 new, 1 changed" in confirm(admin, UNITS, page)
    assert Unit.objects.get(name="固安县公安局").grid == cast.county
    assert Unit.objects.get(pk=cast.housing.pk).phone == "110"
    record = ChangeRecord.objects.get(model="grids.unit", object_id=cast.housing.pk, kind="changed")
    assert (record.after, record.by_name, record.way) == ({"phone": "110"}, "administrator", "admin")


def test_each_wrong_cell_is_named_with_what_would_be_right_and_nothing_goes_in(admin: Client, cast: Cast) -> None:
    page = preview(
        admin,
        UNITS,
        sheet(UNIT_COLUMNS, new_unit(cast), new_unit(cast, "甲", kind="fire"), new_unit(cast, "乙", grid="131099")),
    )
    assert "kind of unit" in page and "“fire” is none of" in page and "police" in page
    assert "no grid in your territory has the code 131099" in page
    assert "Confirm import" not in page
    assert not Unit.objects.filter(name="固安县公安局").exists()


def test_nobody_imports_beyond_their_territory(county_admin: Client, cast: Cast) -> None:
    page = preview(county_admin, UNITS, sheet(UNIT_COLUMNS, new_unit(cast, grid=cast.other_county.code)))
    assert f"no grid in your territory has the code {cast.other_county.code}" in page
    rows = [["stranger", "", "", cast.housing.name, cast.county.code, "officer", "", "", ""]]
    page = preview(county_admin, POSTS, sheet(POST_COLUMNS, *rows))
    assert "belongs to somebody outside your territory" in page
    page = preview(county_admin, UNITS, sheet(UNIT_COLUMNS, new_unit(cast)))
    assert "Imported: 1 new" in confirm(county_admin, UNITS, page)


def test_posts_come_with_the_accounts_that_they_need(county_admin: Client, cast: Cast) -> None:
    cell = cast.cell.code
    rows = [
        [
            "wang",
            "王新",
            "138 1234 5678",
            cast.village_authority.name,
            cast.village.code,
            "网格员",
            cell,
            "2026/1/5",
            "",
        ],
        ["worker", "", "", cast.village_authority.name, cast.village.code, "grid_worker", cell, "", "2026-12-31"],
    ]
    rows[0][5] = "grid worker"
    page = preview(county_admin, POSTS, sheet(POST_COLUMNS, *rows))
    assert "Imported: 1 new, 1 changed" in confirm(county_admin, POSTS, page)
    user = User.objects.get(username="wang")
    assert (user.name, user.phone, user.has_usable_password()) == ("王新", "+8613812345678", False)
    post = Post.objects.get(user=user)
    assert (post.unit, post.role, post.grid, str(post.starts_on)) == (
        cast.village_authority, "grid_worker", cast.cell, "2026-01-05",
    )  # fmt: skip
    assert str(Post.objects.get(user=cast.worker).ends_on) == "2026-12-31"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"account": ""}, "write the account of the person who serves"),
        ({"account": "nobody"}, "there is no account “nobody” yet: write the person&#x27;s full name"),
        ({"person": "别人"}, "the account “worker” belongs to 王网格"),
        ({"role": "king"}, "“king” is none of"),
        ({"starts_on": "last week"}, "“last week” is no date: write it as 2026-01-31"),
        ({"territory": "131022101000"}, "must lie within the unit&#x27;s own grid"),
        ({"ends_on": "2019-01-01", "starts_on": "2020-01-01"}, "to: not before from"),
        ({"unit": "没有的"}, "has no active unit “没有的”; it has: 北关村村委会"),
    ],
)
def test_what_is_wrong_with_a_post_is_said(admin: Client, cast: Cast, changes: dict[str, str], said: str) -> None:
    row = dict.fromkeys(POST_COLUMNS, "") | {"account": "worker", "unit": "北关村村委会", "role": "village_head"}
    row |= {"unit_grid": cast.village.code} | changes
    assert said in preview(admin, POSTS, sheet(POST_COLUMNS, list(row.values())))


def test_csv_comes_as_excel_writes_it_in_china(admin: Client, cast: Cast) -> None:
    for encoding in ("utf-8-sig", "gb18030"):
        page = preview(admin, UNITS, table(UNIT_COLUMNS, new_unit(cast), encoding=encoding), CSV)
        assert "固安县公安局" in page


def test_a_file_with_other_columns_is_refused_as_a_whole(admin: Client, cast: Cast) -> None:
    assert "unknown columns: colour" in preview(admin, UNITS, sheet([*UNIT_COLUMNS, "colour"], [*new_unit(cast), "x"]))
    assert "the file lacks the columns: kind of unit" in preview(admin, UNITS, sheet(["name", "grid"], ["x", "y"]))
    assert "Ensure you have chosen the correct format" in preview(admin, UNITS, b"no table at all")


def test_what_went_wrong_since_the_preview_keeps_everything_out(admin: Client, cast: Cast) -> None:
    page = preview(
        admin, UNITS, sheet(UNIT_COLUMNS, new_unit(cast), new_unit(cast, "乙", kind="authority", grid=cast.cell.code))
    )
    assert "Confirm import" in page
    Unit.objects.create(grid=cast.cell, kind="authority", name="丙")
    assert "Nothing was imported" in confirm(admin, UNITS, page)
    assert not Unit.objects.filter(name="固安县公安局").exists()


def test_an_old_preview_is_asked_for_again(admin: Client, cast: Cast) -> None:
    from django.core.cache import cache

    page = preview(admin, UNITS, sheet(UNIT_COLUMNS, new_unit(cast)))
    cache.clear()
    assert "The preview is too old" in confirm(admin, UNITS, page)


def test_an_export_holds_ones_own_territory_and_comes_in_again(county_admin: Client, cast: Cast) -> None:
    answer = county_admin.post(f"{POSTS}export/", {"format": XLSX, "resource": "0"})
    rows = list(load_workbook(io.BytesIO(answer.content)).active.values)
    assert rows[0][0] == "account"
    accounts = {row[0] for row in rows[1:]}
    assert "worker" in accounts and "stranger" not in accounts and "city_leader" not in accounts
    page = preview(county_admin, POSTS, answer.content)
    assert "Imported: 0 new, 0 changed" in confirm(county_admin, POSTS, page)


def test_who_may_not_add_rows_may_not_import_them(cast: Cast) -> None:
    User.objects.filter(pk=cast.county_leader.pk).update(is_staff=True)
    client = signed_in(cast.county_leader)
    assert client.get(f"{UNITS}import/").status_code == 403
    assert client.get(f"{UNITS}export/").status_code == 403
