"""One action over a selection: each case by the table, in a transaction of its own, with a result, and never twice."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection, transaction

from cases.actors import Actor
from cases.choices import EventKind
from cases.errors import BadInput
from cases.models import Case, CaseEvent, Category, Job
from cases.services.jobs import ask_bulk, run_jobs, running, selection, taking
from tests.api.conftest import Caller, fields_of
from tests.stories import Stories

pytestmark = pytest.mark.django_db
KEY = {"Idempotency-Key": "once"}


def results_of(caller: Caller, job: int) -> list[tuple[str, str]]:
    rows = caller.get(f"/jobs/{job}/results/").json()["results"]
    return [(row["number"], row["state"]) for row in rows]


def test_each_case_is_done_or_refused_with_its_reason(stories: Stories, dispatcher: Caller) -> None:
    fit, other, over = stories.bring("accepted"), stories.bring("accepted"), stories.bring("withdrawn")
    said = {"action": "dispatch", "cases": [over.number, fit.number, other.number, fit.number]}
    said["inputs"] = {"lead": stories.cast.urban_management.pk, "note": "请今日到场"}
    asked = dispatcher.post("/cases/bulk/", said, **KEY)
    assert asked.status_code == 202 and asked.json()["total"] == 3
    assert run_jobs() == 3
    job = dispatcher.get(f"/jobs/{asked.json()['id']}/").json()
    assert (job["state"], job["done"], job["total"]) == ("done", 3, 3)
    assert results_of(dispatcher, job["id"]) == [
        (over.number, "refused"), (fit.number, "done"), (other.number, "done"),
    ]  # fmt: skip
    refused = dispatcher.get(f"/jobs/{job['id']}/results/").json()["results"][0]
    assert "withdrawn" in refused["reason"]
    assert Case.objects.get(pk=fit.pk).lead_unit_id == stories.cast.urban_management.pk


def test_sent_twice_it_is_done_once(stories: Stories, dispatcher: Caller) -> None:
    case = stories.submit()
    said = {"action": "urge", "cases": [case.number], "inputs": {"note": "请尽快"}}
    first, second = (dispatcher.post("/cases/bulk/", said, **KEY) for _ in range(2))
    assert first.json()["id"] == second.json()["id"]
    assert (run_jobs(), run_jobs()) == (1, 0)
    assert CaseEvent.objects.filter(case=case, kind=EventKind.URGED).count() == 1


def test_a_query_selects_too_and_categories_are_set(stories: Stories, dispatcher: Caller) -> None:
    leaf = Category.objects.add_root({"code": "99", "name": "其他"})
    cases = [stories.submit(), stories.submit()]
    stories.submit(grid_id=stories.cast.other_county.pk, lon=None, lat=None)
    inputs = {"category": "99", "reason": "归类"}
    asked = dispatcher.post("/cases/bulk/", {"action": "recategorise", "query": {"open": "true"}, "inputs": inputs})
    assert asked.json()["total"] == 2
    run_jobs()
    assert set(Case.objects.filter(category=leaf).values_list("pk", flat=True)) == {case.pk for case in cases}


def test_what_cannot_be_is_refused_before_anything_happens(
    stories: Stories, dispatcher: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = stories.submit()
    hidden = stories.submit(grid_id=stories.cast.other_county.pk, lon=None, lat=None)
    good: dict[str, Any] = {"action": "urge", "cases": [case.number], "inputs": {"note": "请尽快"}}
    for wrong, field in (
        ({"action": "close"}, "action"),
        ({"cases": []}, "cases"),
        ({"cases": [hidden.number]}, "cases"),
        ({"cases": ["x"]}, "cases.0"),
        ({"query": {}}, "cases"),
        ({"inputs": {}}, "note"),
        ({"inputs": {"note": "a", "more": 1}}, "more"),
    ):
        answer = dispatcher.post("/cases/bulk/", good | wrong)
        assert answer.status_code == 400 and fields_of(answer) == {field}, (wrong, answer.content)
    monkeypatch.setattr("cases.services.jobs.asking.MOST_CASES", 0)
    with pytest.raises(BadInput, match="at most 0"):
        ask_bulk(Actor.person(stories.cast.county_dispatcher), "urge", [case], {})
    assert not Job.objects.exists()


def test_who_may_not_is_refused_case_by_case(stories: Stories) -> None:
    worker = Caller(stories.cast.worker)
    case = stories.submit()
    asked = worker.post("/cases/bulk/", {"action": "urge", "cases": [case.number], "inputs": {"note": "快"}}).json()
    run_jobs()
    assert results_of(worker, asked["id"]) == [(case.number, "refused")]


def test_what_somebody_does_not_see_any_more_stays_as_it_is(stories: Stories, dispatcher: Caller) -> None:
    case = stories.submit()
    asked = dispatcher.post("/cases/bulk/", {"action": "urge", "cases": [case.number], "inputs": {"note": "快"}}).json()
    stories.cast.county_dispatcher.posts.all().delete()
    run_jobs()
    assert Case.objects.get(pk=case.pk).urges == 0
    assert Job.objects.get(pk=asked["id"]).items.get().state == "refused"


def test_a_fault_in_one_case_stops_no_other(
    stories: Stories, dispatcher: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = stories.submit(), stories.submit()
    whole = selection.services.ACTIONS["urge"]

    def urge(case: Case, actor: Actor, **said: Any) -> Case:
        done: Case = whole(case, actor, **said)
        if case.pk == bad.pk:
            raise ZeroDivisionError
        return done

    monkeypatch.setitem(selection.services.ACTIONS, "urge", urge)
    said = {"action": "urge", "cases": [bad.number, good.number], "inputs": {"note": "快"}}
    asked = dispatcher.post("/cases/bulk/", said).json()
    run_jobs()
    assert results_of(dispatcher, asked["id"]) == [(bad.number, "refused"), (good.number, "done")]
    assert Case.objects.get(pk=bad.pk).urges == 0


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_leaves_a_whole_case_and_the_next_one_goes_on(
    committed_stories: Stories, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [committed_stories.submit() for _ in range(3)]
    user = committed_stories.cast.county_dispatcher
    job = ask_bulk(Actor.person(user), "urge", cases, {"note": "快"})
    whole = running.do_next

    def dies_after_the_second(asked: Job) -> None:
        whole(asked)
        if asked.done == 2:
            raise SystemExit

    monkeypatch.setattr(running, "do_next", dies_after_the_second)
    with pytest.raises(SystemExit):
        run_jobs()
    job.refresh_from_db()
    assert (job.done, [item.state for item in job.items.all()]) == (1, ["done", "waiting", "waiting"])
    monkeypatch.setattr(running, "do_next", whole)
    assert run_jobs() == 2
    assert list(Case.objects.order_by("pk").values_list("urges", flat=True)) == [1, 1, 1]


@pytest.mark.django_db(transaction=True)
def test_a_job_in_other_hands_is_left_to_them(committed_stories: Stories) -> None:
    case = committed_stories.submit()
    ask_bulk(Actor.person(committed_stories.cast.county_dispatcher), "urge", [case], {"note": "快"})
    counts: list[int] = []

    def work() -> None:
        counts.append(run_jobs())
        connection.close()

    with transaction.atomic():
        Job.objects.select_for_update().get()
        other = threading.Thread(target=work)
        other.start()
        other.join(30)
    assert counts == [0]
    assert run_jobs() == 1


def test_a_ledger_that_always_kills_its_worker_is_given_up(stories: Stories, dispatcher: Caller) -> None:
    asked = dispatcher.post("/cases/exports/").json()
    Job.objects.update(attempts=running.MOST_ATTEMPTS, state=Job.State.RUNNING)
    assert run_jobs() == 0
    job = dispatcher.get(f"/jobs/{asked['id']}/").json()
    assert job["state"] == "failed" and "5" in job["error"]


def test_a_ledger_waits_as_long_as_another_is_written_and_is_not_given_up(dispatcher: Caller) -> None:
    asked = dispatcher.post("/cases/exports/").json()
    elsewhere = connection.copy()
    with elsewhere.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [taking.ONE_AT_A_TIME])
        for _ in range(running.MOST_ATTEMPTS + 1):
            assert run_jobs() == 0
    elsewhere.close()
    assert run_jobs() == 1
    assert dispatcher.get(f"/jobs/{asked['id']}/").json()["state"] == "done"
