"""Divisions come in from files, as often as they come out; what is wrong in them is said line by line."""

import csv
import time
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from grids.models import Grid, GridChange, Revision
from grids.services import merge_grids, move_grid

pytestmark = pytest.mark.django_db

HEADER = "level,code,name,parent_code\n"
SMALL = (
    HEADER
    + "city,131000000000,廊坊市,\n"
    + "county,131022000000,固安县,131000000000\n"
    + "town,131022100000,固安镇,131022000000\n"
    + "village,131022100201,南关村村民委员会,131022100000\n"
)


def run(*files: Path, **options) -> tuple[dict[str, int], str]:
    """The summary's counts, and what was said on the error channel."""
    out, err = StringIO(), StringIO()
    try:
        call_command("load_divisions", *map(str, files), stdout=out, stderr=err, verbosity=0, **options)
    except CommandError as error:
        err.write(str(error))
    counts = [line.split(maxsplit=1) for line in out.getvalue().splitlines() if line[:9].strip(" ,0123456789") == ""]
    return {word: int(count.replace(",", "")) for count, word in counts}, err.getvalue()


@pytest.fixture(autouse=True)
def _english(settings):
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def write(tmp_path):
    def write(text: str, name: str = "divisions.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


def test_all_of_langfang_goes_in_under_20_seconds(shared_data):
    started = time.perf_counter()
    counts, said = run(shared_data / "langfang_divisions.csv")
    assert time.perf_counter() - started < 20
    assert (counts["created"], counts["refused"], said) == (3754, 0, "")
    children = Counter(path[:-4] for path in Grid.objects.values_list("path", flat=True))
    assert all(children[path] == number for path, number in Grid.objects.values_list("path", "numchild"))
    village = Grid.objects.get(code="131022100201")
    assert (village.name, village.kind, village.depth) == ("南关村村民委员会", "村", 4)
    assert [g.name for g in Grid.objects.get_ancestors(village)] == ["廊坊市", "固安县", "固安镇"]


def test_the_second_time_nothing_changes(shared_data):
    run(shared_data / "langfang_divisions.csv")
    before = list(Grid.objects.values_list("id", "path", "name", "numchild"))
    counts, _ = run(shared_data / "langfang_divisions.csv")
    assert (counts["unchanged"], counts["created"], counts["moved"]) == (3754, 0, 0)
    assert list(Grid.objects.values_list("id", "path", "name", "numchild")) == before


def test_a_dry_run_says_the_same_and_changes_nothing(write):
    counts, _ = run(write(SMALL), dry_run=True)
    assert counts["created"] == 4
    assert not Grid.objects.exists()


def test_a_later_edition_renames_moves_and_adds_with_history(write):
    run(write(SMALL))
    later = SMALL.replace("固安镇", "固安街道").replace("201,南关村村民委员会,131022100000", "201,南关村,131022101000")
    counts, said = run(write(later + "town,131022101000,宫村镇,131022000000\n"))
    assert (counts["created"], counts["renamed"], counts["moved"], counts["unchanged"]) == (1, 2, 1, 2), said
    village = Grid.objects.get(code="131022100201")
    assert Grid.objects.get_parent(village).name == "宫村镇"
    assert Grid.objects.find_problems() == ([], [], [], [], [])
    moved = GridChange.objects.get(kind="moved")
    assert (moved.before["parent_name"], moved.after["parent_name"]) == ("固安镇", "宫村镇")


def test_a_town_and_a_village_of_it_move_in_one_file(write):
    run(write(SMALL + "county,131023000000,永清县,131000000000\ntown,131023100000,永清镇,131023000000\n"))
    later = SMALL.replace("固安镇,131022000000", "固安镇,131023000000").replace(
        "委员会,131022100000", "委员会,131023100000"
    )
    counts, said = run(
        write(later + "county,131023000000,永清县,131000000000\ntown,131023100000,永清镇,131023000000\n")
    )
    assert counts["moved"] == 2, said
    names = {g.name: [a.name for a in Grid.objects.get_ancestors(g)] for g in Grid.objects.all()}
    assert names["固安镇"] == ["廊坊市", "永清县"]
    assert names["南关村村民委员会"] == ["廊坊市", "永清县", "永清镇"]
    assert Grid.objects.find_problems() == ([], [], [], [], [])


def test_what_lies_below_a_moved_grid_goes_along(cast, write):
    run(write(f"{HEADER}village,131022100200,北关村村民委员会,131022101000\n"))
    cast.cell.refresh_from_db()
    assert [g.name for g in Grid.objects.get_ancestors(cast.cell)][2] == "宫村镇"
    assert Grid.objects.find_problems() == ([], [], [], [], [])


def test_a_dissolved_grid_stays_history_and_its_children_stay_where_they_went(cast, write):
    merge_grids(cast.village, cast.other_village)
    rows = "village,131022100200,北关村村民委员会,131022100000\ncell,131022100200001,北关村第一网格,131022100200\n"
    counts, said = run(write(HEADER + rows))
    assert (counts["dissolved, left as history"], counts["unchanged"], said) == (1, 1, "")


def test_a_load_gives_the_snapshots_a_new_token(write):
    run(write(SMALL))
    first = Revision.objects.get(family="grids").token
    run(write(SMALL.replace("固安镇", "固安街道")))
    assert Revision.objects.get(family="grids").token != first


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("town,131022,固安,131000000000", "131022000000 would be right"),
        ("town,13102210000a,固安,131022000000", "digits only"),
        ("town,131022101000,宫村镇,131099000000", "131099000000 is unknown"),
        ("town,131022100000,固安镇,131022000000", "there already, in divisions.csv line 4"),
        ("province,130000000000,河北省,", "level 'province' is unknown"),
        ("county,131022101000,宫村镇,131000000000", "is that of a town"),
        ("village,131022101201,宫一村,131022000000", "skips_levels=1"),
        ("town,131022101000,宫村镇,131022100201", "cannot stand under"),
        ("town,131022101000,,131022000000", "name is empty"),
        ("town,131022101000," + "长" * 121 + ",131022000000", "longer than 120"),
        ("town,131022101000,宫村镇,", "only a city"),
        ("city,131100000000,衡水市,131000000000", "must be empty"),
        ("town,131022101000", "number of columns"),
    ],
)
def test_a_bad_row_is_refused_with_its_line_and_reason_and_the_others_go_in(write, row, reason):
    counts, said = run(write(f"{SMALL}{row}\ntown,131022102000,牛驼镇,131022000000\n"))
    assert (counts["created"], counts["refused"]) == (5, 1)
    assert "divisions.csv:6: " in said
    assert reason in said
    assert "1 rows were refused" in said


