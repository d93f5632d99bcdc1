"""On the page of the list: a search, saved lists, the ledger, and one action over a selection."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.test import Client

from cases.models import Case, Job, SavedFilter
from cases.services.jobs import run_jobs, taking
from tests.portal.reading import listed, text_of
from tests.stories import Stories

pytestmark = pytest.mark.django_db
Browser = Callable[[str], Client]


def test_a_search_narrows_the_list_and_stays_in_its_address(stories: Stories, browser: Browser) -> None:
    pipe, lamp = stories.submit(title="水管漏水", text="水管"), stories.submit()
    client = browser("county_dispatcher")
    page = text_of(client.get("/desk/", {"queue": "all", "search": "水管"}))
    assert listed(page) == {pipe.number}
    assert f"queue=all&amp;search={quote('水管')}&amp;case={pipe.number}" in page and 'value="水管"' in page
    nothing = text_of(client.get("/desk/", {"queue": "all", "search": "井盖"}))
    assert listed(nothing) == set() and "井盖" in nothing
    refused = text_of(client.get("/desk/", {"queue": "all", "search": "的"}))
    assert 'role="alert"' in refused and lamp.number not in refused


def test_a_list_is_saved_shown_among_the_queues_and_deleted(stories: Stories, browser: Browser) -> None:
    pipe = stories.submit(title="水管漏水", text="水管")
    stories.submit()
    client = browser("county_dispatcher")
    unit = stories.cast.county_authority.pk
    kept = client.post("/filters/", {"name": "水管", "query": f"search={quote('水管')}", "unit": str(unit)})
    row = SavedFilter.objects.get()
    assert kept["Location"] == f"/desk/?saved={row.pk}"
    page = text_of(browser("county_leader").get("/desk/", {"saved": row.pk}))
    assert "★ 水管" in page and listed(page) == {pipe.number}
    assert client.post("/filters/", {"name": "", "query": "search=x"}).status_code == 400
    assert browser("stranger").post(f"/filters/{row.pk}/delete/").status_code == 404
    SavedFilter.objects.update(query={"category": "gone"})
    assert "does not hold any more" in text_of(client.get("/desk/", {"saved": row.pk}))
    assert client.post(f"/filters/{row.pk}/delete/").status_code == 302
    assert not SavedFilter.objects.exists()


def test_the_ledger_comes_at_once_or_as_a_job(
    stories: Stories, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    stories.submit()
    client = browser("county_dispatcher")
    answer = client.post("/cases/ledger/", {"query": "open=true"})
    assert answer.status_code == 200 and "cases-" in answer["Content-Disposition"]
    monkeypatch.setattr(taking, "SHORT", 0)
    asked = client.post("/cases/ledger/", {"query": "open=true"})
    page = text_of(client.get(asked["Location"]))
    assert 'http-equiv="refresh"' in page
    run_jobs()
    page = text_of(client.get(asked["Location"]))
    assert 'http-equiv="refresh"' not in page
    address = re.search(r'href="(http[^"]*/job-files/[^"]+)"', page)
    assert address and client.get(address[1]).status_code == 200
    assert asked["Location"] in text_of(client.get("/jobs/"))
    assert browser("city_leader").get(asked["Location"]).status_code == 404
    assert client.post("/cases/ledger/", {"query": "statsu=x"}).status_code == 400


def test_a_selection_is_asked_once_and_shows_what_became_of_each(stories: Stories, browser: Browser) -> None:
    fit, over = stories.submit(), stories.bring("withdrawn")
    hidden = stories.submit(grid_id=stories.cast.other_county.pk, lon=None, lat=None)
    client = browser("county_dispatcher")
    form = text_of(client.get("/cases/selection/", {"action": "urge", "case": [fit.number, over.number]}))
    hidden_fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)
    said: dict[str, list[str]] = {}
    for name, value in hidden_fields:
        said.setdefault(name, []).append(value)
    assert client.post("/cases/selection/", said | {"note": [""]}).status_code == 400
    first, second = (client.post("/cases/selection/", said | {"note": ["请尽快"]}) for _ in range(2))
    assert first["Location"] == second["Location"]
    page = text_of(client.get(first["Location"]))
    assert fit.number in page and over.number in page and "refused" in page
    assert Case.objects.get(pk=fit.pk).urges == 1 and Job.objects.count() == 1
    for wrong in ({"action": "close", "case": [fit.number]}, {"action": "urge"}):
        assert client.get("/cases/selection/", wrong).status_code == 400
    assert client.get("/cases/selection/", {"action": "urge", "case": [hidden.number]}).status_code == 400
    assert client.get("/cases/selection/", {"action": "dispatch", "case": [fit.number]}).status_code == 200


def test_a_small_selection_is_done_at_once_and_each_row_says_what_became_of_it(
    stories: Stories, browser: Browser
) -> None:
    fit, over = stories.submit(), stories.bring("withdrawn")
    said = {"action": "urge", "case": [fit.number, over.number], "note": "请尽快", "key": "k"}
    pane = {"hx-request": "true", "hx-target": "pane"}
    page = text_of(browser("county_dispatcher").post("/cases/selection/", said, headers=pane, follow=True))
    assert page.lstrip().startswith('<section id="pane"') and "http-equiv" not in page
    assert fit.number in page and over.number in page and "refused" in page
    assert Case.objects.get(pk=fit.pk).urges == 1 and Job.objects.get().state == "done"


def test_without_an_account_list_tools_lead_to_signing_in(stories: Stories) -> None:
    for path in ("/jobs/", "/jobs/1/", "/cases/selection/"):
        assert Client().get(path).status_code == 302
    for path in ("/filters/", "/filters/1/delete/", "/cases/ledger/", "/cases/selection/"):
        assert Client().post(path).status_code == 302
