"""What was ruled once is proposed the next time, with the reason, until something newer or nearer was ruled."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from cases.actors import Actor
from cases.choices import Status
from cases.models import Case, Category, Precedent, RoutingRule
from cases.routing import propose
from tests.stories import Stories


@pytest.fixture
def lamps(db: None) -> Category:
    return Category.objects.add_root(
        instance=Category(code="01", name="路灯", unit_kind="urban_management", lead_level="county")
    )


def ruled(stories: Stories, lead: Any, at: datetime | None = None, **said: Any) -> Case:
    case = stories.bring(Status.ACCEPTED, at, **said)
    return stories.do(case, "rule", Actor.person(stories.cast.city_dispatcher), lead=lead, at=at)


def test_a_ruling_is_proposed_the_next_time_and_says_why(stories: Stories, lamps: Category) -> None:
    cast = stories.cast
    RoutingRule.objects.create(grid=cast.village, category=lamps, unit=cast.water)
    case = ruled(stories, cast.housing, category_id=lamps.pk)
    kept = Precedent.objects.get()
    assert (kept.category, kept.grid, kept.unit, kept.case) == (lamps, cast.county, cast.housing, case)
    assert (kept.reason, kept.ruled_by) == ("职责清单第 3 条", cast.city_dispatcher)
    proposal = propose(cast.cell.path, lamps.pk)
    assert proposal.unit_id == cast.housing.pk
    day = f"{timezone.localtime(kept.ruled_at):%Y-%m-%d}"
    assert proposal.why == f"precedent: ruled in case {case.number} on {day}: 职责清单第 3 条"


def test_it_holds_for_what_lies_below_and_nowhere_beside(stories: Stories, lamps: Category) -> None:
    cast = stories.cast
    broken = Category.objects.add_child(lamps, instance=Category(code="0101", name="灯杆倾斜", unit_kind="housing"))
    ruled(stories, cast.housing, category_id=lamps.pk)
    assert propose(cast.far_village.path, broken.pk).unit_id == cast.housing.pk
    assert propose(cast.other_county.path, lamps.pk).unit_id == cast.city_urban_management.pk
    assert propose(cast.cell.path, None).unit_id == cast.town_authority.pk


def test_the_nearest_grid_wins_then_the_nearest_category_then_the_newest(stories: Stories, lamps: Category) -> None:
    cast = stories.cast
    broken = Category.objects.add_child(lamps, instance=Category(code="0101", name="灯杆倾斜"))
    case, now = stories.submit(), timezone.now()
    plan = [
        (cast.city, lamps, cast.city_housing, 0),
        (cast.county, lamps, cast.housing, 0),
        (cast.county, lamps, cast.urban_management, 1),
        (cast.county, broken, cast.water, -1),
        (cast.village, lamps, cast.village_authority, -2),
    ]
    for grid, category, unit, minutes in plan:
        Precedent.objects.create(
            grid=grid, category=category, unit=unit, case=case, reason="x", ruled_at=now + timedelta(minutes=minutes)
        )
    assert propose(cast.cell.path, broken.pk).unit_id == cast.village_authority.pk
    assert propose(cast.far_village.path, broken.pk).unit_id == cast.water.pk
    assert propose(cast.far_village.path, lamps.pk).unit_id == cast.urban_management.pk
    assert propose(cast.other_county.path, lamps.pk).unit_id == cast.city_housing.pk


def test_a_newer_ruling_for_another_unit_ends_the_older_one(stories: Stories, lamps: Category) -> None:
    cast = stories.cast
    ruled(stories, cast.housing, category_id=lamps.pk)
    ruled(stories, cast.urban_management, category_id=lamps.pk)
    assert list(Precedent.objects.order_by("pk").values_list("unit", "active")) == [
        (cast.housing.pk, False),
        (cast.urban_management.pk, True),
    ]
    assert propose(cast.cell.path, lamps.pk).unit_id == cast.urban_management.pk


def test_a_unit_that_no_longer_serves_is_not_proposed(stories: Stories, lamps: Category) -> None:
    cast = stories.cast
    ruled(stories, cast.housing, category_id=lamps.pk)
    cast.housing.active = False
    cast.housing.save()
    assert propose(cast.cell.path, lamps.pk).unit_id == cast.urban_management.pk


def test_a_ruling_without_a_category_binds_this_case_only(stories: Stories) -> None:
    assert ruled(stories, stories.cast.housing).binding
    assert not Precedent.objects.exists()


def test_a_long_reason_is_shortened(stories: Stories, lamps: Category) -> None:
    case = stories.bring(Status.ACCEPTED, category_id=lamps.pk)
    city = Actor.person(stories.cast.city_dispatcher)
    stories.do(case, "rule", city, lead=stories.cast.housing, reason="理由\n" * 500)
    why = propose(stories.cast.cell.path, lamps.pk).why
    assert len(why) < 200 and why.endswith("…") and "\n" not in why


def test_an_administrator_takes_a_precedent_out_of_use(stories: Stories, lamps: Category, client: Any) -> None:
    cast = stories.cast
    case = ruled(stories, cast.housing, category_id=lamps.pk)
    kept = Precedent.objects.get(case=case)
    client.force_login(cast.administrator)
    assert case.number in client.get("/admin/cases/precedent/").content.decode()
    page = f"/admin/cases/precedent/{kept.pk}/change/"
    assert client.get(page).status_code == 200
    assert client.post(page, {"reason": "改了"}).status_code == 302  # an unticked box is not sent
    kept.refresh_from_db()
    assert (kept.active, kept.reason) == (False, "职责清单第 3 条")
    assert propose(cast.cell.path, lamps.pk).unit_id == cast.urban_management.pk
    assert client.get("/admin/cases/precedent/add/").status_code == 403
    for model in ("whistle", "peerrating"):
        assert client.get(f"/admin/cases/{model}/").status_code == 200
        assert client.get(f"/admin/cases/{model}/add/").status_code == 403
