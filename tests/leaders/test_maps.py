"""What the leaders' map asks: outlines that browsers keep, and open cases as so many spots as a screen can show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import shapely
from django.test import Client

from grids.models import Grid
from portal.leaders import spots
from portal.leaders.outlines import simplified
from tests.cast import square
from tests.stories import Stories

pytestmark = pytest.mark.django_db
Browser = Callable[[str], Client]
ALL = "100,20,120,45"


def said(client: Client, address: str, **words: Any) -> Any:
    answer = client.get(address, words)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_outlines_are_those_right_below_and_are_kept_until_the_territory_changes(
    stories: Stories, browser: Browser
) -> None:
    client, cast = browser("town_dispatcher"), stories.cast
    address = f"/leaders/outlines/?place={cast.town.code}"
    first = client.get(address)
    codes = {one["properties"]["code"] for one in first.json()["features"]}
    assert codes == {cast.village.code, cast.other_village.code}
    mark = first["ETag"]
    again = client.get(address, headers={"If-None-Match": mark})
    assert (again.status_code, again.content) == (304, b"")
    Grid.objects.filter(pk=cast.other_village.pk).update(boundary=square(116.35, 39.43, 2))
    assert client.get(address, headers={"If-None-Match": mark}).status_code == 200


def test_neighbours_keep_their_common_border_when_corners_are_left_out() -> None:
    border = [(1.0, y / 400) for y in range(401)]
    wavy = [(x + 0.0001 * (index % 2), y) for index, (x, y) in enumerate(border)]
    left = shapely.Polygon([(0, 0), *wavy, (0, 1)])
    right = shapely.Polygon([(2, 0), (2, 1), *reversed(wavy)])
    drawn = simplified([left, right])
    assert shapely.get_num_coordinates(drawn).sum() < 100  # of more than 800
    assert shapely.coverage_is_valid(drawn)
    assert abs(drawn[0].area + drawn[1].area - 2) < 0.01


def test_spots_hold_every_open_case_with_a_place_and_come_apart_when_one_looks_closer(
    stories: Stories, browser: Browser
) -> None:
    for lon in (116.301, 116.302, 116.309, 116.405):
        stories.submit(lon=lon, lat=39.435)
    stories.bring("closed")
    stories.submit(lon=None, lat=None, coordinate_source="", grid_id=stories.cast.village.pk)
    client = browser("county_leader")
    far = said(client, "/leaders/spots/", box=ALL, zoom=5)
    assert [spot["cases"] for spot in far["spots"]] == [4] and (far["hidden"], far["more"]) == (1, False)
    assert abs(far["spots"][0]["lon"] - 116.32925) < 0.0001
    near = said(client, "/leaders/spots/", box=ALL, zoom=18)["spots"]
    assert [spot["cases"] for spot in near] == [1, 1, 1, 1] and all(spot["number"] for spot in near)
    assert len(said(client, "/leaders/spots/", box="116.4,39.4,116.5,39.5", zoom=18)["spots"]) == 1
    assert len(said(client, "/leaders/spots/", box=ALL, zoom=18, place=stories.cast.other_town.code)["spots"]) == 1
    assert said(client, "/leaders/spots/", box=ALL, zoom=18, channel="hotline")["spots"] == []


def test_who_asked_for_secrecy_has_no_spot(stories: Stories, browser: Browser) -> None:
    stories.submit(secret=True)
    found = said(browser("city_leader"), "/leaders/spots/", box=ALL, zoom=19)
    assert found == {"spots": [], "more": False, "hidden": 1}


def test_there_are_never_more_spots_than_a_screen_can_show(
    stories: Stories, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spots, "MOST_SPOTS", 2)
    for lon in (116.301, 116.305, 116.305, 116.309):
        stories.submit(lon=lon, lat=39.435)
    found = said(browser("county_leader"), "/leaders/spots/", box=ALL, zoom=19)
    assert [spot["cases"] for spot in found["spots"]] == [2, 1] and found["more"]


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"zoom": 10}, "box"),
        ({"box": "1,2,3", "zoom": 10}, "box"),
        ({"box": "nan,nan,nan,nan", "zoom": 10}, "box"),
        ({"box": "117,39,116,40", "zoom": 10}, "box"),
        ({"box": ALL}, "zoom"),
        ({"box": ALL, "zoom": 99}, "zoom"),
    ],
)
def test_what_cannot_be_a_box_or_zoom_is_named(browser: Browser, words: dict[str, Any], field: str) -> None:
    answer = browser("city_leader").get("/leaders/spots/", words)
    assert answer.status_code == 400 and list(answer.json()["fields"]) == [field]
