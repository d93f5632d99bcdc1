"""Registers: what rests and what was ordered, for those who see the cases, by place, unit and lateness."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from cases.actors import Actor
from cases.choices import Status
from cases.models import Case, Deadline, Suspension
from tests.stories import Stories


def ask(stories: Stories, who: str, path: str, **query: Any) -> list[dict[str, Any]]:
    client = APIClient()
    client.force_login(getattr(stories.cast, who))
    answer = client.get(f"/api/v1/{path}/", query)
    assert answer.status_code == 200, answer.json()
    rows: list[dict[str, Any]] = answer.json()["results"]
    return rows


@pytest.fixture
def rests(stories: Stories) -> Case:
    return stories.bring(Status.SUSPENDED)


@pytest.fixture
def ordered(stories: Stories) -> Case:
    return stories.do(stories.bring(Status.HANDLING), "supervise")


def test_a_suspended_case_stands_in_the_register_until_it_goes_on(stories: Stories, rests: Case) -> None:
    (row,) = ask(stories, "supervisor", "suspensions")
    assert (row["case"], row["unit"]["name"], row["reason"]) == (rests.number, "固安县城市管理局", "待规划批复")
    assert (row["decider"]["name"], row["overdue"]) == ("廊坊市社会治理中心", False)
    stories.do(rests, "resume")
    assert ask(stories, "supervisor", "suspensions") == []


def test_the_register_comes_by_review_date_a_page_at_a_time(stories: Stories, rests: Case) -> None:
    other = stories.bring(Status.HANDLING)
    other = stories.do(other, "request_suspension", review_on=timezone.localdate() + timedelta(days=3))
    other = stories.do(other, "decide_suspension")
    client = APIClient()
    client.force_login(stories.cast.supervisor)
    first = client.get("/api/v1/suspensions/", {"page_size": 1}).json()
    second = client.get(first["next"]).json()
    assert [row["case"] for row in (*first["results"], *second["results"])] == [other.number, rests.number]
    assert second["next"] is None


def test_what_should_have_been_looked_at_again_is_found(stories: Stories, rests: Case) -> None:
    assert ask(stories, "supervisor", "suspensions", overdue="true") == []
    Suspension.objects.update(review_at=timezone.now() - timedelta(days=1))
    (row,) = ask(stories, "supervisor", "suspensions", overdue="true")
    assert row["overdue"] is True
    assert ask(stories, "supervisor", "suspensions", overdue="false") == []


@pytest.mark.parametrize("path", ["suspensions", "supervision-orders"])
def test_registers_are_narrowed_by_place_and_unit(stories: Stories, rests: Case, ordered: Case, path: str) -> None:
    cast = stories.cast
    assert len(ask(stories, "city_leader", path, grid=cast.town.code)) == 1
    assert ask(stories, "city_leader", path, grid=cast.other_town.code) == []
    assert len(ask(stories, "city_leader", path, unit=cast.urban_management.pk)) == 1
    assert ask(stories, "city_leader", path, unit=cast.housing.pk) == []


@pytest.mark.parametrize("path", ["suspensions", "supervision-orders"])
def test_who_does_not_see_the_case_does_not_see_it_in_a_register(
    stories: Stories, rests: Case, ordered: Case, path: str
) -> None:
    seen = {
        "worker": 1, "neighbour": 0, "village_head": 1, "town_dispatcher": 1, "county_officer": 1, "county_leader": 1,
        "city_leader": 1, "supervisor": 1, "administrator": 1, "stranger": 0,
    }  # fmt: skip
    assert {who: len(ask(stories, who, path)) for who in seen} == seen


@pytest.mark.parametrize("path", ["suspensions", "supervision-orders"])
def test_bad_filters_are_refused_by_name(stories: Stories, path: str) -> None:
    client = APIClient()
    client.force_login(stories.cast.supervisor)
    for wrong in (
        {"unit": "x"},
        {"grid": "000000000000"},
        {"overdue": "perhaps"},
        {"ordering": "title"},
        {"what": "1"},
    ):
        answer = client.get(f"/api/v1/{path}/", wrong)
        assert answer.status_code == 400 and set(wrong) <= set(str(answer.json()).replace("'", " ").split()), wrong


def test_orders_are_found_by_state_listing_and_lateness(stories: Stories, ordered: Case) -> None:
    (row,) = ask(stories, "supervisor", "supervision-orders", state="open", listed="false", overdue="false")
    assert (row["case"], row["state"], row["issuer"]["name"]) == (ordered.number, "open", "廊坊市社会治理中心")
    assert row["due_at"] is not None
    assert ask(stories, "supervisor", "supervision-orders", listed="true") == []
    Deadline.objects.filter(kind="supervise").update(due_at=timezone.now() - timedelta(hours=1))
    assert len(ask(stories, "supervisor", "supervision-orders", overdue="true")) == 1
    stories.do(ordered, "answer_supervision", Actor.person(stories.cast.county_officer))
    (row,) = ask(stories, "supervisor", "supervision-orders", state="answered")
    assert (row["reply"], row["due_at"]) == ("已安排专人办理", None)
    assert ask(stories, "supervisor", "supervision-orders", overdue="true") == []


def test_the_register_is_a_table_too_without_the_words_of_who_asked_for_secrecy(stories: Stories, rests: Case) -> None:
    Case.objects.filter(pk=rests.pk).update(secret=True)
    client = APIClient()
    client.force_login(stories.cast.supervisor)
    answer: Any = client.get("/api/v1/suspensions/export.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    (line,) = csv.DictReader(io.StringIO(text))
    assert (line["number"], line["title"], line["unit"]) == (rests.number, "", "固安县城市管理局")
    assert date.fromisoformat(line["review_at"][:10]) > timezone.localdate()


def test_the_case_s_file_shows_what_was_asked_and_ordered(stories: Stories, rests: Case, ordered: Case) -> None:
    client = APIClient()
    client.force_login(stories.cast.supervisor)
    file = client.get(f"/api/v1/cases/{rests.number}/").json()
    assert [row["state"] for row in file["suspensions"]] == ["granted"] and file["suspended_until"]
    names = {action["name"] for action in file["available_actions"]}
    assert "check_supervision" not in names and "supervise" in names
    file = client.get(f"/api/v1/cases/{ordered.number}/").json()
    assert [row["text"] for row in file["supervision_orders"]] == ["三日内报告办理情况"]


def test_actions_are_offered_where_something_waits_for_them(stories: Stories) -> None:
    case = stories.bring(Status.HANDLING)

    def offered(who: str) -> set[str]:
        client = APIClient()
        client.force_login(getattr(stories.cast, who))
        return {a["name"] for a in client.get(f"/api/v1/cases/{case.number}/").json()["available_actions"]}

    assert {"request_extension", "request_suspension"} <= offered("county_officer")
    assert not {"decide_extension", "decide_suspension"} & offered("city_dispatcher")
    case = stories.do(case, "request_extension")
    assert "request_extension" not in offered("county_officer")
    assert "decide_extension" in offered("city_dispatcher")
    case = stories.do(case, "decide_extension")
    assert "request_extension" not in offered("county_officer")


def test_the_page_of_a_case_asks_for_days_and_dates_and_shows_what_was_asked(stories: Stories) -> None:
    case = stories.bring(Status.HANDLING)
    officer, above = Client(), Client()
    officer.force_login(stories.cast.county_officer)
    above.force_login(stories.cast.city_dispatcher)
    page = officer.get(reverse("case-page", args=[case.number])).content.decode()
    assert 'id="request_extension-days"' in page and 'type="number"' in page and 'type="date"' in page
    act = reverse("case-act", args=[case.number, "request_extension"])
    refused = officer.post(act, {"days": "many", "reason": "等配件", "version": case.events.count()})
    assert refused.status_code == 400
    done = officer.post(act, {"days": "1.5", "reason": "等配件", "version": case.events.count()})
    assert done.status_code == 302
    assert case.extension_requests.get().minutes == 630
    decide = reverse("case-act", args=[case.number, "decide_extension"])
    assert above.post(decide, {"granted": "true", "days": "", "note": ""}).status_code == 302
    assert "等配件" in above.get(reverse("case-page", args=[case.number])).content.decode()
