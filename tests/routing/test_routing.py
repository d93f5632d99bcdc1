"""Whose job it is, with the reason: rules before kinds, near before far, and the town where nothing says more."""

from __future__ import annotations

from typing import Any

import pytest

from cases.models import Category, RoutingRule
from cases.routing import propose
from tests.cast import Cast


@pytest.fixture
def lamps(db: None) -> Category:
    return Category.objects.add_root(
        instance=Category(code="01", name="路灯", unit_kind="urban_management", lead_level="county")
    )


def lead(cast: Cast, category: Any, grid: Any = None) -> int | None:
    return propose((grid or cast.cell).path, category.pk if category else None).unit_id


def test_the_nearest_unit_of_the_category_s_kind_leads(cast: Cast, lamps: Category) -> None:
    proposal = propose(cast.cell.path, lamps.pk)
    assert proposal.unit_id == cast.urban_management.pk
    assert cast.urban_management.name in proposal.why and lamps.name in proposal.why


def test_where_the_county_has_none_of_the_kind_the_city_s_leads(cast: Cast, lamps: Category) -> None:
    assert lead(cast, lamps, cast.other_county) == cast.city_urban_management.pk


def test_the_nearest_grid_s_rule_wins_over_a_farther_one_and_over_the_kind(cast: Cast, lamps: Category) -> None:
    RoutingRule.objects.create(grid=cast.city, category=lamps, unit=cast.city_housing)
    assert lead(cast, lamps) == cast.city_housing.pk
    RoutingRule.objects.create(grid=cast.county, category=lamps, unit=cast.housing)
    assert lead(cast, lamps) == cast.housing.pk
    assert lead(cast, lamps, cast.other_county) == cast.city_housing.pk


def test_of_two_rules_of_one_grid_the_nearer_category_wins(cast: Cast, lamps: Category) -> None:
    broken = Category.objects.add_child(lamps, instance=Category(code="0101", name="灯杆倾斜"))
    RoutingRule.objects.create(grid=cast.county, category=lamps, unit=cast.housing)
    RoutingRule.objects.create(grid=cast.county, category=broken, unit_kind="water_utility")
    assert lead(cast, lamps) == cast.housing.pk
    assert lead(cast, broken) == cast.water.pk


def test_a_rule_for_a_unit_that_is_no_longer_active_gives_way_to_the_kind(cast: Cast, lamps: Category) -> None:
    RoutingRule.objects.create(grid=cast.county, category=lamps, unit=cast.housing)
    cast.housing.active = False
    cast.housing.save()
    assert lead(cast, lamps) == cast.urban_management.pk


def test_without_a_category_or_a_unit_of_its_kind_the_town_decides(cast: Cast) -> None:
    police = Category.objects.add_root(instance=Category(code="02", name="治安", unit_kind="police"))
    assert lead(cast, None) == cast.town_authority.pk
    assert lead(cast, police) == cast.town_authority.pk
    cast.town_authority.active = False
    cast.town_authority.save()
    assert lead(cast, None) == cast.county_authority.pk
