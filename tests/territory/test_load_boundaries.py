"""Outlines come in from GeoJSON by code; what cannot be one is refused with the reason."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from grids.models import Grid
from grids.services import merge_grids
from tests.cast import square

pytestmark = pytest.mark.django_db
CODE = "131022000000"


@pytest.fixture(autouse=True)
def _english(settings):
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def run(tmp_path):
    def run(content: object, **options) -> str:
        path = content
        if not isinstance(content, Path):
            path = tmp_path / "outlines.geojson"
            path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        said = StringIO()
        try:
            call_command("load_boundaries", str(path), stdout=said, stderr=said, verbosity=0, **options)
        except CommandError as error:
            said.write(str(error))
        return said.getvalue()

    return run


def collection(geometry: object, code: object = CODE) -> dict:
    return {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": {"code": code}, "geometry": geometry}],
    }


def test_langfangs_counties_get_their_outlines_and_a_point_inside(shared_data, run):
    call_command("load_divisions", str(shared_data / "langfang_divisions.csv"), verbosity=0, stdout=StringIO())
    said = run(shared_data / "langfang_counties.geojson")
    assert "10  updated" in said
    guan = Grid.objects.get(code=CODE)
    assert guan.boundary["type"] in ("Polygon", "MultiPolygon")
    assert (guan.lon, guan.lat) == pytest.approx((116.3, 39.3), abs=0.15)
    assert "10  unchanged" in run(shared_data / "langfang_counties.geojson")


def test_a_dry_run_changes_nothing(cast, run):
    assert "1  updated" in run(collection(square(116.2, 39.4)), dry_run=True)
    assert Grid.objects.get(code=CODE).boundary is None


def test_a_bow_tie_is_repaired(cast, run):
    tie = {"type": "Polygon", "coordinates": [[[116, 39], [117, 40], [117, 39], [116, 40], [116, 39]]]}
    assert "1  repaired" in run(collection(tie))
    assert Grid.objects.get(code=CODE).boundary["type"] == "MultiPolygon"


@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        ({"type": "Point", "coordinates": [116, 39]}, "a Polygon or MultiPolygon would be right"),
        (None, "a Polygon or MultiPolygon would be right"),
        ({"type": "Polygon", "coordinates": [[[116, 39], [117, 39], [117, 40]]]}, "not closed"),
        ({"type": "Polygon", "coordinates": [[[39, 116], [39, 117], [40, 117], [39, 116]]]}, "swapped"),
        ({"type": "Polygon", "coordinates": [[[43, 87], [43, 88], [44, 88], [43, 87]]]}, "swapped"),
        ({"type": "Polygon", "coordinates": [[[4e5, 4e6], [5e5, 4e6], [5e5, 5e6], [4e5, 4e6]]]}, "projected"),
        ({"type": "Polygon", "coordinates": [[[116, 39], [116, 39], [116, 39], [116, 39]]]}, "encloses nothing"),
        ({"type": "Polygon", "coordinates": [[["a", "b"]]]}, "not nested"),
        ({"type": "Polygon", "coordinates": 5}, "not nested"),
    ],
)
def test_what_is_no_outline_is_refused_with_the_reason(cast, run, geometry, reason):
    said = run(collection(geometry))
    assert reason in said
    assert f"feature 1 {CODE}" in said
    assert "1 features were refused" in said
    assert Grid.objects.get(code=CODE).boundary is None


@pytest.mark.parametrize(
    ("code", "reason"),
    [("131099000000", "no grid has the code"), ("131022", "is it 131022000000?"), (None, "properties.code is missing")],
)
def test_a_code_that_names_no_grid_is_refused(cast, run, code, reason):
    assert reason in run(collection(square(116.2, 39.4), code))


def test_a_dissolved_grid_gets_no_outline(cast, run):
    merge_grids(cast.village, cast.other_village)
    assert "was dissolved" in run(collection(square(116.2, 39.4), cast.village.code))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is not JSON"),
        (b"\xff\xfe", "is not UTF-8"),
        ({"type": "Feature"}, "FeatureCollection"),
        ({"type": "FeatureCollection", "features": [], "crs": {"properties": {"name": "EPSG:4490"}}}, "WGS-84"),
    ],
)
def test_a_file_that_is_no_such_geojson_is_refused(run, content, reason):
    assert reason in run(content)
