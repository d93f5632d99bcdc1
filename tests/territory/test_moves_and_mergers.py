"""撤乡并镇: what a grid was called and where it lay stays readable, and everything that hung on it follows."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from grids.models import Grid, GridChange, IntakePoint, Post, Unit
from grids.services import Merger, create_grid, followers, merge_grids, move_grid, rename_grid

pytestmark = pytest.mark.django_db


@pytest.fixture
def merged(cast) -> Merger:
    return merge_grids(cast.village, cast.other_village, by=cast.administrator)


def test_a_renamed_grid_keeps_its_old_name_in_its_history(cast):
    rename_grid(cast.town, "固安街道", by=cast.administrator)
    cast.town.refresh_from_db()
    change = GridChange.objects.get()
    assert (cast.town.name, cast.town.kind) == ("固安街道", "街道")
    assert (change.kind, change.before["name"], change.after["name"]) == ("renamed", "固安镇", "固安街道")
    assert change.by == cast.administrator


def test_the_same_name_again_is_no_change(cast):
    rename_grid(cast.town, cast.town.name)
    assert not GridChange.objects.exists()


def test_a_moved_grid_takes_its_subtree_and_remembers_its_old_parent(cast):
    moved = move_grid(cast.village, cast.other_town)
    cast.cell.refresh_from_db()
    change = GridChange.objects.get()
    assert cast.cell.path.startswith(moved.path)
    assert moved.code == cast.village.code
    assert (change.before["parent_name"], change.after["parent_name"]) == ("固安镇", "宫村镇")


def test_moving_to_where_it_is_changes_nothing(cast):
    move_grid(cast.village, cast.town)
    assert not GridChange.objects.exists()


@pytest.mark.parametrize(("grid", "parent", "field"), [("city", "county", "grid"), ("town", "village", "parent")])
def test_a_move_that_cannot_be_is_refused_with_the_field(cast, grid, parent, field):
    with pytest.raises(ValidationError) as refused:
        move_grid(getattr(cast, grid), getattr(cast, parent))
    assert list(refused.value.message_dict) == [field]


def test_a_town_may_come_directly_under_a_city_that_has_no_counties(cast):
    with pytest.raises(ValidationError, match="skips_levels"):
        move_grid(cast.town, cast.city)
    assert move_grid(cast.town, cast.city, skips_levels=True).skips_levels
    assert not move_grid(cast.town, cast.county).skips_levels


def test_a_merger_leaves_the_source_as_history(cast, merged):
    source = Grid.objects.get(pk=cast.village.pk)
    assert source.merged_into == cast.other_village
    assert source.dissolved_at == merged.at
    change = GridChange.objects.get(kind="merged")
    assert change.before["code"] == cast.village.code
    assert change.before["parent_name"] == "固安镇"
    assert change.after["code"] == cast.other_village.code


def test_children_of_the_source_lie_in_the_target(cast, merged):
    children = Grid.objects.get_children(Grid.objects.get(pk=cast.other_village.pk))
    assert {g.pk for g in children} == {cast.cell.pk, cast.next_cell.pk}
    assert Grid.objects.find_problems() == ([], [], [], [], [])
    assert GridChange.objects.filter(kind="moved", grid=cast.cell).get().before["parent_code"] == cast.village.code


def test_the_sources_authority_ends_and_its_posts_serve_the_targets(cast, merged):
    cast.village_authority.refresh_from_db()
    assert not cast.village_authority.active
    assert merged.authorities == {cast.village_authority.pk: cast.other_village_authority.pk}
    assert cast.village_head.posts.get().unit == cast.other_village_authority
    worker = cast.worker.posts.get()
    assert (worker.unit, worker.grid) == (cast.other_village_authority, cast.cell)


def test_posts_that_ended_before_stay_with_the_old_authority(cast):
    Post.objects.filter(user=cast.neighbour).update(ends_on=date(2021, 1, 1))
    merge_grids(cast.village, cast.other_village)
    assert cast.neighbour.posts.get().unit == cast.village_authority


def test_an_authority_that_the_target_lacks_moves_there(cast):
    cast.other_village_authority.delete()
    merger = merge_grids(cast.village, cast.other_village)
    cast.village_authority.refresh_from_db()
    assert (cast.village_authority.grid, cast.village_authority.active) == (cast.other_village, True)
    assert merger.authorities == {cast.village_authority.pk: cast.village_authority.pk}


def test_departments_move_over_and_keep_apart_by_name(cast):
    here = Unit.objects.create(grid=cast.town, kind="justice", name="司法所")
    there = Unit.objects.create(grid=cast.other_town, kind="justice", name="司法所")
    merge_grids(cast.town, cast.other_town)
    here.refresh_from_db()
    there.refresh_from_db()
    assert (here.grid, here.name, there.name) == (cast.other_town, "司法所（固安镇）", "司法所")


def test_intake_points_and_narrower_posts_follow(cast):
    post = Post.objects.create(user=cast.stranger, unit=cast.town_authority, role="officer", grid=cast.village)
    merge_grids(cast.village, cast.other_village)
    post.refresh_from_db()
    assert post.grid == cast.other_village
    assert IntakePoint.objects.get(pk=cast.intake_point.pk).grid == cast.other_village


def test_the_target_has_both_outlines_afterwards(cast, merged):
    target = Grid.objects.get(pk=cast.other_village.pk)
    assert target.boundary["type"] == "MultiPolygon"
    assert len(target.boundary["coordinates"]) == 2


@pytest.mark.parametrize(
    ("source", "target", "field"),
    [("village", "village", "target"), ("village", "town", "target"), ("cell", "village", "target")],
)
def test_only_two_equals_merge(cast, source, target, field):
    with pytest.raises(ValidationError) as refused:
        merge_grids(getattr(cast, source), getattr(cast, target))
    assert list(refused.value.message_dict) == [field]


def test_what_is_dissolved_is_not_merged_again(cast, merged):
    with pytest.raises(ValidationError, match="dissolved"):
        merge_grids(cast.far_village, cast.village)
    with pytest.raises(ValidationError, match="dissolved"):
        create_grid(code="131022100200009", name="网格", level="cell", parent=cast.village)


def test_grids_of_two_cities_do_not_merge(cast):
    baoding = create_grid(code="130600000000", name="保定市", level="city")
    county = create_grid(code="130602000000", name="竞秀区", level="county", parent=baoding)
    with pytest.raises(ValidationError, match="another city"):
        merge_grids(county, cast.county)


def test_a_follower_that_fails_undoes_the_merger(cast, monkeypatch):
    def refuse(merger: Merger) -> None:
        raise RuntimeError(merger.source.name)

    monkeypatch.setattr("grids.services.mergers.followers", [*followers, refuse])
    with pytest.raises(RuntimeError, match="北关村"):
        merge_grids(cast.village, cast.other_village)
    assert Grid.objects.get(pk=cast.village.pk).dissolved_at is None
    assert not GridChange.objects.exists()
