"""The search box of each list: it answers whatever is typed, finds its row by each of its fields and nobody's beyond
one's territory, and costs a few queries."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin as administration
from django.contrib.admin import ModelAdmin
from django.db import connection
from django.db.models import Model
from django.test import Client, RequestFactory, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from knox.models import AuthToken

from cases.choices import Status
from cases.models import Category, Patrol, Precedent, RoutingRule, SavedFilter
from cases.services.jobs import ask_export
from cases.services.publishing import publish, read_promises
from grids.acting import acting
from grids.calendars import fill_calendar
from grids.models import Unit, User
from grids.services import rename_grid
from notifications.services import dispatch_events
from tests.administration.conftest import signed_in, staff
from tests.stories import DATA, Stories

pytestmark = pytest.mark.django_db
MOST_QUERIES = 18
TYPED = ("路灯", "1'\"; -- %" + "x" * 100, "\0")
SHARED = {"cases.Category", "auth.Group"}
"""The same for every city."""


def searched() -> dict[str, ModelAdmin[Any]]:
    """Every list with a search box."""
    return {model._meta.label: one for model, one in administration.site._registry.items() if one.search_fields}


@pytest.fixture
def everything(stories: Stories) -> Stories:
    """In the county a row of every kind that can be searched; in the other county none of them."""
    cast = stories.cast
    for action in ("whistle", "request_extension", "request_suspension", "supervise", "rate_co_handler"):
        stories.do(stories.bring_for(action, Status.HANDLING), action)
    stories.prepare(stories.bring_for("look_back", Status.CLOSED), "look_back")
    leaf = Category.objects.add_root({"code": "01", "name": "路灯", "name_en": "Street lights"})
    RoutingRule.objects.create(grid=cast.county, category=leaf, unit=cast.urban_management)
    ruled = stories.submit(category_id=leaf.pk)
    said = {"grid": cast.county, "unit": cast.urban_management, "reason": "职责清单", "ruled_at": ruled.submitted_at}
    Precedent.objects.create(category=leaf, case=ruled, ruled_by=cast.city_dispatcher, **said)
    publish(read_promises((DATA / "policy.toml").read_text()), grid=cast.county)
    type(cast.intake_point).objects.update(address="文化广场")
    fill_calendar(cast.county, [2026])
    with acting(cast.county_officer, "admin"):
        rename_grid(cast.town, "固安街道")
    User.objects.filter(pk=cast.county_officer.pk).update(phone="+8613800138000", email="officer@example.org")
    AuthToken.objects.create(cast.county_officer)
    ask_export(cast.county_leader, {})
    stories.do(stories.bring("closed"), "publish")
    moment = {"at": ruled.submitted_at, "recorded_at": ruled.submitted_at}
    Patrol.objects.create(user=cast.worker, unit=cast.urban_management, grid=cast.cell, case=ruled, **moment)
    SavedFilter.objects.create(name="本周", owner=cast.county_leader)
    dispatch_events()
    return stories


def said_by(row: Model, field: str) -> str:
    """What somebody would type to find this row by this field; empty where the row has nothing there."""
    value: Any = row
    for part in field.lstrip("=^@").split("__"):
        value = value if part == "startswith" else getattr(value, part, None)
    return str(value or "")


def first_row(one: ModelAdmin[Any], user: User, field: str) -> tuple[Model, str] | None:
    """A row that has something in this field, and what somebody would type for it."""
    request = RequestFactory().get("/")
    request.user = user
    found = ((row, said_by(row, field)) for row in one.get_queryset(request))
    return next((pair for pair in found if pair[1]), None)


def ask(client: Client, one: ModelAdmin[Any], said: str) -> Any:
    """The answer; the list of clocks shows those set aside unless all are asked for."""
    query = {"q": said} | ({"set_aside": "0"} if one.opts.label == "cases.Deadline" else {})
    return client.get(reverse(f"admin:{one.opts.app_label}_{one.opts.model_name}_changelist"), query)


def keys_of(answer: Any) -> list[Any]:
    return [row.pk for row in answer.context["cl"].result_list]


def test_each_search_finds_its_row_and_nobody_elses(everything: Stories) -> None:
    own = staff(everything.cast.county_leader)
    here, beyond = signed_in(own), signed_in(staff(everything.cast.stranger))
    missed = []
    for label, one in searched().items():
        if label == "auth.Group":
            continue
        for field in one.search_fields:
            known = first_row(one, own, field)
            if known is None:
                assert one.opts.app_label == "notifications", f"make a row of {label} with {field} above"
                continue  # of telling people there is here what the cases above led to
            row, said = known
            if row.pk not in keys_of(ask(here, one, said)):
                missed.append(f"{label}: {field} does not find {said}")
            if label not in SHARED and row.pk in keys_of(ask(beyond, one, said)):
                missed.append(f"{label}: {field} finds {said} of another county")
    assert missed == []


def test_each_search_answers_whatever_is_typed_and_in_a_few_queries(everything: Stories) -> None:
    own = signed_in(staff(everything.cast.county_leader))
    costs = {}
    with override_settings(SNAPSHOT_CHECK_SECONDS=3600):
        own.get(reverse("admin:cases_case_changelist"))  # what is remembered between requests
        for label, one in searched().items():
            for said in TYPED:
                with CaptureQueriesContext(connection) as captured:
                    assert ask(own, one, said).status_code == 200, (label, said)
                costs[label, said] = len(captured)
    assert {place: cost for place, cost in costs.items() if cost > MOST_QUERIES} == {}


def test_a_choice_is_searched_within_ones_territory_and_a_page_at_a_time(everything: Stories) -> None:
    cast = everything.cast
    Unit.objects.bulk_create(Unit(grid=cast.town, kind="police", name=f"警务室{number}") for number in range(60))
    own = signed_in(staff(cast.county_leader))
    said = {"app_label": "grids", "model_name": "post", "field_name": "unit", "term": "警务室"}
    with CaptureQueriesContext(connection) as captured:
        answer = own.get(reverse("admin:autocomplete"), said).json()
    assert len(answer["results"]) == 20 and answer["pagination"]["more"]
    assert [q["sql"] for q in captured.captured_queries if "COUNT(" in q["sql"] and "LIMIT" not in q["sql"]] == []
    beyond = signed_in(staff(cast.stranger))
    assert beyond.get(reverse("admin:autocomplete"), said).json()["results"] == []
