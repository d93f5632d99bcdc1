"""The database refuses a grid under the wrong parent, whoever writes it."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from grids.models import Grid
from grids.services import create_grid, move_grid

pytestmark = pytest.mark.django_db


def insert(path: str, level: str, code: str, skips: bool = False) -> None:
    with transaction.atomic():
        Grid.objects.create(
            path=path, depth=len(path) // 4, numchild=0, code=code, name="试", level=level, skips_levels=skips
        )


def test_only_a_city_stands_at_the_root():
    with pytest.raises(IntegrityError, match="131022000000: a county cannot stand at the root"):
        insert("0001", "county", "131022000000")


def test_a_grid_without_its_parent_is_refused(cast):
    with pytest.raises(IntegrityError, match=r"131099100000.*its parent does not exist"):
        insert(cast.county.path[:4] + "00ZZ0001", "town", "131099100000")


@pytest.mark.parametrize("level", ["city", "county"])
def test_a_grid_stands_below_its_parents_level(cast, level):
    with pytest.raises(IntegrityError, match=r"cannot stand under 131022000000 \(county\)"):
        insert(cast.county.path + "00ZZ", level, "131099000000")


def test_a_missing_level_must_be_said(cast):
    with pytest.raises(IntegrityError, match="skips_levels"):
        insert(cast.county.path + "00ZZ", "village", "131022999001")
    insert(cast.county.path + "00ZZ", "village", "131022999001", skips=True)


def test_a_parent_does_not_leave_its_children_behind(cast):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError, match="its parent does not exist"), transaction.atomic():
            cursor.execute("UPDATE grids_grid SET path = %s WHERE id = %s", ["00ZZ", cast.city.pk])


def test_a_parent_does_not_sink_to_its_childrens_level(cast):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError, match="cannot stand under"), transaction.atomic():
            cursor.execute("UPDATE grids_grid SET level = 'town' WHERE id = %s", [cast.county.pk])


@pytest.mark.parametrize(
    ("level", "code"),
    [("village", "13102210020"), ("cell", "131022100200"), ("micro", "131022100200001"), ("town", "13102210000x")],
)
def test_a_code_fits_its_level(cast, level, code):
    with pytest.raises(ValidationError) as refused:
        create_grid(code=code, name="试", level=level, parent=cast.town, skips_levels=True)
    assert "code" in str(refused.value)


def test_a_code_is_given_once(cast):
    with pytest.raises(ValidationError) as refused:
        create_grid(code=cast.town.code, name="试", level="town", parent=cast.county)
    assert "code" in refused.value.message_dict


def test_a_grid_is_refused_under_a_wrong_parent_with_the_reason(cast):
    with pytest.raises(ValidationError, match="skips_levels") as refused:
        create_grid(code="131022999001", name="试村", level="village", parent=cast.county)
    assert "parent" in refused.value.message_dict


def test_a_whole_subtree_moves_at_once(cast):
    move_grid(cast.village, cast.other_town)
    cast.cell.refresh_from_db()
    cast.other_town.refresh_from_db()
    assert cast.cell.path.startswith(cast.other_town.path)
    assert Grid.objects.find_problems() == ([], [], [], [], [])


def test_deleting_a_subtree_is_no_orphan(cast):
    Grid.objects.get(pk=create_grid(code="131024000000", name="香河县", level="county", parent=cast.city).pk).delete()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
