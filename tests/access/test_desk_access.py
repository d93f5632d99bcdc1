"""The desk's addresses, role by role: each shows one's own territory and below, and nothing besides. A new one fails
here until somebody has said who may ask it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases.models import Case
from portal.console.urls import urlpatterns
from tests.access.test_access import PLACES, TERRITORY, seen_by
from tests.stories import Stories

pytestmark = pytest.mark.django_db

ONE_CASE = {"desk-map", "print-work-order", "print-supervision"}
LISTS = {"desk"}
ONES_OWN = {"desk-pulse", "desk-call"}
"""Counts of what one sees; the form of whoever takes a call, which reads back what they logged themselves."""
FINDING = {"desk-units", "desk-places", "desk-categories", "desk-caller", "desk-alike"}
"""Names of grids and categories are no secret; units and cases are those that one sees: tests/desk."""
LOOKING_BACK = {"desk-look-backs", "desk-look-back", "desk-look-back-draw", "desk-look-back-check"}
"""Who watches over the unit: tests/desk/test_look_back_pages.py."""
BY_POST = {"desk-caller", "desk-alike", "desk-look-back-draw", "desk-look-back-check"}


def test_every_address_of_the_desk_has_said_who_may_ask_it() -> None:
    assert {pattern.name for pattern in urlpatterns} == ONE_CASE | LISTS | ONES_OWN | FINDING | LOOKING_BACK


def path_of(name: str, number: str = "1310-20260101-000001") -> str:
    pattern = next(one for one in urlpatterns if one.name == name)
    said = {"number": number, "pk": "1", "position": "1"}
    return reverse(name, kwargs={key: said[key] for key in pattern.pattern.regex.groupindex})


def test_without_an_account_the_desk_leads_to_signing_in_and_its_pulse_says_so(db: None) -> None:
    client = Client()
    for pattern in urlpatterns:
        name = str(pattern.name)
        answer = client.post(path_of(name)) if name in BY_POST else client.get(path_of(name))
        if name == "desk-pulse":
            assert answer.status_code == 401
        else:
            assert answer.status_code == 302 and answer["Location"].startswith("/sign-in/"), name


@pytest.fixture
def world(stories: Stories) -> dict[str, Case]:
    """A case in every grid of the cast; its lead is the village's authority, so that each has a paper to print."""
    cases = {place: stories.submit(grid_id=getattr(stories.cast, place).pk) for place in sorted(PLACES)}
    unit = stories.cast.city_authority.pk
    Case.objects.update(lead_unit=unit, status="dispatched", accepted_at=timezone.now())
    return cases


@pytest.mark.parametrize("who", TERRITORY)
def test_the_desk_shows_ones_own_territory_and_below_and_nothing_else(
    stories: Stories, world: dict[str, Case], who: str
) -> None:
    client, seen = Client(), seen_by(who)
    client.force_login(getattr(stories.cast, who))
    shown = client.get(reverse("desk"), {"queue": "all"}).content.decode()
    for place, case in world.items():
        number, there = case.number, place in seen
        assert (f'data-number="{number}"' in shown) == there, place
        for name in ("desk-map", "print-work-order"):
            assert client.get(path_of(name, number)).status_code == (200 if there else 404), (place, name)
        assert client.get(path_of("print-supervision", number)).status_code == 404
        pane: Any = client.get(reverse("desk"), {"case": number}, headers={"hx-request": "true", "hx-target": "pane"})
        assert (pane.status_code, case.title in pane.content.decode()) == ((200, True) if there else (404, False)), (
            place
        )
        version = client.get(reverse("desk-pulse"), {"case": number}).json()["case"]
        assert version == (1 if there else None), place
