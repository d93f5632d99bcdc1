"""The sweep wakes itself for what comes due before beat comes again: soon, boundedly, and without remembering."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases.choices import Status
from cases.models import Case, Deadline
from cases.services import sweep
from cases.services.sweep import gaps_between_beats, next_wake_up
from cases.services.sweep.waking import GAP
from grids.models import User
from tests.stories import Stories


def test_nothing_due_soon_wakes_nobody() -> None:
    assert next_wake_up(None, gaps_between_beats(2.0)) is None
    assert next_wake_up(timedelta(seconds=2), gaps_between_beats(2.0)) is None


def test_what_is_due_before_the_next_beat_is_woken_for_at_its_moment() -> None:
    wake_up = next_wake_up(timedelta(seconds=1.1), gaps_between_beats(2.0))
    assert wake_up is not None and wake_up.countdown == 1.1


def test_what_is_due_at_once_waits_for_a_gap_so_that_one_sweep_serves_many() -> None:
    wake_up = next_wake_up(timedelta(0), gaps_between_beats(2.0))
    assert wake_up is not None and wake_up.countdown == GAP


@pytest.mark.parametrize("wait", [0.0, 0.01, 0.3, 0.6])
def test_a_chain_ends_with_its_beat_even_where_each_wake_up_comes_at_once(wait: float) -> None:
    gaps, calls, waited = gaps_between_beats(2.0), 0, 0.0
    while (wake_up := next_wake_up(timedelta(seconds=wait), gaps)) is not None:
        gaps, calls, waited = wake_up.gaps, calls + 1, waited + wake_up.countdown
    assert 0 < calls <= 2.0 / GAP
    assert waited <= 2.0


def test_a_sweep_that_took_all_the_time_between_two_beats_leaves_the_rest_to_the_next_one() -> None:
    assert next_wake_up(timedelta(0), gaps_between_beats(2.0), took=1.9) is None


def test_a_sweep_whose_time_is_over_before_all_is_fired_calls_nobody(stories: Stories) -> None:
    stories.submit(timezone.now() - timedelta(days=30))
    swept = sweep(seconds=-1)
    assert (swept.fired, swept.wait) == (0, None)
    assert sweep(seconds=60).fired > 0


def test_a_sweep_tells_how_long_it_is_until_the_next_step(stories: Stories) -> None:
    stories.submit()
    first = Deadline.objects.order_by("fire_at").values_list("fire_at", flat=True)[0]
    swept = sweep()
    assert first and swept.wait is not None
    assert abs(first - timezone.now() - swept.wait) < timedelta(seconds=30)


@pytest.mark.django_db
def test_an_empty_city_wakes_nobody() -> None:
    assert sweep().wait is None


def test_how_many_are_set_aside_is_said_where_readiness_is_asked_for(stories: Stories, client: Client) -> None:
    case = stories.bring(Status.SUBMITTED)
    Deadline.objects.filter(case=case).update(fire_at=None, fire_step=None, error="IntegrityError: …")
    assert client.get("/readyz").json()["deadlines_set_aside"] == 1


def test_the_administration_lists_what_was_set_aside_and_has_it_tried_again(stories: Stories, client: Client) -> None:
    aside, other = stories.submit(), stories.submit()
    Deadline.objects.filter(case=aside).update(fire_at=None, fire_step=None, error="IntegrityError: …")
    client.force_login(User.objects.create_superuser(username="root", password="root-root", name="根"))
    page = reverse("admin:cases_deadline_changelist")
    listed = client.get(page).content.decode()
    assert aside.number in listed and other.number not in listed
    assert other.number in client.get(page, {"set_aside": "0"}).content.decode()
    chosen = {"action": "retry", "_selected_action": list(Deadline.objects.values_list("pk", flat=True))}
    answer = client.post(page, chosen, follow=True).content.decode()
    assert "deadlines in line again: 1" in answer
    assert Deadline.objects.get(case=aside).fire_at is not None
    assert Case.objects.get(pk=aside.pk).version == aside.version
