"""From a place to its grid: the deepest that contains it, else the nearest, else what else is known."""

import os
import subprocess
import sys

import numpy as np
import pytest

from grids import tree
from grids.locate import NOWHERE, find_grid, locate, locate_many
from grids.models import Grid, Post
from grids.services import create_grid, merge_grids
from grids.territory import territory_of
from tests.cast import square

METRE_EAST = 1 / (111_195 * np.cos(np.radians(39.435)))


@pytest.mark.django_db
class TestPlaces:
    def test_the_deepest_grid_that_contains_the_place(self, cast):
        found = locate(*cast.inside)
        assert (found.grid_id, found.found_by) == (cast.cell.pk, "point")

    def test_where_there_is_no_cell_the_village(self, cast):
        found = locate(116.335, 39.435)
        assert found.grid_id == cast.other_village.pk

    def test_a_place_on_a_border_belongs_to_one_and_always_the_same(self, cast):
        border = cast.next_cell.boundary["coordinates"][0][0][0]
        assert {locate(border, 39.435).grid_id for _ in range(5)} == {cast.cell.pk}
        assert locate_many([border] * 5, [39.435] * 5).tolist() == [cast.cell.pk] * 5

    @pytest.mark.parametrize(("metres", "found"), [(10, True), (49, True), (51, False)])
    def test_the_nearest_within_50_metres_on_the_ground(self, cast, metres, found):
        east = 116.32 + metres * METRE_EAST
        located = locate(east, 39.435)
        assert (located is not None) == found
        if located:
            assert (located.grid_id, located.found_by) == (cast.next_cell.pk, "nearest")
            assert located.distance_m == pytest.approx(metres, abs=0.5)

    def test_many_at_once_are_as_one_by_one(self, cast):
        random = np.random.default_rng(3)
        lons, lats = random.uniform(116.29, 116.36, 500), random.uniform(39.42, 39.45, 500)
        singly = [getattr(locate(lon, lat), "grid_id", NOWHERE) for lon, lat in zip(lons, lats, strict=True)]
        assert locate_many(lons, lats).tolist() == singly
        assert NOWHERE in singly

    def test_no_places_and_no_outlines_are_no_error(self):
        assert locate(116, 39) is None
        assert locate_many([], []).tolist() == []

    def test_a_dissolved_grid_contains_nothing(self, cast):
        merge_grids(cast.cell, cast.next_cell)
        assert locate(*cast.inside).grid_id == cast.next_cell.pk


@pytest.mark.django_db
class TestFinding:
    def test_the_place_comes_first(self, cast):
        found = find_grid(cast.inside, cast.intake_point, territory_of(cast.stranger).standings)
        assert (found.grid_id, found.found_by) == (cast.cell.pk, "point")

    def test_then_the_intake_point(self, cast):
        found = find_grid(cast.outside, cast.intake_point, territory_of(cast.stranger).standings)
        assert (found.grid_id, found.found_by) == (cast.village.pk, "intake_point")

    def test_then_the_reporters_narrowest_post(self, cast):
        Post.objects.create(user=cast.worker, unit=cast.town_authority, role="officer", starts_on="2020-01-01")
        found = find_grid(cast.outside, None, territory_of(cast.worker).standings)
        assert (found.grid_id, found.found_by) == (cast.cell.pk, "post")

    def test_else_nothing_is_known(self, cast):
        assert find_grid(None) is None


@pytest.mark.django_db
class TestTree:
    def test_names_from_the_city_down(self, cast):
        assert tree.name_path(cast.village.pk) == "廊坊市 / 固安县 / 固安镇 / 北关村村民委员会"
        assert tree.city_of(cast.cell.pk).id == cast.city.pk
        assert [g.id for g in tree.ancestors(cast.town.pk)] == [cast.city.pk, cast.county.pk]

    def test_grids_are_found_by_code_path_and_id(self, cast):
        assert tree.by_code(cast.town.code) == tree.by_path(cast.town.path) == tree.by_id(cast.town.pk)
        assert tree.by_code("999999999999") is None
        assert tree.by_id(0) is None
        with pytest.raises(LookupError):
            tree.name_path(0)

    def test_a_dissolved_grid_is_not_found_but_keeps_its_name(self, cast):
        merge_grids(cast.village, cast.other_village)
        assert tree.by_code(cast.village.code) is None
        assert tree.name_path(cast.village.pk).endswith("北关村村民委员会")

    def test_the_authority_upward(self, cast):
        assert tree.authority_upward(cast.cell.path).id == cast.village_authority.pk
        assert tree.authority_upward(cast.cell.path, from_level="town").id == cast.town_authority.pk
        assert tree.authority_above(cast.village.path).id == cast.town_authority.pk
        assert tree.authority_above(cast.city.path) is None

    def test_an_inactive_authority_is_passed_over(self, cast):
        cast.town_authority.active = False
        cast.town_authority.save()
        assert tree.authority_above(cast.village.path).id == cast.county_authority.pk

    def test_the_nearest_department(self, cast):
        assert tree.nearest_of_kind(cast.cell.path, "housing").id == cast.housing.pk
        assert tree.nearest_of_kind(cast.cell.path, "housing", level="city").id == cast.city_housing.pk
        assert tree.nearest_of_kind(cast.other_county.path, "housing").id == cast.city_housing.pk
        assert tree.nearest_of_kind(cast.cell.path, "police") is None

    def test_units_of_one_grid_only(self, cast):
        kinds = {unit.kind for unit in tree.units_of(cast.county.pk)}
        assert kinds == {"authority", "urban_management", "housing", "water_utility"}


@pytest.mark.django_db(transaction=True)
def test_a_change_by_another_process_is_noticed(committed_cast, process_environment):
    assert locate(*committed_cast.outside) is None
    assert tree.by_code(committed_cast.town.code).name == "固安镇"
    script = (
        "from govgrid import embedded; embedded.ensure()\n"
        "import django; django.setup()\n"
        "from grids.models import Grid\n"
        f"Grid.objects.filter(pk={committed_cast.far_village.pk}).update(boundary={square(109.995, 29.995)!r})\n"
        f"Grid.objects.filter(pk={committed_cast.town.pk}).update(name='固安街道')\n"
    )
    subprocess.run([sys.executable, "-c", script], env=dict(os.environ) | process_environment, check=True, timeout=60)
    assert locate(*committed_cast.outside).grid_id == committed_cast.far_village.pk
    assert tree.by_code(committed_cast.town.code).name == "固安街道"


@pytest.mark.django_db
def test_nothing_is_read_again_where_nothing_changed(cast, django_assert_num_queries, settings):
    settings.SNAPSHOT_CHECK_SECONDS = 0
    locate(*cast.inside)
    with django_assert_num_queries(1):  # the tokens
        locate(*cast.inside)
    create_grid(code="131024000000", name="香河县", level="county", parent=Grid.objects.get(pk=cast.city.pk))
    with django_assert_num_queries(2):  # the tokens and the outlines
        locate(*cast.inside)
