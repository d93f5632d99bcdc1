"""What a phone keeps: which cases at which version, their files, and the reference data of one's own area."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.models import Category
from grids.models import IntakePoint
from grids.services import create_grid
from tests.access.test_access import PLACES, TERRITORY, seen_by
from tests.stories import Stories

Calls = Callable[..., Any]


def work(caller: Any) -> dict[str, int]:
    return {row["number"]: row["version"] for row in caller.get("/my/work/").json()["cases"]}


def with_worker(stories: Stories, calls: Calls) -> tuple[Any, Any]:
    """A case that the village has to sign, and the worker who may."""
    case = stories.do(stories.bring("accepted"), "dispatch", lead=stories.cast.village_authority)
    return case, calls(stories.cast.worker)


def test_a_phone_is_told_of_its_open_cases_by_version_and_drops_what_left(stories: Stories, calls: Calls) -> None:
    case, worker = with_worker(stories, calls)
    assert work(worker) == {case.number: case.version}
    first = worker.get("/my/work/")
    again = worker.get("/my/work/", **{"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    signed = worker.post(f"/cases/{case.number}/actions/sign/").json()
    assert work(worker) == {case.number: signed["version"]}
    assert worker.get("/my/work/", **{"If-None-Match": first["ETag"]}).status_code == 200
    worker.post(f"/cases/{case.number}/actions/return/", {"reason": "不归我们管"})
    assert work(worker) == {}


def test_what_changes_how_files_read_changes_the_stamp(stories: Stories, calls: Calls) -> None:
    _case, worker = with_worker(stories, calls)
    stamp = worker.get("/my/work/").json()["stamp"]
    assert stamp == worker.get("/my/area/").json()["stamp"]
    assert worker.get("/my/work/", **{"Accept-Language": "zh-hans"}).json()["stamp"] != stamp
    stories.cast.worker.posts.update(role="village_head")
    assert (
        calls(type(stories.cast.worker).objects.get(pk=stories.cast.worker.pk)).get("/my/work/").json()["stamp"]
        != stamp
    )


def test_several_files_come_at_once_as_each_alone_but_for_their_forms(stories: Stories, calls: Calls) -> None:
    case, worker = with_worker(stories, calls)
    other = stories.submit(grid_id=stories.cast.next_cell.pk)
    found = worker.get("/my/work/files/", {"number": [case.number, other.number]}).json()
    alone = worker.get(f"/cases/{case.number}/").json()
    assert [one["number"] for one in found] == [case.number]
    names = [one["name"] for one in alone.pop("available_actions")]
    said = found[0]
    assert said.pop("available_actions") == names and "sign" in names
    assert {"finish", "progress", "whistle"} <= set(said.pop("after_sign")) and "finish" not in names
    assert said == alone
    schemas = worker.get("/my/area/").json()["moves"]
    assert set(names) <= set(schemas) and schemas["return"]["schema"]["required"] == ["reason"]


@pytest.mark.parametrize("numbers", [[], ["x"], ["1310-20260101-000001"] * 21])
def test_a_wrong_question_for_files_says_what_would_be_right(
    stories: Stories, calls: Calls, numbers: list[str]
) -> None:
    refused = calls(stories.cast.worker).get("/my/work/files/", {"number": numbers})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "number")


def test_more_files_cost_no_more_queries(stories: Stories, calls: Calls, settings: LazySettings) -> None:
    numbers = [with_worker(stories, calls)[0].number for _turn in range(3)]
    worker, counts = calls(stories.cast.worker), []
    worker.get("/my/work/files/", {"number": numbers})
    settings.SNAPSHOT_CHECK_SECONDS = 3600  # what is kept in the process has been read
    for many in (1, 3):
        with CaptureQueriesContext(connection) as asked:
            assert len(worker.get("/my/work/files/", {"number": numbers[:many]}).json()) == many
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 6
    with CaptureQueriesContext(connection) as asked:
        worker.get("/my/work/")
    assert len(asked) <= 4


def test_the_area_holds_ones_own_places_and_no_others(stories: Stories, calls: Calls, lights: Category) -> None:
    cast = stories.cast
    create_grid(code="131022100200001001", name="东头户区", level="micro", parent=cast.cell)
    IntakePoint.objects.create(grid=cast.cell, name="村口说事箱")
    area = calls(cast.worker).get("/my/area/").json()
    assert [grid["name"] for grid in area["grids"]] == ["北关村第一网格", "东头户区"]
    assert area["grids"][0]["outline"]["type"] == "Polygon"
    assert [point["name"] for point in area["points"]] == ["村口说事箱"]
    assert area["me"]["posts"][0]["unit"]["name"] == "北关村村委会"
    assert [one["code"] for one in area["categories"]] == [lights.code]
    assert area["categories"][0]["words"] == ["路灯不亮", "市政设施", "城市管理"]
    assert area["units"] == []
    assert {one["name"] for one in calls(cast.village_head).get("/my/area/").json()["units"]} == {"北关村村委会"}


@pytest.mark.parametrize("who", TERRITORY)
def test_files_and_places_end_where_ones_territory_ends(stories: Stories, calls: Calls, who: str) -> None:
    cases = {place: stories.submit(grid_id=getattr(stories.cast, place).pk) for place in sorted(PLACES)}
    caller, seen = calls(getattr(stories.cast, who)), seen_by(who)
    found = caller.get("/my/work/files/", {"number": [case.number for case in cases.values()]}).json()
    assert {one["number"] for one in found} == {cases[place].number for place in seen}
    assert set(work(caller)) <= {cases[place].number for place in seen}
    own = seen | ({"county"} if who == "county_officer" else set())
    assert {one["code"] for one in caller.get("/my/area/").json()["grids"]} == {
        getattr(stories.cast, place).code for place in own
    }


def test_what_is_open_near_by_is_shown_the_same_kind_first(stories: Stories, calls: Calls, lights: Category) -> None:
    lon, lat = stories.cast.inside
    other = Category.objects.add_child(lights.get_parent().get_parent(), {"code": "0101", "name": "市容"})
    leaf = Category.objects.add_child(other, {"code": "010101", "name": "占道经营"})
    same = stories.submit(category_id=lights.pk, lat=lat + 0.001)
    nearest = stories.submit(category_id=leaf.pk)
    stories.submit(timezone.now() - timedelta(days=20), category_id=lights.pk)
    stories.submit(category_id=lights.pk, lat=lat + 0.004)
    stories.do(stories.submit(category_id=lights.pk), "withdraw")
    asked = {"lon": lon, "lat": lat, "category": lights.code}
    found = calls(stories.cast.worker).get("/cases/nearby/", asked).json()
    assert [(one["number"], one["same_kind"]) for one in found] == [(same.number, True), (nearest.number, False)]
    assert 100 < found[0]["metres"] < 125
    assert calls(stories.cast.neighbour).get("/cases/nearby/", asked).json() == []
    refused = calls(stories.cast.worker).get("/cases/nearby/", {"lon": "x", "lat": 1})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "lon")
