"""Hours, wishes and alarms in the administration, and whom each step of a ladder would tell."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from cases.actors import Actor
from cases.models import Policy
from notifications.models import Alarm, Preference, TellingHours
from notifications.services import dispatch_events
from tests.cast import Cast
from tests.golden.book import moment
from tests.stories import Stories

pytestmark = pytest.mark.django_db


def test_hours_and_alarms_are_those_of_ones_territory(
    admin: Client, county_admin: Client, cast: Cast, stories: Stories
) -> None:
    for grid in (cast.city, cast.county, cast.other_county):
        TellingHours.objects.create(grid=grid)
    stories.submit(urgency="emergency")
    stories.submit(urgency="emergency", grid_id=cast.other_county.pk)
    dispatch_events()
    assert Alarm.objects.count() == 2
    for page, everywhere, own in (("tellinghours", 3, 1), ("alarm", 2, 1)):
        address = reverse(f"admin:notifications_{page}_changelist")
        assert admin.get(address).context["cl"].result_count == everywhere
        assert county_admin.get(address).context["cl"].result_count == own


def test_hours_that_leave_no_time_are_refused_at_their_field(admin: Client, cast: Cast) -> None:
    said = {"grid": cast.town.pk, "wakes_at": "07:00", "sleeps_at": "07:00", "morning_at": "08:00", "rung_minutes": "0"}
    answer = admin.post(reverse("admin:notifications_tellinghours_add"), said)
    assert set(answer.context["adminform"].form.errors) == {"sleeps_at", "rung_minutes"}
    admin.post(reverse("admin:notifications_tellinghours_add"), said | {"sleeps_at": "22:00", "rung_minutes": "3"})
    assert TellingHours.objects.get().rung_minutes == 3


def test_wishes_are_mended_within_ones_territory(county_admin: Client, cast: Cast) -> None:
    for user in (cast.village_head, cast.stranger):
        Preference.objects.create(user=user)
    page = reverse("admin:notifications_preference_change", args=[cast.village_head.pk])
    said = {"digest_minutes": "60", "account_least": "soon", "quiet_from": "22:00", "morning_list": "on"}
    assert set(county_admin.post(page, said).context["adminform"].form.errors) == {"quiet_to"}
    assert county_admin.post(page, said | {"quiet_to": "06:00"}).status_code == 302
    row = Preference.objects.get(user=cast.village_head)
    assert (row.digest_minutes, row.account_least, row.round_ups) == (60, "soon", False)
    beyond = reverse("admin:notifications_preference_change", args=[cast.stranger.pk])
    assert county_admin.get(beyond).status_code == 302, "it does not exist"


def told(client: Client, **asked: str) -> dict[str, set[str]]:
    """Names by step of the ladder for ordinary clocks, as the policy's page shows them."""
    policy = Policy.objects.filter(published_at__isnull=False).latest("pk")
    page = client.get(reverse("admin:cases_policy_change", args=[policy.pk]), asked)
    [part] = page.context["more"]
    assert not asked or part["form"].is_valid(), part["form"].errors
    ladder = next(ladder for ladder in part["ladders"] if any("escalate" in step.words for step in ladder.steps))
    return {step.words.partition(":")[0]: {person.name for person in step.people} for step in ladder.steps}


def test_a_policy_shows_whom_its_steps_would_tell(admin: Client, cast: Cast, stories: Stories) -> None:
    for asked in ({}, {"told_grid": cast.village.code}):
        steps = told(admin, **asked)
        assert steps["remind"] == {cast.village_head.name}
        assert steps["escalate"] == {cast.town_dispatcher.name, cast.village_head.name, cast.county_leader.name}
    assert told(admin, told_grid=cast.cell.code)["remind"] == {cast.village_head.name, cast.worker.name}


def test_for_a_real_case_it_is_whoever_has_it_now(admin: Client, cast: Cast, stories: Stories) -> None:
    case = stories.bring("handling")
    stories.do(case, "note", Actor.person(cast.county_officer))
    steps = told(admin, told_case=case.number)
    assert steps["remind"] == {cast.county_officer.name}
    assert steps["escalate"] == {cast.city_dispatcher.name, cast.county_officer.name, cast.city_leader.name}


def test_a_case_that_one_does_not_see_is_no_example(county_admin: Client, cast: Cast, stories: Stories) -> None:
    beyond = stories.submit(grid_id=cast.other_county.pk, at=moment("2026-11-16 10:00"))
    draft = Policy.objects.create(name="固安县", grid=cast.county)
    page = reverse("admin:cases_policy_change", args=[draft.pk])
    for asked in ({"told_case": beyond.number}, {"told_grid": cast.other_county.code}):
        [part] = county_admin.get(page, asked).context["more"]
        assert (list(part["form"].errors), part["ladders"]) == (list(asked), [])
