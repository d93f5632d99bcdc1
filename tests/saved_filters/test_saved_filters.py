"""Lists under a name: one's own, shared with a unit, and honest about what has become of them."""

from __future__ import annotations

from typing import Any

import pytest

from cases.models import Category, SavedFilter
from tests.api.conftest import Caller, fields_of
from tests.stories import Stories

pytestmark = pytest.mark.django_db
LATE = {"name": "超期路灯", "query": {"overdue": "true", "status": ["accepted", "dispatched"], "search": "路灯"}}


def names(caller: Caller) -> list[str]:
    return [row["name"] for row in caller.get("/saved-filters/").json()["results"]]


def test_ones_own_list_leads_to_the_cases_and_is_nobody_elses(stories: Stories, dispatcher: Caller) -> None:
    kept = dispatcher.post("/saved-filters/", {"name": "路灯", "query": {"search": "路灯"}}).json()
    assert (kept["changeable"], kept["problems"], kept["unit"]) == (True, {}, None)
    case = stories.submit()
    assert [row["number"] for row in dispatcher.client.get(kept["url"]).json()["results"]] == [case.number]
    other = Caller(stories.cast.county_leader)
    assert names(other) == []
    for ask in (other.client.get, other.client.delete, other.client.patch):
        assert ask(f"/api/v1/saved-filters/{kept['id']}/").status_code == 404


def test_a_list_shared_with_a_unit_is_everybodys_there(stories: Stories, dispatcher: Caller) -> None:
    cast = stories.cast
    leader, worker = Caller(cast.county_leader), Caller(cast.worker)
    kept = dispatcher.post("/saved-filters/", LATE | {"unit": cast.county_authority.pk}).json()
    assert names(leader) == [LATE["name"]] and names(worker) == []
    path = f"/api/v1/saved-filters/{kept['id']}/"
    changed = leader.client.patch(path, {"name": "超期"}, format="json").json()
    assert changed["name"] == "超期" and changed["query"] == LATE["query"]
    assert dispatcher.post("/saved-filters/", LATE | {"unit": cast.city_authority.pk}).status_code == 403
    assert leader.client.delete(path).status_code == 204
    assert names(dispatcher) == []


def test_who_keeps_no_order_in_a_unit_changes_nothing_that_others_share(stories: Stories) -> None:
    cast = stories.cast
    head, worker = Caller(cast.village_head), Caller(cast.worker)
    kept = head.post("/saved-filters/", LATE | {"unit": cast.village_authority.pk}).json()
    path = f"/api/v1/saved-filters/{kept['id']}/"
    assert worker.client.get(path).json()["changeable"] is False
    assert worker.client.patch(path, {"name": "x"}, format="json").status_code == 403
    assert worker.client.delete(path).status_code == 403


def test_a_list_that_cannot_be_is_refused(stories: Stories, dispatcher: Caller) -> None:
    dispatcher.post("/saved-filters/", LATE)
    said: list[tuple[dict[str, Any], str]] = [
        ({}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "b", "query": {}}, "query"),
        ({"name": "b", "query": {"stauts": "x"}}, "stauts"),
        ({"name": "b", "query": {"category": "nothing"}}, "category"),
        ({"name": "b", "query": "x"}, "query"),
        ({"name": "b", "more": 1}, "more"),
    ]
    for wrong, field in said:
        answer = dispatcher.post("/saved-filters/", LATE | wrong)
        assert answer.status_code == 400 and fields_of(answer) == {field}, (wrong, answer.content)
    assert SavedFilter.objects.count() == 1


def test_a_list_whose_category_is_gone_says_so(stories: Stories, dispatcher: Caller) -> None:
    category = Category.objects.add_root({"code": "99", "name": "其他"})
    dispatcher.post("/saved-filters/", {"name": "其他", "query": {"category": "99"}})
    category.delete()
    (kept,) = dispatcher.get("/saved-filters/").json()["results"]
    assert set(kept["problems"]) == {"category"}
    assert dispatcher.client.get(kept["url"]).status_code == 400
