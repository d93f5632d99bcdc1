"""Every role times every territory: own, child, sibling, parent. What is outside does not exist."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from grids.models import Grid, IntakePoint, Post, Unit, User

pytestmark = pytest.mark.django_db

# Whose subtree reaches from where: grids that each person sees, by their names in the cast
ALL = {
    "city", "county", "other_county", "town", "other_town",
    "village", "other_village", "far_village", "cell", "next_cell",
}  # fmt: skip
VILLAGE = {"village", "cell", "next_cell"}
TOWN = VILLAGE | {"town", "other_village"}
COUNTY = TOWN | {"county", "other_town", "far_village"}
GRIDS = {
    "worker": {"cell"},
    "neighbour": {"next_cell"},
    "village_head": VILLAGE,
    "town_dispatcher": TOWN,
    "county_dispatcher": COUNTY,
    "county_leader": COUNTY,
    "county_officer": {"county"},
    "city_dispatcher": ALL,
    "city_leader": ALL,
    "supervisor": ALL,
    "administrator": ALL,
    "stranger": {"other_county"},
}
VILLAGE_UNITS = {"village_authority"}
TOWN_UNITS = VILLAGE_UNITS | {"town_authority", "other_village_authority"}
COUNTY_UNITS = TOWN_UNITS | {
    "county_authority", "other_town_authority", "far_village_authority", "urban_management", "housing", "water",
}  # fmt: skip
CITY_UNITS = COUNTY_UNITS | {
    "city_authority", "other_county_authority", "city_urban_management", "city_housing", "city_water",
}  # fmt: skip
UNITS = {
    "worker": VILLAGE_UNITS,
    "neighbour": VILLAGE_UNITS,
    "village_head": VILLAGE_UNITS,
    "town_dispatcher": TOWN_UNITS,
    "county_dispatcher": COUNTY_UNITS,
    "county_leader": COUNTY_UNITS,
    "county_officer": {"urban_management"},
    "city_dispatcher": CITY_UNITS,
    "city_leader": CITY_UNITS,
    "supervisor": CITY_UNITS,
    "administrator": CITY_UNITS,
    "stranger": {"other_county_authority"},
}
VILLAGERS = {"worker", "neighbour", "village_head"}
TOWNSMEN = VILLAGERS | {"town_dispatcher"}
COUNTYMEN = TOWNSMEN | {"county_dispatcher", "county_leader", "county_officer"}
EVERYBODY = set(GRIDS)
PEOPLE = {
    "worker": VILLAGERS,  # colleagues of one unit know each other
    "neighbour": VILLAGERS,
    "village_head": VILLAGERS,
    "town_dispatcher": TOWNSMEN,
    "county_dispatcher": COUNTYMEN,
    "county_leader": COUNTYMEN,
    "county_officer": {"county_officer"},
    "city_dispatcher": EVERYBODY,
    "city_leader": EVERYBODY,
    "supervisor": EVERYBODY,
    "administrator": EVERYBODY,
    "stranger": {"stranger"},
}


def named(cast, model, names) -> set[str]:
    """Which of the cast's rows of these names the given rows are."""
    by_pk = {getattr(cast, name).pk: name for name in names}
    return {by_pk[row.pk] for row in model}


@pytest.mark.parametrize("who", GRIDS)
def test_grids(cast, who):
    assert named(cast, Grid.objects.visible_to(getattr(cast, who)), ALL) == GRIDS[who]


@pytest.mark.parametrize("who", UNITS)
def test_units(cast, who):
    assert named(cast, Unit.objects.visible_to(getattr(cast, who)), CITY_UNITS) == UNITS[who]


@pytest.mark.parametrize("who", PEOPLE)
def test_people(cast, who):
    assert named(cast, User.objects.visible_to(getattr(cast, who)), EVERYBODY) == PEOPLE[who]


@pytest.mark.parametrize("who", PEOPLE)
def test_posts_are_those_of_the_people_one_sees(cast, who):
    seen = set(Post.objects.visible_to(getattr(cast, who)).values_list("user__username", flat=True))
    assert seen == PEOPLE[who]


@pytest.mark.parametrize("who", GRIDS)
def test_an_intake_point_is_seen_with_its_grid(cast, who):
    seen = IntakePoint.objects.visible_to(getattr(cast, who)).exists()
    assert seen == ("village" in GRIDS[who])


@pytest.mark.parametrize("model", [Grid, Unit, Post, IntakePoint, User])
def test_who_is_not_signed_in_or_not_active_sees_nothing(cast, model):
    assert not model.objects.visible_to(AnonymousUser()).exists()
    cast.city_leader.is_active = False
    assert not model.objects.visible_to(cast.city_leader).exists()


def test_a_post_that_is_over_opens_nothing(cast):
    today = timezone.localdate()
    Post.objects.filter(user=cast.town_dispatcher).update(ends_on=today)
    assert Grid.objects.visible_to(User.objects.get(pk=cast.town_dispatcher.pk)).exists()
    Post.objects.filter(user=cast.town_dispatcher).update(ends_on=today - timedelta(days=1))
    assert not Grid.objects.visible_to(User.objects.get(pk=cast.town_dispatcher.pk)).exists()


def test_a_substitute_sees_what_the_absent_sees_and_only_during_the_leave(cast):
    today = timezone.localdate()
    post = Post.objects.filter(user=cast.village_head)
    post.update(substitute=cast.stranger, leave_from=today, leave_to=today)
    stranger = User.objects.get(pk=cast.stranger.pk)
    assert named(cast, Grid.objects.visible_to(stranger), ALL) == VILLAGE | {"other_county"}
    post.update(leave_from=today - timedelta(days=2), leave_to=today - timedelta(days=1))
    stranger = User.objects.get(pk=cast.stranger.pk)
    assert named(cast, Grid.objects.visible_to(stranger), ALL) == {"other_county"}


def test_a_deactivated_unit_opens_nothing(cast):
    Unit.objects.filter(pk=cast.town_authority.pk).update(active=False)
    assert not Grid.objects.visible_to(User.objects.get(pk=cast.town_dispatcher.pk)).exists()


def test_territory_is_asked_once_a_request(cast, django_assert_num_queries):
    user = User.objects.get(pk=cast.town_dispatcher.pk)
    list(Grid.objects.visible_to(user))
    with django_assert_num_queries(1):
        list(Unit.objects.visible_to(user))
