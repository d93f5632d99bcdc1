"""Coordinates arrive in the datum of whoever sent them, and are kept as WGS-84."""

from math import asin, cos, radians, sin, sqrt

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from grids.coordinates import from_wgs84, to_wgs84

# (lon, lat) in WGS-84 and GCJ-02, from the published tests of googollee/eviltransform
KNOWN_GCJ = [
    ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
    ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
    ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
]
# GCJ-02 and BD-09: from the published example of wandergis/coordtransform, and Beijing's railway station from the
# manual of the R package cst (five decimals, about a metre). The BD-09 points in eviltransform's tests are left out:
# eviltransform's own conversion, prcoords and this library agree that they are wrong by 10 and 41 m.
KNOWN_BD = [
    ((116.404, 39.915), (116.41036949371029, 39.92133699351021), 0.5),
    ((116.42703, 39.90245), (116.43351, 39.90851), 2),
]


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """On a sphere of the earth's mean radius, by the haversine formula."""
    west, south, east, north = map(radians, (*one, *other))
    half = sin((north - south) / 2) ** 2 + cos(south) * cos(north) * sin((east - west) / 2) ** 2
    return 2 * 6_371_008.8 * asin(sqrt(half))


@pytest.mark.parametrize(("wgs", "gcj"), KNOWN_GCJ)
def test_gcj02_is_shifted_back_to_the_published_place(wgs, gcj):
    assert metres(to_wgs84(*gcj, "gcj02"), wgs) < 0.5
    assert from_wgs84(*wgs, "gcj02") == pytest.approx(gcj, abs=1e-7)


@pytest.mark.parametrize(("gcj", "baidu", "tolerance_m"), KNOWN_BD)
def test_bd09_and_gcj02_of_one_place_give_the_same_wgs84(gcj, baidu, tolerance_m):
    assert metres(to_wgs84(*baidu, "bd09"), to_wgs84(*gcj, "gcj02")) < tolerance_m


def test_the_published_values_of_coordtransform_hold():
    assert from_wgs84(116.404, 39.915, "gcj02") == pytest.approx((116.41024449916938, 39.91640428150164), abs=1e-7)


@given(lon=st.floats(74, 134), lat=st.floats(18, 53), source=st.sampled_from(["gcj02", "bd09"]))
def test_there_and_back_is_the_same_place_within_a_metre(lon, lat, source):
    assert metres(to_wgs84(*from_wgs84(lon, lat, source), source), (lon, lat)) < 1


def test_wgs84_stays_as_it_came():
    assert to_wgs84(116.3, 39.4, "wgs84") == (116.3, 39.4)


def test_outside_china_gcj02_shifts_nothing():
    assert to_wgs84(-104.9903, 39.7392, "gcj02") == (-104.9903, 39.7392)


@pytest.mark.parametrize(
    ("lon", "lat", "field"),
    [(181, 39, "lon"), (116, 91, "lat"), (39, 116, "lat"), (float("nan"), 39, "lon"), (116, float("inf"), "lat")],
)
def test_what_is_no_place_is_refused_with_the_field(lon, lat, field):
    with pytest.raises(ValidationError) as refused:
        to_wgs84(lon, lat, "gcj02")
    assert list(refused.value.message_dict) == [field]


def test_swapped_numbers_are_told_so():
    with pytest.raises(ValidationError, match="swapped"):
        to_wgs84(39.4, 116.3, "wgs84")


def test_an_unknown_datum_is_refused():
    with pytest.raises(ValidationError, match="wgs84, gcj02, bd09"):
        to_wgs84(116, 39, "wgs")
