"""A what-if replays what really happened: under the promises that were in force it finds what was, under others what
would have been, with the clocks behind every figure."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from rest_framework.test import APIClient

from cases.actors import Actor
from cases.errors import BadInput, NotPermitted
from cases.models import Deadline, Policy, SimulatedDeadline, Simulation
from cases.services import sweep
from cases.services.publishing import draft, publish, read_promises
from cases.services.simulation import ask_simulation, read_days, run_queued, run_simulation
from tests.stories import DATA, Stories

SHANGHAI = ZoneInfo("Asia/Shanghai")
TEXT = (DATA / "policy.toml").read_text().replace("reopen_days = 30", "reopen_days = 31")
TIGHT = TEXT.replace("working = 120", "working = 30")
LOOSE = TEXT.replace("working = 120", "working = 4200")
MONDAY = datetime(2026, 3, 2, 10, tzinfo=SHANGHAI)
SINCE, NOW = date(2026, 3, 1), datetime(2026, 3, 10, 9, tzinfo=SHANGHAI)


@pytest.fixture
def city(stories: Stories) -> Stories:
    """Two cases on a Monday: one accepted after an hour, the other by nobody until the clock made it climb."""
    publish(read_promises(TEXT), at=datetime(2026, 1, 1, tzinfo=SHANGHAI))
    quick, slow = stories.submit(MONDAY), stories.submit(MONDAY)
    stories.do(quick, "accept", at=MONDAY + timedelta(hours=1))
    stories.do(quick, "withdraw", at=MONDAY + timedelta(hours=1, minutes=1))
    sweep(MONDAY + timedelta(days=1))
    stories.do(slow, "withdraw", at=MONDAY + timedelta(days=1))
    return stories


def replayed(text: str, **more: Any) -> Simulation:
    simulation = run_simulation(ask_simulation(draft(read_promises(text)), SINCE, at=NOW, **more))
    assert simulation.error == ""
    return simulation


def test_under_the_promises_that_were_in_force_it_finds_what_was(city: Stories) -> None:
    simulation = run_simulation(ask_simulation(Policy.objects.latest("id"), SINCE, at=NOW))
    report = simulation.report
    assert report["cases"] == 2
    assert report["clocks"] == Deadline.objects.count()
    for figure in ("late", "reminded", "escalated", "arriving"):
        assert report[f"{figure}_before"] == report[f"{figure}_after"], figure
    assert report["late_before"] == Deadline.objects.filter(flagged_at__isnull=False).count() > 0
    assert report["escalated_before"] == report["arriving_before"] > 0
    for row in simulation.rows.select_related("deadline"):
        assert row.due_at == row.deadline.due_at


def test_a_clock_that_climbed_at_its_very_moment_climbs_in_the_replay_too(stories: Stories) -> None:
    publish(read_promises(TEXT), at=datetime(2026, 1, 1, tzinfo=SHANGHAI))
    stories.submit(MONDAY)
    while (due := Deadline.objects.filter(fire_at__lte=MONDAY + timedelta(hours=5)).first()) is not None:
        sweep(due.fire_at)
    report = run_simulation(ask_simulation(Policy.objects.latest("id"), SINCE, at=MONDAY + timedelta(hours=5))).report
    assert report["escalated_before"] == report["escalated_after"] == 1


def test_with_less_time_the_quick_one_would_have_been_late_too_and_come_to_the_next_level(city: Stories) -> None:
    quick = Deadline.objects.filter(kind="accept", case_id=min(Deadline.objects.values_list("case_id", flat=True)))
    simulation = replayed(TIGHT)
    row = simulation.rows.get(deadline=quick.get())
    assert (row.late_before, row.late_after, row.due_at) == (False, True, MONDAY + timedelta(minutes=30))
    assert (row.reminded_before, row.reminded_after) == (0, 2)
    report = simulation.report
    assert report["late_after"] == report["late_before"] + 1
    levels = {level["level"]: level for level in report["levels"]}
    assert sum(level["late_after"] for level in levels.values()) == report["late_after"]
    assert sum(unit["late_after"] for unit in report["units"]) == report["late_after"]


def test_with_more_time_nobody_would_have_been_late_or_passed_over(city: Stories) -> None:
    report = replayed(LOOSE).report
    assert (report["late_after"], report["escalated_after"], report["arriving_after"]) == (0, 0, 0)


def test_another_calendar_moves_what_would_have_been_due(city: Stories) -> None:
    days = read_days('[[days]]\ndate = 2026-03-02\nkind = "closure"\nname = "防汛"\n')
    policy = Policy.objects.latest("id")
    simulation = run_simulation(ask_simulation(policy, SINCE, days=days, at=NOW))
    before, after = simulation.report["late_before"], simulation.report["late_after"]
    assert after < before
    with pytest.raises(BadInput, match="holiday"):
        read_days('[[days]]\ndate = 2026-03-02\nkind = "feast"\n')


def test_every_figure_is_the_number_of_clocks_behind_it(city: Stories) -> None:
    simulation = replayed(TIGHT)
    client = APIClient()
    client.force_login(city.cast.administrator)
    Simulation.objects.filter(pk=simulation.pk).update(grid=city.cast.city)
    address = reverse("simulation-cases", args=[simulation.pk])
    for figure in ("late_before", "late_after", "escalated_before", "escalated_after", "arriving_after"):
        found = client.get(address, {"figure": figure}).json()["results"]
        assert len(found) == simulation.report[figure], figure
        for unit in simulation.report["units"]:
            if unit["unit"]:
                some = client.get(address, {"figure": figure, "unit": unit["unit"]}).json()["results"]
                assert len(some) == unit[figure], (figure, unit)
    rows = client.get(address, {"figure": "reminded_after"}).json()["results"]
    assert sum(row["reminded_after"] for row in rows) == simulation.report["reminded_after"]


@pytest.mark.parametrize(
    ("query", "field"),
    [({}, "figure"), ({"figure": "clocks"}, "figure"), ({"figure": "late_after", "unit": "x"}, "unit"),
     ({"figure": "late_after", "level": "street"}, "level")],
)  # fmt: skip
def test_a_question_that_cannot_be_meant_is_refused_with_its_field(
    city: Stories, query: dict[str, str], field: str
) -> None:
    simulation = ask_simulation(Policy.objects.latest("id"), SINCE, grid=city.cast.city, at=NOW)
    client = APIClient()
    client.force_login(city.cast.administrator)
    answer = client.get(reverse("simulation-cases", args=[simulation.pk]), query)
    assert answer.status_code == 400 and field in {error["field"] for error in answer.json()["errors"]}


def test_leaders_supervisors_and_administrators_ask_for_their_territory_alone(city: Stories) -> None:
    policy, cast = Policy.objects.latest("id"), city.cast
    said = {"policy": policy.pk, "since": "2026-03-01", "grid": cast.county.code}
    expected = {"administrator": 201, "county_leader": 201, "supervisor": 201}
    expected |= {"county_dispatcher": 403, "stranger": 400}
    for who, status in expected.items():
        client = APIClient()
        client.force_login(getattr(cast, who))
        assert client.post(reverse("simulations"), said, format="json").status_code == status, who
    assert run_queued() == 3
    client.force_login(cast.county_leader)
    listed = client.get(reverse("simulations")).json()["results"]
    assert [row["state"] for row in listed] == ["done"] * 3
    report = client.get(reverse("simulation", args=[listed[0]["id"]])).json()["report"]
    assert report["cases"] == 2
    client.force_login(cast.stranger)
    assert client.get(reverse("simulation", args=[listed[0]["id"]])).status_code == 404
    with pytest.raises(NotPermitted):
        ask_simulation(policy, SINCE, actor=Actor.person(cast.county_leader))


def test_the_command_tries_a_file_and_what_was_tried_can_be_published(city: Stories, tmp_path: Path) -> None:
    file = tmp_path / "tight.toml"
    file.write_text(TIGHT, encoding="utf-8")
    out = StringIO()
    call_command("simulate_policy", str(file), since=SINCE, json=True, grid="1310", stdout=out)
    said = json.loads(out.getvalue())
    assert said["late_after"] > said["late_before"]
    tried = Simulation.objects.get(pk=said["simulation"]).policy
    assert tried.published_at is None and tried.grid == city.cast.city
    out = StringIO()
    call_command("simulate_policy", str(tried.pk), since=SINCE, stdout=out)
    assert "escalated" in out.getvalue()
    with pytest.raises(CommandError, match="no policy has the id or name"):
        call_command("simulate_policy", "nothing", since=SINCE)


def test_one_that_fails_says_why_and_the_next_still_gets_its_turn(city: Stories) -> None:
    broken = ask_simulation(Policy.objects.latest("id"), SINCE, days=[{"date": "never"}], at=NOW)
    sound = ask_simulation(Policy.objects.latest("id"), SINCE, at=NOW)
    assert run_queued() == 2
    broken.refresh_from_db()
    sound.refresh_from_db()
    assert (broken.state, sound.state) == ("failed", "done")
    assert "never" in broken.error
    assert not SimulatedDeadline.objects.filter(simulation=broken).exists()