def test_what_lies_below_a_refused_row_is_refused_too(write):
    rows = "town,131022101000,,131022000000\nvillage,131022101201,宫一村,131022101000\n"
    counts, said = run(write(SMALL + rows))
    assert counts["refused"] == 2
    assert "divisions.csv:7: its parent 131022101000" in said


def test_all_refused_rows_are_written_where_asked(write, tmp_path):
    run(write(SMALL + "town,1,甲,131022000000\n" * 30), refused=tmp_path / "refused.csv")
    with (tmp_path / "refused.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [int(row["line"]) for row in csv.DictReader(file)] == list(range(6, 36))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (HEADER.encode(), "no rows"),
        (b"a,b\n1,2\n", "the header is a,b; right would be level,code,name,parent_code"),
        (b"level,code,name,parent_code\ncity,131000000000,\xff\xff,\n", "neither UTF-8 nor GB18030"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(tmp_path, content, reason):
    (tmp_path / "bad.csv").write_bytes(content)
    _, said = run(tmp_path / "bad.csv")
    assert reason in said
    assert not Grid.objects.exists()


def test_a_missing_file_is_said(tmp_path):
    assert "no such file" in run(tmp_path / "nowhere.csv")[1]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_other_encodings_of_chinese_offices_are_read(write, encoding):
    counts, _ = run(write(SMALL, encoding=encoding))
    assert counts["created"] == 4
    assert Grid.objects.get(code="131022000000").name == "固安县"


def test_columns_may_be_called_otherwise(write):
    text = SMALL.replace(HEADER, "层级,代码,名称,上级\n").replace("town,", "乡镇,")
    counts, _ = run(write(text), level_column="层级", code_column="代码", name_column="名称", parent_column="上级")
    assert counts["created"] == 4


def test_a_row_may_say_that_a_level_is_missing(write):
    text = "level,code,name,parent_code,skips_levels\ncity,131000000000,廊坊市,,\ntown,131022100000,镇,131000000000,1\n"
    counts, _ = run(write(text))
    assert counts["created"] == 2
    assert Grid.objects.get(level="town").skips_levels


def test_a_code_without_county_digits_says_it_by_itself(write):
    text = f"{HEADER}city,441900000000,东莞市,\ntown,441900003000,东城街道,441900000000\n"
    counts, _ = run(write(text))
    assert counts["created"] == 2


AREAS = (
    "code,name,cityCode,provinceCode\n110101,东城区,1101,11\n131022,固安县,1310,13\n441900,东莞市,4419,44\n"
    "500101,万州区,5001,50\n500229,城口县,5002,50\n429004,仙桃市,4290,42\n620201,嘉峪关市,6202,62\n"
)
STREETS = (
    "code,name,areaCode,provinceCode,cityCode\n110101001,东华门街道,110101,11,1101\n131022100,固安镇,131022,13,1310\n"
    "441900003,东城街道,441900,44,4419\n429004001,沙嘴街道,429004,42,4290\n620201001,雄关街道,620201,62,6202\n"
)
VILLAGES = (
    "code,name,streetCode,provinceCode,cityCode,areaCode\n110101001001,多福巷社区居委会,110101001,11,1101,110101\n"
    "441900003001,岗贝社区居民委员会,441900003,44,4419,441900\n"
    "429004001001,仙桃社区居民委员会,429004001,42,4290,429004\n"
)


@pytest.fixture
def china(write) -> tuple[Path, ...]:
    return write(VILLAGES, "villages.csv"), write(AREAS, "areas.csv"), write(STREETS, "streets.csv")


def test_china_divisions_files_come_in_as_they_are_in_any_order(china):
    counts, said = run(*china)
    assert (counts["refused"], said) == (0, "")
    towns = {
        grid.name: [a.name for a in Grid.objects.get_ancestors(grid)] for grid in Grid.objects.filter(level="town")
    }
    assert towns == {
        "东华门街道": ["北京市", "东城区"],
        "固安镇": ["廊坊市", "固安县"],
        "东城街道": ["东莞市"],
        "沙嘴街道": ["仙桃市"],
        "雄关街道": ["嘉峪关市"],
    }
    chongqing = Grid.objects.get(name="重庆市")
    assert [g.name for g in Grid.objects.get_children(chongqing)] == ["万州区", "城口县"]
    assert Grid.objects.find_problems() == ([], [], [], [], [])


def test_china_divisions_folder_stands_for_its_files(china):
    counts, _ = run(china[0].parent)
    assert counts["created"] == len(Grid.objects.all()) > 10
    assert run(*china)[0]["unchanged"] > 10


@pytest.mark.parametrize(("city", "names"), [("1310", {"固安县"}), ("500100000000", {"万州区", "城口县"})])
def test_one_city_is_picked_out(china, city, names):
    run(*china, city=city)
    assert set(Grid.objects.filter(level="county").values_list("name", flat=True)) == names


def test_a_city_that_is_none_is_refused(china):
    assert "no city's code" in run(*china, city="廊坊")[1]
    assert "no rows of city 1399" in run(*china, city="1399")[1]


def test_a_grid_that_was_moved_by_hand_goes_back_where_the_file_has_it(cast, write):
    move_grid(cast.other_village, cast.other_town)
    counts, _ = run(write(f"{HEADER}village,131022100201,南关村村民委员会,131022100000\n"))
    assert counts["moved"] == 1
    assert Grid.objects.find_problems() == ([], [], [], [], [])
