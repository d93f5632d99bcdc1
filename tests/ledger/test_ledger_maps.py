"""What a map may say, and what is said of one that cannot be."""

from __future__ import annotations

import pytest

from cases.errors import BadInput
from cases.ledger import find_map, read_map
from cases.ledger.mapping import MAPS
from tests.ledger.ledgers import MAP

WRONG = {
    "columns: unknown “titel”: “title”?": MAP.replace("title =", "titel ="),
    "map: unknown “open_row”: “open_rows”?": 'open_row = "now"\n' + MAP,
    "open_rows: one of now, own_time, closed": 'open_rows = "later"\n' + MAP,
    "columns: submitted_at is missing": MAP.replace('submitted_at = "时间"', ""),
    "columns: reply and replied_at": MAP.replace('reply = "答复"', ""),
    "columns.title: one column": MAP.replace('"标题"', '["标题", "内容"]'),
    "columns.title: the name of a column": MAP.replace('"标题"', "3"),
    "source: a short name": MAP.replace('"test-board"', '""'),
    "channel: one of app, wechat": MAP.replace('"online_board"', '"fax"'),
    "dates: “Y-m-d”": 'dates = ["Y-m-d"]\n' + MAP,
    "keep: “来电人” is a person": MAP + '[keep]\nwho = "来电人"\n',
    "values.outcome.好: one of solved": MAP + '[values.outcome]\n"好" = "fine"\n',
    "constants: datum": MAP + 'lon = "经"\nlat = "纬"\n',
    "columns: lon and lat": MAP + 'lon = "经"\n',
    "map: is not TOML": "source = ",
}


@pytest.mark.parametrize("complaint", WRONG)
def test_a_map_that_cannot_be_is_refused_with_what_would_be_right(complaint: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_map(WRONG[complaint])
    assert complaint in refused.value.detail


@pytest.mark.parametrize("path", sorted(MAPS.glob("*.toml")), ids=lambda path: path.stem)
def test_the_maps_that_come_along_are_right(path) -> None:
    assert find_map(path.stem) == path
    assert read_map(path.read_text(encoding="utf-8")).source


def test_a_map_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(BadInput, match="hotline_12345, online_board, online_board_answered"):
        find_map("nothing-like-that")
