"""Grids, units, intake points, categories and words, as far as one sees them."""

from __future__ import annotations

from typing import Any

import pytest

from cases.models import Category
from tests.api.conftest import Caller, fields_of
from tests.cast import Cast


def codes(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [row["code"] for row in response.json()["results"]]


def test_grids_are_found_by_code_name_parent_and_level(cast: Cast) -> None:
    caller = Caller(cast.county_dispatcher)
    assert codes(caller.get("/grids/"))[0] == cast.county.code
    assert codes(caller.get("/grids/", {"name": "北关村第"})) == [cast.cell.code, cast.next_cell.code]
    assert codes(caller.get("/grids/", {"code": "1310221002"})) == [
        cast.village.code, cast.cell.code, cast.next_cell.code, cast.other_village.code,
    ]  # fmt: skip
    assert codes(caller.get("/grids/", {"parent": cast.county.code})) == [cast.town.code, cast.other_town.code]
    assert codes(caller.get("/grids/", {"level": "town", "grid": cast.county.code})) == [
        cast.town.code, cast.other_town.code,
    ]  # fmt: skip
    assert codes(caller.get("/grids/", {"code": cast.other_county.code})) == []
    assert fields_of(caller.get("/grids/", {"parent": "1"})) == {"parent"}


def test_a_grid_has_ancestors_and_units(cast: Cast) -> None:
    said = Caller(cast.county_dispatcher).get(f"/grids/{cast.town.code}/").json()
    assert [grid["name"] for grid in said["ancestors"]] == ["廊坊市", "固安县"]
    assert [unit["name"] for unit in said["units"]] == ["固安镇综治中心"]
    assert said["parent"] == cast.county.code


def test_a_place_is_located_in_the_datum_that_it_came_in(cast: Cast) -> None:
    caller = Caller(cast.county_dispatcher)
    lon, lat = cast.inside
    found = caller.get("/grids/locate/", {"lon": lon, "lat": lat}).json()
    assert (found["grid"]["code"], found["found_by"], found["distance_m"]) == (cast.cell.code, "point", 0.0)
    from grids.coordinates import from_wgs84

    there = from_wgs84(lon, lat, "gcj02")
    same = caller.get("/grids/locate/", {"lon": there.lon, "lat": there.lat, "source": "gcj02"}).json()
    assert same["grid"]["code"] == cast.cell.code


def test_a_place_outside_ones_territory_is_not_located(cast: Cast) -> None:
    lon, lat = cast.inside
    assert Caller(cast.stranger).get("/grids/locate/", {"lon": lon, "lat": lat}).status_code == 404
    assert Caller(cast.county_dispatcher).get("/grids/locate/", {"lon": 110, "lat": 30}).status_code == 404


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"lon": 1}, "lat"),
        ({"lon": 1, "lat": 91}, "lat"),
        ({"lon": "nan", "lat": 1}, "lon"),
        ({"lon": 1, "lat": 1, "source": "gps"}, "source"),
        ({"lon": 1, "lat": 1, "datum": "gps"}, "datum"),
    ],
)
def test_a_place_that_is_none_is_refused_by_name(cast: Cast, query: Any, field: str) -> None:
    answer = Caller(cast.county_dispatcher).get("/grids/locate/", query)
    assert (answer.status_code, fields_of(answer)) == (400, {field})


def test_units_are_found_by_place_kind_and_name(cast: Cast) -> None:
    def names(query: Any) -> list[str]:
        return [row["name"] for row in Caller(cast.county_dispatcher).get("/units/", query).json()["results"]]

    assert names({"kind": "housing"}) == ["固安县住房和城乡建设局"]
    assert names({"level": "town"}) == ["固安镇综治中心", "宫村镇综治中心"]
    assert names({"name": "北关"}) == ["北关村村委会"]
    assert names({"grid": cast.other_town.code}) == ["宫村镇综治中心", "宫一村村委会"]


def test_an_intake_point_comes_with_its_code_to_print(cast: Cast) -> None:
    caller = Caller(cast.village_head)
    point = caller.get("/intake-points/").json()["results"][0]
    assert point["form_url"].endswith(f"/s/{cast.intake_point.token}")
    drawn = caller.get(f"/intake-points/{point['id']}/qr.svg", Accept="image/svg+xml")
    assert drawn["Content-Type"] == "image/svg+xml"
    assert b"<svg" in drawn.content
    assert Caller(cast.stranger).get(f"/intake-points/{point['id']}/qr.svg").status_code == 404


def test_everybody_reads_the_tree_of_categories(lights: Category, nobody: Caller) -> None:
    root = Category.objects.get(code="01")
    Category.objects.add_child(root, {"code": "0199", "name": "旧", "active": False})
    closed = Category.objects.get(code="0199")
    Category.objects.add_child(closed, {"code": "019901", "name": "更旧"})
    tree = nobody.get("/categories/").json()
    assert [node["code"] for node in tree] == ["01"]
    assert [node["code"] for node in tree[0]["children"]] == ["0103"]
    assert tree[0]["children"][0]["children"][0]["name_en"] == "Street lights out"


def test_everybody_reads_the_words_of_closed_lists(nobody: Caller, db: None) -> None:
    words = nobody.get("/choices/", **{"Accept-Language": "en"}).json()
    assert {"value": "handling", "label": "in handling"} in words["status"]
    assert len(words["level"]) == 6


def test_pages_of_grids_show_each_once(cast: Cast) -> None:
    seen: list[str] = []
    caller = Caller(cast.city_dispatcher)
    address = "/api/v1/grids/?page_size=3"
    while address:
        page = caller.client.get(address).json()
        seen += [row["code"] for row in page["results"]]
        address = page["next"]
    assert len(seen) == len(set(seen)) == 10
